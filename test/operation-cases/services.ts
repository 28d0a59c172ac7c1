import { expect } from 'vitest';
import type { App } from '../app.ts';
import { openService, setConfig } from '../gate.ts';
import { roleOf } from '../roles.ts';
import {
  askingGate,
  type Case,
  type Cast,
  configsOf,
  type Form,
  managerOf,
  type Recorded,
  type Scene,
} from './case.ts';

const SO_ALREADY = '1 service of these are so already and stay as they are.';
const NEARBY = { ip: '198.51.100.7' };
const COLUMNS = `jsonb_build_object('maintenance', maintenance_mode, 'message', maintenance_message, 'ranges', ip_whitelist,
  'listed', ip_whitelist_enabled, 'window', rate_limit_window)`;

export const configRecord = (
  serviceId: string,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): Recorded => ({
  action: 'service.config.update',
  resource: 'service_config',
  resourceId: serviceId,
  serviceId,
  before,
  after,
});

export const touchConfig =
  (app: App, { asks }: Cast, serviceId: string) =>
  async (): Promise<string> => {
    expect((await app.patch(asks, serviceId, { rateLimitWindow: 61 })).status).toBe(200);
    return serviceId;
  };

export const configStates = (app: App, ids: readonly string[]) => () => configsOf(app, ids, COLUMNS);

/** All services, of what forms that find them must find. */
const manages =
  (permission: string) =>
  async (app: App): Promise<Form[]> => {
    const services = await Promise.all([app.service(), app.service(), app.service()]);
    const [mine, archived] = [services.slice(0, 2), services[2] as string];
    await app.db.query('UPDATE services SET archived_at = now() WHERE id = $1', [archived]);
    const manager = await managerOf(app, await roleOf(app, 'operations.execute', permission), services);
    return [
      { as: manager, target: { type: 'every-service' }, ids: mine },
      { as: manager, target: { type: 'service', id: archived }, ids: [archived] },
    ];
  };

async function maintenance(app: App, cast: Cast): Promise<Scene> {
  const gateSays = await askingGate(app);
  const services = await Promise.all([openService(app), openService(app), openService(app), openService(app)]);
  const [first = '', second = '', , already = ''] = services;
  const changed = services.slice(0, 3);
  const message = 'Back soon. It is planned to end at 2027-01-01T06:00:00Z.';
  await setConfig(app, already, { maintenanceMode: true, maintenanceMessage: message });
  for (const service of changed) expect(await gateSays(service)).toMatchObject({ allow: true });
  const states = configStates(app, services);
  return {
    target: { type: 'services', ids: services },
    parameters: { maintenanceMode: true, message: 'Back soon.', plannedEnd: '2027-01-01T06:00:00Z' },
    kinds: { service_config: 4 },
    warnings: [SO_ALREADY],
    state: states,
    happened: async () => {
      for (const service of services)
        expect(await gateSays(service)).toMatchObject({ allow: false, reason: 'maintenance', message });
      expect(Object.values(await states())).toEqual(
        Array(4).fill(expect.objectContaining({ maintenance: true, message })),
      );
    },
    records: () =>
      changed.map((id) =>
        configRecord(
          id,
          { maintenanceMode: false, maintenanceMessage: null, rateLimitEnabled: false },
          { maintenanceMode: true, maintenanceMessage: message },
        ),
      ),
    touch: touchConfig(app, cast, first),
    restored: async () => expect(await gateSays(second)).toMatchObject({ allow: true }),
  };
}

async function configApply(app: App, cast: Cast): Promise<Scene> {
  const gateSays = await askingGate(app);
  const services = await Promise.all([openService(app), openService(app), openService(app), openService(app)]);
  const [first = '', second = '', , already = ''] = services;
  const patch = { ipWhitelistEnabled: true, ipWhitelist: ['198.51.100.0/24'] };
  await setConfig(app, already, patch);
  for (const service of services.slice(0, 3)) expect(await gateSays(service)).toMatchObject({ allow: true });
  const states = configStates(app, services);
  return {
    target: { type: 'services', ids: services },
    parameters: { patch },
    kinds: { service_config: 4 },
    warnings: [SO_ALREADY, 'It changes whom the IP whitelist lets in; check that you are not left out.'],
    state: states,
    happened: async () => {
      for (const service of services) {
        expect(await gateSays(service)).toMatchObject({ allow: false, reason: 'ip_not_allowed' });
        expect(await gateSays(service, NEARBY)).toMatchObject({ allow: true });
      }
      expect(Object.values(await states())).toEqual(
        Array(4).fill(expect.objectContaining({ listed: true, ranges: patch.ipWhitelist, maintenance: false })),
      );
    },
    records: () =>
      services.slice(0, 3).map((id) => configRecord(id, { ipWhitelistEnabled: false, ipWhitelist: [] }, patch)),
    touch: touchConfig(app, cast, first),
    restored: async () => expect(await gateSays(second)).toMatchObject({ allow: true }),
  };
}

const permission = 'services.config.update';

export const servicesMaintenance: Case = {
  risk: 'routine',
  permission,
  everywhere: false,
  undo: { service_config: true },
  optional: ['parameters.message', 'parameters.plannedEnd'],
  prepare: maintenance,
  forms: manages(permission),
};

export const servicesConfigApply: Case = {
  risk: 'destructive',
  permission,
  everywhere: false,
  undo: { service_config: true },
  optional: ['parameters.patch.ipWhitelistEnabled', 'parameters.patch.ipWhitelist'],
  prepare: configApply,
  forms: manages(permission),
};
