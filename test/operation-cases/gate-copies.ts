import { expect } from 'vitest';
import { type App, until } from '../app.ts';
import { openService, setConfig } from '../gate.ts';
import { roleOf } from '../roles.ts';
import { askingGate, type Case, type Form, managerOf, type Scene } from './case.ts';

/** What is kept of a service for days without Postgres. */
async function copyOf(app: App, serviceId: string): Promise<string | null> {
  const kv = await app.worker().miniflare.getKVNamespace('LAST_KNOWN_GOOD', 'steward');
  return kv.get(`gate:${serviceId}`, 'text');
}

/** The gate has decided by a configuration that somebody has changed since, past Steward. */
async function prepare(app: App): Promise<Scene> {
  const gateSays = await askingGate(app);
  const services = await Promise.all([openService(app), openService(app), openService(app)]);
  const kept = async () => Promise.all(services.map((service) => copyOf(app, service)));
  for (const service of services) expect(await gateSays(service)).toMatchObject({ allow: true });
  await until(async () => (await kept()).every((copy) => copy !== null), 'the copies are kept');
  for (const service of services) await setConfig(app, service, { maintenanceMode: true });
  return {
    target: { type: 'services', ids: services },
    parameters: {},
    kinds: { gate_copy: 3 },
    warnings: ['Until its next request a service without a copy is refused while Postgres is away.'],
    state: async () => Object.fromEntries((await kept()).map((copy, n) => [services[n], copy])),
    happened: async () => {
      expect(await kept()).toEqual([null, null, null]);
      for (const service of services) expect(await gateSays(service)).toMatchObject({ reason: 'maintenance' });
      await until(async () => (await kept()).every((copy) => copy !== null), 'the copies are made anew');
    },
    records: () =>
      services.map((serviceId) => ({
        action: 'gate.purge',
        resource: 'gate',
        resourceId: serviceId,
        serviceId,
        before: null,
        after: null,
      })),
  };
}

async function forms(app: App): Promise<Form[]> {
  const services = await Promise.all([app.service(), app.service(), app.service()]);
  const role = await roleOf(app, 'operations.execute', 'services.config.update');
  const manager = await managerOf(app, role, services.slice(0, 2));
  return [
    { as: manager, target: { type: 'every-service' }, ids: services.slice(0, 2) },
    { target: { type: 'service', id: services[2] }, ids: services.slice(2) },
  ];
}

export const cachePurge: Case = {
  risk: 'routine',
  permission: 'services.config.update',
  everywhere: false,
  outside: true,
  undo: { gate_copy: /made anew/ },
  optional: [],
  prepare,
  forms,
};
