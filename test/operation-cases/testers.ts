import { expect } from 'vitest';
import type { App } from '../app.ts';
import { addTester, addTesterAdmin, openService } from '../gate.ts';
import { roleOf } from '../roles.ts';
import { type Case, type Form, managerOf, type Recorded, type Scene } from './case.ts';

const ago = () => new Date(Date.now() - 60_000);
const hence = () => new Date(Date.now() + 3_600_000);

interface Row {
  id: string;
  kind: 'user' | 'admin';
  who: string;
}

const rowsOf = async (app: App, serviceId: string): Promise<Row[]> =>
  (
    await app.db.query(
      `SELECT id, 'user' AS kind, user_id AS who FROM service_tester_users WHERE service_id = $1
       UNION ALL SELECT id, 'admin', admin_id FROM service_tester_admins WHERE service_id = $1`,
      [serviceId],
    )
  ).rows;

/** Three whose time is over, and three whose time is not, or has no end. */
async function prepare(app: App): Promise<Scene> {
  const service = await openService(app);
  const [late, early] = [await app.person('viewer'), await app.person('viewer')];
  const over = [await addTester(app, service, ['bypass_ip'], ago()), await addTester(app, service, [], ago()), late.id];
  await addTesterAdmin(app, service, late.id, ago());
  const stay = [await addTester(app, service, [], hence()), await addTester(app, service, []), early.id];
  await addTesterAdmin(app, service, early.id, hence());
  const all = await rowsOf(app, service);
  expect(all).toHaveLength(6);
  const gone = all.filter(({ who }) => over.includes(who));
  return {
    target: { type: 'service', id: service },
    parameters: {},
    kinds: { tester_user: 2, tester_admin: 1 },
    warnings: [],
    state: async () => Object.fromEntries((await rowsOf(app, service)).map(({ id, who }) => [id, who])),
    happened: async () => {
      expect((await rowsOf(app, service)).map(({ who }) => who).sort()).toEqual(stay.sort());
    },
    records: () =>
      gone.map(
        ({ kind, who }): Recorded => ({
          action: `service.tester-${kind}.delete`,
          resource: `service_tester_${kind}`,
          // As the record of whoever removes one by hand names it.
          resourceId: who,
          serviceId: service,
          before: kind === 'user' ? { userId: who, bypassDomain: false, note: null } : { adminId: who, note: null },
          after: null,
        }),
      ),
  };
}

async function forms(app: App): Promise<Form[]> {
  const services = await Promise.all([app.service(), app.service(), app.service()]);
  for (const service of services) await addTester(app, service, [], ago());
  const ids = await Promise.all(services.map(async (service) => (await rowsOf(app, service))[0]?.id ?? ''));
  const role = await roleOf(app, 'operations.execute', 'services.testers.manage');
  const manager = await managerOf(app, role, services.slice(0, 2));
  return [
    { as: manager, target: { type: 'every-service' }, ids: ids.slice(0, 2) },
    { target: { type: 'services', ids: services }, ids },
  ];
}

const GONE = /added anew/;

export const testersPurgeExpired: Case = {
  risk: 'routine',
  permission: 'services.testers.manage',
  everywhere: false,
  undo: { tester_user: GONE, tester_admin: GONE },
  optional: [],
  prepare,
  forms,
};
