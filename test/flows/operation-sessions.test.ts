import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { operationsOf } from '../operations.ts';
import { roleOf } from '../roles.ts';

let app: App;
let operations: ReturnType<typeof operationsOf>;
let asks: Person;
let agrees: Person;
beforeAll(async () => {
  app = await startApp({}, { broker: true });
  operations = operationsOf(app);
  [asks, agrees] = await Promise.all([app.person('owner'), app.person('owner')]);
});
afterAll(() => app.stop());

const A_MINUTE = 60;

/** Admins of a role of their own, with tokens that are a minute old, in the order of their ids. */
async function peopleOf(role: string, count: number): Promise<Person[]> {
  const people = await Promise.all(Array.from({ length: count }, () => app.person(role)));
  const issued = Math.floor(Date.now() / 1000) - A_MINUTE;
  for (const one of people) one.token = await app.mint({ sub: one.subject, sid: one.sessionId, iat: issued });
  return people.sort((a, b) => (a.id < b.id ? -1 : 1));
}

const admitted = async ({ token }: { token: string }) =>
  (await app.call('GET', '/v1/admin/me', { as: token })).status === 200;
const knownTo = async () => {
  const { rows } = await app.db.query('SELECT id FROM admins WHERE known_until > now()');
  return new Set(rows.map(({ id }) => id));
};

async function agreed(role: string): Promise<string> {
  const { rows } = await app.db.query('SELECT id FROM roles WHERE name = $1', [role]);
  const made = await operations.asked(asks, { type: 'sessions.revoke', target: { type: 'role', id: rows[0].id } });
  expect((await operations.approve(agrees, made)).status).toBe(200);
  return made.id;
}

describe('sessions.revoke of a role', () => {
  it('is heard by every guard that knows something, and asks of no other', async () => {
    const role = await roleOf(app, 'services.view');
    const people = await peopleOf(role, 30);
    const atWork = people.filter((_, n) => n % 3 === 0);
    for (const one of atWork) expect(await admitted(one)).toBe(true);
    const known = await knownTo();
    expect(people.filter(({ id }) => known.has(id))).toEqual(atWork);
    const id = await agreed(role);
    await operations.start(asks, id);
    expect(await operations.reached(id)).toBe('completed');
    const let_in = (await Promise.all(people.map(admitted))).filter(Boolean).length;
    expect(let_in).toBe(0);
    console.log(
      `sessions of a role: tried ${people.length} tokens, ${atWork.length} of them known to a guard, let in 0`,
    );
  });

  it('ends what was issued between its plan and its start', async () => {
    const role = await roleOf(app, 'services.view');
    const [one] = (await peopleOf(role, 1)) as [Person];
    const id = await agreed(role);
    // A token says whole seconds; of the second in which the operation begins none is refused.
    const later = await app.mint({ sub: one.subject, sid: randomUUID() });
    expect(await admitted({ token: later })).toBe(true);
    await sleep(1100);
    await operations.start(asks, id);
    expect(await operations.reached(id)).toBe('completed');
    expect(await admitted({ token: later })).toBe(false);
  });

  it('is heard by a guard that learned while it was under way', async () => {
    const role = await roleOf(app, 'services.view');
    const people = await peopleOf(role, 6);
    const [first, last] = [people[0] as Person, people.at(-1) as Person];
    const id = await agreed(role);
    const blocker = new pg.Client({ connectionString: app.ownerUrl });
    await blocker.connect();
    try {
      // The batch waits for the first admin, in the order of ids; the last one comes to work meanwhile.
      await blocker.query('BEGIN');
      await blocker.query('SELECT FROM admins WHERE id = $1 FOR UPDATE', [first.id]);
      const { rows: own } = await blocker.query('SELECT pg_current_xact_id()::text AS id');
      await operations.start(asks, id);
      await until(async () => {
        const waiting = 'SELECT FROM pg_locks WHERE NOT granted AND transactionid::text = $1';
        return (await app.db.query(waiting, [own[0].id])).rows.length > 0;
      }, 'the batch waits');
      expect((await knownTo()).has(last.id)).toBe(false);
      expect(await admitted(last)).toBe(true);
    } finally {
      await blocker.query('COMMIT');
      await blocker.end();
    }
    expect(await operations.reached(id)).toBe('completed');
    expect(await Promise.all(people.map(admitted))).toEqual(people.map(() => false));
  });
});
