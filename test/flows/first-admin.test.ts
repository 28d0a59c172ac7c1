import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type App, startApp } from '../app.ts';

const COMMAND = join(import.meta.dirname, '..', '..', 'deploy', 'first-admin.ts');
const ADA = ['--subject', 'idp|ada', '--email', 'ada@example.com', '--name', 'Ada'];

let app: App;
beforeAll(async () => {
  app = await startApp();
});
// As it is before anybody is there.
beforeEach(async () => {
  for (const table of ['audit_outbox', 'admin_sessions', 'grants', 'admins'])
    await app.db.query(`DELETE FROM ${table}`);
});
afterAll(() => app.stop());

function firstAdmin(args: string[], env: Record<string, string> = {}) {
  const variables = {
    PATH: process.env.PATH,
    DATABASE_URL_OWNER: app.ownerUrl,
    NEON_HTTP_ENDPOINT: app.neon.url,
    ...env,
  };
  return new Promise<{ code: number; out: string; complaint: string }>((resolve) => {
    execFile(process.execPath, [COMMAND, ...args], { env: variables }, (error, out, complaint) =>
      resolve({ code: error ? Number(error.code) : 0, out: out.trim(), complaint: complaint.trim() }),
    );
  });
}

const owners = async () =>
  (
    await app.db.query(
      `SELECT a.id, a.subject, a.email, a.name FROM admins a JOIN grants g ON g.admin_id = a.id JOIN roles r ON r.id = g.role_id
       WHERE r.name = 'owner' AND g.service_id IS NULL`,
    )
  ).rows;
const outbox = async () => (await app.db.query('SELECT * FROM audit_outbox ORDER BY accepted_at')).rows;

describe('the first admin', () => {
  it('is made once, may do everything, and is on record', async () => {
    expect(await firstAdmin(ADA)).toEqual({
      code: 0,
      out: 'ada@example.com is an admin now, and the owner.',
      complaint: '',
    });
    const [ada] = await owners();
    expect(ada).toMatchObject({ subject: 'idp|ada', email: 'ada@example.com', name: 'Ada' });
    const again = await firstAdmin(['--subject', 'idp|eve', '--email', 'eve@example.com', '--name', 'Eve']);
    expect(again).toMatchObject({ code: 1, out: '' });
    expect(again.complaint).toBe(
      'There is an owner already (ada@example.com): sign in as that owner and add admins and grants there. Nothing was changed.',
    );
    expect((await firstAdmin(ADA)).code).toBe(1);
    expect(await owners()).toHaveLength(1);

    const records = await outbox();
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      actor_id: ada.id,
      actor_email: 'ada@example.com',
      actor_role: 'none',
      action: 'admin.bootstrap',
      resource: 'admin',
      resource_id: ada.id,
      outcome: 'success',
      after_state: { subject: 'idp|ada', email: 'ada@example.com', name: 'Ada', role: 'owner' },
      reason: 'first admin',
      ip_address: '::',
    });
    await app.drained();
    const [drained] = await app.auditOf(ada.id);
    expect(drained).toMatchObject({ id: records[0].id, action: 'admin.bootstrap', actor_role: 'none' });
    const token = await app.mint({ sub: 'idp|ada', sid: 'first' });
    const read = await app.call('GET', `/v1/audit/logs/${records[0].id}`, { as: token });
    expect([read.status, read.json.action]).toEqual([200, 'admin.bootstrap']);
  });

  it('is one, however many run at once', async () => {
    const racers = Array.from({ length: 6 }, (_, n) => [
      '--subject',
      `idp|${n}`,
      '--email',
      `${n}@example.com`,
      '--name',
      `Racer ${n}`,
    ]);
    const codes = (await Promise.all(racers.map((args) => firstAdmin(args)))).map(({ code }) => code);
    expect(codes.sort()).toEqual([0, 1, 1, 1, 1, 1]);
    expect(await owners()).toHaveLength(1);
    expect((await app.db.query('SELECT 1 FROM admins')).rows).toHaveLength(1);
    expect(await outbox()).toHaveLength(1);
    console.log(`first admins at once: tried ${racers.length}, made ${codes.filter((code) => code === 0).length}`);
  });

  it('may be somebody who is there already, unless locked; a lone owner who is locked does not count', async () => {
    const known = await app.person('viewer');
    const locked = await app.person('owner');
    await app.db.query(`UPDATE admins SET status = 'locked' WHERE id = $1`, [locked.id]);
    const as = (subject: string, email = 'other@example.com') =>
      firstAdmin(['--subject', subject, '--email', email, '--name', 'Other']);
    expect(await as(locked.subject)).toMatchObject({
      code: 1,
      complaint: expect.stringContaining('locked or removed'),
    });
    expect(await as('idp|new', known.email)).toMatchObject({
      code: 1,
      complaint: expect.stringContaining('another subject'),
    });
    expect(await outbox()).toHaveLength(0);
    expect(await as(known.subject)).toEqual({
      code: 0,
      out: `${known.email} was an admin, and is now the owner.`,
      complaint: '',
    });
    expect((await owners()).map(({ id }) => id).sort()).toEqual([known.id, locked.id].sort());
  });

  it('is not made from what is missing or wrong, and says what is', async () => {
    const wrong: [string[], Record<string, string>, number, string][] = [
      [[], {}, 2, '--email is missing'],
      [['--subject', 's', '--name', 'n'], {}, 2, '--email is missing'],
      [['--subject', 's', '--email', 'nobody', '--name', 'n'], {}, 2, '--email is no e-mail address'],
      [['--subject', ' ', '--email', 'a@example.com', '--name', 'n'], {}, 2, 'is empty'],
      [['--subject', 's', '--email', 'a@example.com', '--name', 'x'.repeat(201)], {}, 2, '--name is longer than 200'],
      [['--subject', 's\u0007', '--email', 'a@example.com', '--name', 'n'], {}, 2, 'control character'],
      [[...ADA, '--force'], {}, 2, '--force'],
      [[...ADA, 'more'], {}, 2, 'more'],
      [['--subject'], {}, 2, '--subject'],
      [ADA, { DATABASE_URL_OWNER: '' }, 2, 'DATABASE_URL_OWNER is not set'],
      [ADA, { NEON_HTTP_ENDPOINT: 'http://127.0.0.1:9/sql' }, 1, 'The database refused'],
    ];
    const answers = await Promise.all(wrong.map(([args, env]) => firstAdmin(args, env)));
    for (const [n, answer] of answers.entries()) {
      const [args, , code, words] = wrong[n] ?? expect.fail();
      expect([args, answer.code, answer.out]).toEqual([args, code, '']);
      expect(answer.complaint).toContain(words);
      expect(answer.complaint).not.toMatch(/ {4}at |node:/);
    }
    expect(await owners()).toEqual([]);
    console.log(`wrong calls: tried ${wrong.length}, made 0`);
  });
});
