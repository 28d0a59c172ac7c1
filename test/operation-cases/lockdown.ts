import { expect } from 'vitest';
import type { App } from '../app.ts';
import { openService, setConfig } from '../gate.ts';
import { admittance, askingGate, type Case, type Cast, type Form, type Scene, signedIn } from './case.ts';
import { configRecord, configStates, touchConfig } from './services.ts';
import { endsOf, epochRecord, everyone, sessionRecord } from './sessions.ts';

const MAINTENANCE = { maintenanceMode: true, maintenanceMessage: 'We are looking into it.' };
const OPEN = { maintenanceMode: false, maintenanceMessage: null };

/** Everybody but who asks, as it is now, and some services; one of them is in maintenance already. */
async function lockdown(app: App, cast: Cast): Promise<Scene> {
  const services = await Promise.all([openService(app), openService(app), openService(app)]);
  const [first = '', second = '', already = ''] = services;
  const changed = [first, second];
  await setConfig(app, already, MAINTENANCE);
  const gateSays = await askingGate(app);
  for (const service of changed) expect(await gateSays(service)).toMatchObject({ allow: true });
  const victim = await app.person('owner');
  const unseen = await signedIn(app, victim);
  for (const { token } of [victim, cast.asks]) expect(await admittance(app, token)).toEqual([200]);
  const { admins, sessions } = await everyone(app, cast.asks);
  const ends = () => endsOf(app, [...admins, ...sessions]);
  const configs = configStates(app, services);
  return {
    target: { type: 'everyone' },
    parameters: { exceptMe: true, services, message: MAINTENANCE.maintenanceMessage },
    kinds: { admin_epoch: admins.length, session: sessions.length, service_config: 3 },
    warnings: [
      '1 service of these are so already and stay as they are.',
      `${sessions.length} known sessions of ${admins.length} admins end; 3 services go into maintenance.`,
    ],
    state: async () => ({ ...(await ends()), ...(await configs()) }),
    happened: async ({ startedAt }) => {
      for (const token of [victim.token, unseen, cast.agrees.token])
        expect(await admittance(app, token)).toEqual([401, 'session_ended']);
      expect(await admittance(app, cast.asks.token)).toEqual([200]);
      expect(new Set(Object.values(await ends()))).toEqual(new Set([startedAt]));
      // Whoever asked before is signed out.
      const gateSaysNow = await askingGate(app);
      for (const service of services)
        expect(await gateSaysNow(service)).toMatchObject({
          reason: 'maintenance',
          message: MAINTENANCE.maintenanceMessage,
        });
    },
    records: (operation) => [
      ...admins.map((id) => ({ ...epochRecord(id, operation), before: {} })),
      ...sessions.map((id) => sessionRecord(id, operation)),
      ...changed.map((id) => configRecord(id, OPEN, MAINTENANCE)),
    ],
    touch: touchConfig(app, cast, first),
    restored: async () => {
      expect(await (await askingGate(app))(second)).toMatchObject({ allow: true });
      expect(await admittance(app, victim.token)).toEqual([401, 'session_ended']);
    },
  };
}

/** Services in maintenance, and one that is back already. */
async function release(app: App, cast: Cast): Promise<Scene> {
  const services = await Promise.all(
    [MAINTENANCE, MAINTENANCE, MAINTENANCE, OPEN].map((config) => openService(app, config)),
  );
  const changed = services.slice(0, 3);
  const [first = '', second = ''] = services;
  const gateSays = await askingGate(app);
  const says = async (service: string) => (await gateSays(service)).reason;
  for (const service of changed) expect(await says(service)).toBe('maintenance');
  return {
    target: { type: 'services', ids: services },
    parameters: {},
    kinds: { service_config: 4 },
    warnings: ['1 service of these are so already and stay as they are.'],
    state: configStates(app, services),
    happened: async () => {
      for (const service of services) expect(await says(service)).toBe('allowed');
    },
    records: () => changed.map((id) => configRecord(id, MAINTENANCE, OPEN)),
    touch: touchConfig(app, cast, first),
    restored: async () => expect(await says(second)).toBe('maintenance'),
  };
}

async function forms(app: App, { asks }: Cast): Promise<Form[]> {
  const others = Object.values(await everyone(app, asks)).flat();
  const all = Object.values(await everyone(app)).flat();
  return [
    { parameters: {}, ids: [...others, ...(await inUse(app))] },
    { parameters: { services: [], exceptMe: false }, ids: all },
  ];
}

/** Services that are not archived. */
async function inUse(app: App): Promise<string[]> {
  const { rows } = await app.db.query('SELECT id FROM services WHERE archived_at IS NULL');
  return rows.map(({ id }) => String(id));
}

const common = { risk: 'destructive', permission: 'services.config.update', everywhere: true } as const;

export const securityLockdown: Case = {
  ...common,
  undo: { admin_epoch: /stays ended/, session: /stays ended/, service_config: true },
  optional: ['parameters.exceptMe', 'parameters.services', 'parameters.message'],
  prepare: lockdown,
  forms,
};

export const securityRelease: Case = {
  ...common,
  undo: { service_config: true },
  optional: [],
  prepare: release,
  forms: async (app) => {
    const ids = await inUse(app);
    return [
      { target: { type: 'every-service' }, ids },
      { target: { type: 'service', id: ids[0] }, ids: ids.slice(0, 1) },
    ];
  },
};
