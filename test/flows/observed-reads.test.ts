import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { queued } from '../broker.ts';

const CRON = '* * * * *';
let app: App;
beforeAll(async () => {
  app = await startApp({}, { nudgeSeconds: 1 });
});
afterAll(() => app.stop());

interface Row {
  action: string;
  outcome: string;
  actor_role: string;
  after_state: string;
  session_id: string;
}

const recorded = async (person: Person): Promise<Row[]> => {
  await app.drained();
  return app.analytics<Row>(
    `SELECT action, outcome, actor_role, after_state, session_id FROM audit_db.admin_audit_logs
      WHERE actor_id = '${person.id}' ORDER BY timestamp, id`,
  );
};
const noted = async (person: Person): Promise<number> =>
  (await app.db.query('SELECT count(*)::int AS n FROM observed_reads WHERE admin_id = $1', [person.id])).rows[0].n;

const PATHS = {
  'system.health.read': '/v1/system/health',
  'observability.metrics.read': '/v1/observability/metrics',
  'observability.status.read': '/v1/observability/status',
};

describe('looking at what is observed', () => {
  it('is recorded, once an hour and action at once, and with a count of all when the hour is over', async () => {
    const person = await app.person('operator');
    const each = 12;
    for (const path of Object.values(PATHS))
      for (let i = 0; i < each; i++) expect((await app.call('GET', path, { as: person })).status).toBe(200);
    await until(async () => (await noted(person)) === 3 * each, 'every look is noted');
    const first = await recorded(person);
    expect(first.map(({ action }) => action).sort()).toEqual(Object.keys(PATHS).sort());
    for (const row of first) {
      expect(row).toMatchObject({ outcome: 'success', actor_role: 'operator', session_id: person.sessionId });
      expect(row.after_state).toBe('');
    }
    // Two hours ago by the clock of the rows.
    await app.db.query(`UPDATE observed_reads SET hour = hour - interval '2 hours' WHERE admin_id = $1`, [person.id]);
    await app.worker().scheduled(CRON);
    expect(await noted(person)).toBe(0);
    const all = await recorded(person);
    const counts = all.slice(3).map((row) => [row.action, JSON.parse(row.after_state).reads]);
    console.log(
      `looks: tried ${3 * each}, recorded at once 3, with a count ${counts.length}, of ${counts.map(([, n]) => n)}`,
    );
    expect(counts.sort()).toEqual(
      Object.keys(PATHS)
        .sort()
        .map((action) => [action, each]),
    );
    await app.worker().scheduled(CRON);
    expect(await recorded(person)).toHaveLength(6);
  });

  it('is recorded once however often its message comes, and denied looks too', async () => {
    const person = await app.person('operator');
    const id = (await app.db.query('SELECT uuidv7() AS id')).rows[0].id as string;
    const readAt = new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toISOString();
    const { email: actorEmail, sessionId, id: adminId } = person;
    const message = {
      ...{ v: 1, kind: 'audit.read', id, readAt, adminId, actorEmail, actorRole: 'operator', sessionId },
      ...{ action: 'system.health.read', ipAddress: '::', requestId: randomUUID(), traceId: 'x' },
    };
    for (let i = 0; i < 10; i++)
      await app.broker.deliver([queued(message), queued(message)], { queue: 'audit-outbox' });
    expect([await noted(person), (await recorded(person)).length]).toEqual([1, 1]);
    const gate = await app.person('gate');
    for (const path of Object.values(PATHS)) expect((await app.call('GET', path, { as: gate })).status).toBe(403);
    const denied = await recorded(gate);
    expect(denied.map(({ action, outcome }) => [action, outcome]).sort()).toEqual(
      Object.keys(PATHS)
        .sort()
        .map((action) => [action, 'denied']),
    );
  });

  it('is recorded after an outage of Postgres, during which everything can be read', async () => {
    const person = await app.person('operator');
    expect((await app.call('GET', '/v1/system/health', { as: person })).status).toBe(200);
    await until(async () => (await noted(person)) === 1, 'the first look is noted');
    app.postgres.decide(() => 'refuse');
    try {
      for (const path of Object.values(PATHS))
        expect((await app.call('GET', path, { as: person })).status, path).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 1500));
    } finally {
      app.postgres.decide(() => 'none');
    }
    await until(async () => (await noted(person)) === 4, 'the looks of the outage are noted');
    // A batch the outage cut off is a minute under its lease.
    await app.db.query('UPDATE audit_outbox SET leased_until = now() WHERE sent_at IS NULL AND batch_id IS NOT NULL');
    expect((await recorded(person)).length).toBe(3);
    console.log('looks while Postgres is away: tried 3, refused 0, missing afterwards 0');
  });
});
