import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { App } from '../app.ts';
import { knownPerson, plantRows, storesWith, wordsOf } from '../erasure.ts';
import { admittance, type Case, type Cast, type Form, type Recorded, type Scene } from './case.ts';

const ACTIVITY = ['admin_api_logs', 'admin_sessions', 'admin_ui_events'];
const STORES = ['account', 'files', ...ACTIVITY, 'admin_audit_logs', 'copies'];
const GONE = /nowhere any more/;

/** An admin whose rows are in ClickHouse too. */
async function prepare(app: App, { asks }: Cast): Promise<Scene> {
  const who = await knownPerson(app, 'viewer');
  const records = await plantRows(app, who, asks, await app.service());
  const step = (resourceId: string, before: Recorded['before'], after: Recorded['after']): Recorded => ({
    ...{ action: 'subject.erase', resource: 'subject_store', resourceId, before, after },
  });
  return {
    target: { type: 'admin', id: who.id },
    parameters: {},
    kinds: { erased_account: 1, erased_files: 1, erased_activity: 3, erased_records: 1, erased_copies: 1 },
    warnings: [
      'Audit records stay: what was done, when, to what, and by which id. So does what they made for services.',
      'Records on legal hold stay as they are: run it again when they are released.',
      'Files of others may have rows of theirs in them. They are not opened, the outcome says how many there are; each goes when its time is up.',
    ],
    state: async () => {
      const { rows } = await app.db.query('SELECT email, name, status FROM admins WHERE id = $1', [who.id]);
      return { account: rows[0] };
    },
    happened: async () => {
      expect(await admittance(app, who.token)).toEqual([403, 'not_an_admin']);
      expect((await storesWith(app, wordsOf(who))).found).toEqual({});
    },
    records: () => [
      step('account', null, { admins: 1, grants: 1 }),
      step('files', null, { ended: 0, purged: 0 }),
      // How many there were is forgotten where the word of it was lost; that they are gone is not.
      ...ACTIVITY.map((table) => step(table, { rows: expect.any(Number) }, { rows: 0 })),
      step('admin_audit_logs', { pseudonymised: 0, held: 0 }, { pseudonymised: records.length }),
      step('copies', null, { rows: expect.any(Object) }),
    ],
  };
}

async function forms(app: App, { asks }: Cast): Promise<Form[]> {
  const [who, userId] = [await app.person(null), randomUUID()];
  await app.db.query(
    'INSERT INTO service_tester_users (id, service_id, user_id, created_by) VALUES (gen_random_uuid(), $1, $2, $3)',
    [await app.service(), userId, asks.id],
  );
  return [
    { target: { type: 'admin', id: who.id.toUpperCase() }, ids: STORES },
    { target: { type: 'user', id: userId }, ids: ['account', 'files', 'admin_audit_logs', 'copies'] },
  ];
}

export const subjectErase: Case = {
  risk: 'irreversible',
  permission: 'admins.manage',
  everywhere: true,
  undo: {
    erased_account: GONE,
    erased_files: GONE,
    erased_activity: GONE,
    erased_records: GONE,
    erased_copies: GONE,
  },
  optional: [],
  outside: true,
  prepare,
  forms,
};
