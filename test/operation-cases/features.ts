import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { App } from '../app.ts';
import { addFeature, openService } from '../gate.ts';
import type { Case, Cast, Scene } from './case.ts';
import { askingGate } from './case.ts';

/** A feature above another one goes off, one comes on, and one is on already. */
async function prepare(app: App, { asks }: Cast): Promise<Scene> {
  const [service, gateSays] = [await openService(app), await askingGate(app)];
  const above = await addFeature(app, service, 'above');
  const below = await addFeature(app, service, 'below', { parentId: above });
  const other = await addFeature(app, service, 'other', { isActive: false });
  const already = await addFeature(app, service, 'already');
  const path = `/v1/admin/services/${service}/features`;
  const effective = async (): Promise<string[]> => {
    const { items } = (await app.call('GET', path, { as: asks })).json;
    const on = items.filter((item: { effective: boolean }) => item.effective);
    return on.map(({ code }: { code: string }) => code).sort();
  };
  const isOn = async (codes: string[]) =>
    expect([await effective(), (await gateSays(service)).features]).toEqual([codes, codes]);
  await isOn(['above', 'already', 'below']);
  const toggled = (resourceId: string, isActive: boolean) => ({
    action: 'service.feature.update',
    resource: 'service_feature',
    resourceId,
    serviceId: service,
    before: { isActive: !isActive },
    after: { isActive },
  });
  return {
    target: {
      type: 'features',
      items: [
        { serviceId: service, code: 'above', isActive: false },
        { serviceId: service, code: 'other', isActive: true },
        { serviceId: service, code: 'already', isActive: true },
      ],
    },
    parameters: {},
    kinds: { service_feature: 3 },
    warnings: ['1 feature of these are so already and stay as they are.'],
    state: async () => {
      const { rows } = await app.db.query('SELECT id, name, is_active FROM service_features WHERE service_id = $1', [
        service,
      ]);
      expect(rows.map(({ id }) => id).sort()).toEqual([above, below, other, already].sort());
      return Object.fromEntries(rows.map(({ id, ...state }) => [id, state]));
    },
    happened: () => isOn(['already', 'other']),
    records: () => [toggled(above, false), toggled(other, true)],
    touch: async () => {
      expect((await app.call('PATCH', `${path}/${other}`, { as: asks, body: { name: 'Renamed' } })).status).toBe(200);
      return other;
    },
    restored: () => isOn(['above', 'already', 'below', 'other']),
  };
}

export const featuresToggle: Case = {
  risk: 'routine',
  permission: 'services.features.manage',
  everywhere: false,
  undo: { service_feature: true },
  optional: [],
  prepare,
  forms: async (app) => {
    const [one, two] = [await app.service(), await app.service()];
    const code = `f-${randomUUID().slice(0, 8)}`;
    const ids = [await addFeature(app, one, code), await addFeature(app, two, code)];
    const items = [one, two].map((serviceId) => ({ serviceId, code, isActive: false }));
    return [{ target: { type: 'features', items }, ids }];
  },
};
