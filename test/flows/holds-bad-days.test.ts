import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectClickHouse } from '../../clickhouse/client.ts';
import { releaseRecords } from '../../clickhouse/queries/hold-audit-logs.ts';
import { type App, type Person, startApp, until } from '../app.ts';
import {
  accept,
  applyHolds,
  flagsOf,
  hold,
  holdStatusOf,
  merge,
  openHold,
  readHold,
  releaseHold,
  retryNow,
  store,
  type TestRecord,
  testRecord,
  yearsAgo,
} from '../holds.ts';

let app: App;
let auditor: Person;
beforeAll(async () => {
  app = await startApp({}, { nudgeSeconds: 1 });
  auditor = await app.person('auditor');
});
beforeEach(() => app.clickhouse.decide(() => 'none'));
afterAll(() => app.stop());

const statusOf = (holdId: string) => holdStatusOf(app, holdId);
const flagOf = async (record: TestRecord) => (await flagsOf(app, [record])).get(record.id);

/** Sent, or put back by whoever could not send it: for two seconds. */
async function isLeft({ id }: TestRecord): Promise<boolean> {
  const { rowCount } = await app.db.query(
    `SELECT FROM audit_outbox WHERE id = $1 AND (sent_at IS NOT NULL OR leased_until < now() + interval '3 seconds')`,
    [id],
  );
  return rowCount === 1;
}

/** The drainer that took them sends them now, with the flag of then. */
async function land(records: readonly TestRecord[], flag: 0 | 1): Promise<void> {
  await store(app, records, flag);
  await app.db.query(`UPDATE audit_outbox SET sent_at = now() WHERE id = ANY ($1)`, [records.map(({ id }) => id)]);
}

describe('holds.in-flight', () => {
  it('waits for what a drainer took before it knew of the hold; what is there is held meanwhile', async () => {
    const actorId = randomUUID();
    const [there, late] = [testRecord({ actorId }), testRecord({ actorId })];
    await store(app, [there], 0);
    await accept(app, [late], true);
    const { id } = await openHold(app, auditor, { actorId });
    await until(async () => {
      await applyHolds(app);
      return (await flagOf(there)) === 1;
    }, 'what is there is held');
    for (let n = 0; n < 3; n++) await applyHolds(app);
    expect(await statusOf(id)).toBe('applying');
    await land([late], 0);
    expect((await hold(app, auditor, id, 'active')).matchedRows).toBe(2);
    expect(await flagOf(late)).toBe(1);
  });

  it('waits at release for what a drainer took as held', async () => {
    const actorId = randomUUID();
    const { id } = await openHold(app, auditor, { actorId });
    await hold(app, auditor, id, 'active');
    const late = testRecord({ actorId });
    await accept(app, [late], true);
    await releaseHold(app, auditor, id);
    for (let n = 0; n < 3; n++) await applyHolds(app);
    expect(await statusOf(id)).toBe('releasing');
    await land([late], 1);
    await hold(app, auditor, id, 'released');
    expect(await flagOf(late)).toBe(0);
  });

  it('holds a batch that landed without its flag and is sent again with it', async () => {
    const [serviceId, actorId] = [await app.service(), randomUUID()];
    const record = testRecord({ actorId, serviceId });
    let sent = 0;
    app.clickhouse.decide(({ path, body }) =>
      /insert/i.test(decodeURIComponent(path)) && body.includes(record.id) && sent++ === 0 ? 'lose-reply' : 'none',
    );
    await accept(app, [record]);
    await app.worker().scheduled('* * * * *');
    await until(async () => (await flagOf(record)) === 0, 'the batch lands and its reply is lost');
    const { id } = await openHold(app, auditor, { actorId });
    await until(() => isLeft(record), 'nobody has the batch in hand');
    await retryNow(app);
    await hold(app, auditor, id, 'active');
    expect([sent, await flagOf(record)]).toEqual([2, 1]);
    // What is counted from records must not count the second sending.
    const [counted] = await app.analytics<{ n: string }>(
      `SELECT sum(count) AS n FROM analytics_db.service_actions WHERE service_id = '${serviceId}'`,
    );
    expect(Number(counted?.n)).toBe(1);
  });

  it('leaves alone what was accepted after the release, which only a newer hold can have marked', async () => {
    const actorId = randomUUID();
    const [older, newer] = [testRecord({ actorId, at: new Date(Date.now() - 60_000) }), testRecord({ actorId })];
    await store(app, [older, newer], 1);
    const keeper = connectClickHouse({
      url: app.engines.clickhouse.url,
      username: 'steward_keeper',
      password: app.engines.clickhouse.keeper,
    });
    const records = { resource: null, resourceId: null, actorId, serviceId: null, from: null, to: null };
    const cutoff = `${new Date(newer.at.getTime() - 1).toISOString().replace('T', ' ').replace('Z', '')}000`;
    await releaseRecords(keeper, { records, others: [], cutoff });
    expect([await flagOf(older), await flagOf(newer)]).toEqual([0, 1]);
    await expect(
      releaseRecords(keeper, { records: { ...records, actorId: null }, others: [], cutoff }),
    ).rejects.toThrow();
    await keeper.close();
  });
});

describe('holds.overlap', () => {
  it('keeps what another hold matches, also one that is not active yet', async () => {
    const [actorId, resourceId] = [randomUUID(), randomUUID()];
    const both = testRecord({ actorId, resourceId, at: yearsAgo(8) });
    const one = testRecord({ actorId, at: yearsAgo(8) });
    const first = await openHold(app, auditor, { actorId });
    await accept(app, [both, one]);
    await app.drained();
    await hold(app, auditor, first.id, 'active');
    const second = await openHold(app, auditor, { resourceId, to: new Date().toISOString() });
    await releaseHold(app, auditor, first.id);
    await hold(app, auditor, first.id, 'released');
    await merge(app);
    expect([await flagOf(both), await flagOf(one)]).toEqual([1, undefined]);
    await hold(app, auditor, second.id, 'active');
    await releaseHold(app, auditor, second.id);
    await hold(app, auditor, second.id, 'released');
    await merge(app);
    expect(await flagOf(both)).toBeUndefined();
  });

  it('is applied once over when many runs come at once', async () => {
    const actorIds = Array.from({ length: 4 }, () => randomUUID());
    const records = actorIds.map((actorId) => testRecord({ actorId }));
    await store(app, records, 0);
    const holds = await Promise.all(actorIds.map((actorId) => openHold(app, auditor, { actorId })));
    await Promise.all(Array.from({ length: 8 }, () => applyHolds(app)));
    for (const { id } of holds) await hold(app, auditor, id, 'active');
    expect([...(await flagsOf(app, records)).values()]).toEqual([1, 1, 1, 1]);
    const { rows } = await app.db.query(
      `SELECT resource_id FROM audit_outbox WHERE action = 'audit.hold.complete' AND resource_id = ANY ($1)`,
      [holds.map(({ id }) => id)],
    );
    expect(rows).toHaveLength(4);
  });
});

describe('holds.bad-days', () => {
  const isAlter = ({ body }: { body: string }) => body.startsWith('ALTER');

  it('waits, visibly, while ClickHouse is away, and goes on when it is back', async () => {
    const actorId = randomUUID();
    const record = testRecord({ actorId });
    await store(app, [record], 0);
    app.clickhouse.decide(() => 'refuse');
    const { id } = await openHold(app, auditor, { actorId });
    for (let n = 0; n < 3; n++) await applyHolds(app);
    expect([await statusOf(id), await flagOf(record)]).toEqual(['applying', 0]);
    app.clickhouse.decide(() => 'none');
    await retryNow(app);
    await hold(app, auditor, id, 'active');
    app.clickhouse.decide(() => 'error');
    expect((await releaseHold(app, auditor, id)).status).toBe(202);
    for (let n = 0; n < 3; n++) await applyHolds(app);
    expect([await statusOf(id), await flagOf(record)]).toEqual(['releasing', 1]);
    app.clickhouse.decide(() => 'none');
    await retryNow(app);
    await hold(app, auditor, id, 'released');
    expect(await flagOf(record)).toBe(0);
  });

  it('comes to the same when a reply is lost after the work was done', async () => {
    const actorId = randomUUID();
    const record = testRecord({ actorId });
    await store(app, [record], 0);
    let lost = 0;
    app.clickhouse.decide((call) => (isAlter(call) && lost++ % 3 === 0 ? 'lose-reply' : 'none'));
    const { id } = await openHold(app, auditor, { actorId });
    await hold(app, auditor, id, 'active');
    expect(await flagOf(record)).toBe(1);
    await releaseHold(app, auditor, id);
    await hold(app, auditor, id, 'released');
    expect([await flagOf(record), lost > 3]).toEqual([0, true]);
  });

  it('takes nothing for done that was released meanwhile', async () => {
    const actorId = randomUUID();
    const record = testRecord({ actorId });
    await store(app, [record], 0);
    const { id } = await openHold(app, auditor, { actorId });
    const release = `UPDATE audit_holds SET status = 'releasing', released_at = now(), released_by = created_by, release_reason = 'x',
      version = version + 1 WHERE id = '${id}'; COMMIT`;
    const admin = await app.db.connect();
    await admin.query('BEGIN');
    // Readers go on, and so does everything that waits for older writers to end: this one has not written yet.
    await admin.query('LOCK TABLE audit_holds IN SHARE MODE');
    const run = applyHolds(app);
    await until(async () => {
      const { rows } = await app.db.query(
        `SELECT FROM pg_locks WHERE NOT granted AND relation = 'audit_holds'::regclass`,
      );
      return rows.length > 0;
    }, 'the run is about to call it active').finally(() => admin.query(release).finally(() => admin.release()));
    await run;
    await hold(app, auditor, id, 'released');
    expect(await flagOf(record)).toBe(0);
  });

  it('does not stop at one hold that cannot be applied', async () => {
    const [broken, sound] = [randomUUID(), randomUUID()];
    const hex = Buffer.from(broken).toString('hex').replaceAll(/../g, '\\x$&');
    app.clickhouse.decide(({ body }) => (body.includes(hex) ? 'error' : 'none'));
    const first = await openHold(app, auditor, { resourceId: broken });
    const second = await openHold(app, auditor, { resourceId: sound });
    await hold(app, auditor, second.id, 'active');
    expect(await statusOf(first.id)).toBe('applying');
    app.clickhouse.decide(() => 'none');
    await hold(app, auditor, first.id, 'active');
  });

  it('makes good what somebody wrote past it, and says so', async () => {
    const actorId = randomUUID();
    const { id } = await openHold(app, auditor, { actorId });
    await hold(app, auditor, id, 'active');
    const [restored, unseen] = [testRecord({ actorId }), testRecord()];
    await store(app, [restored, unseen], 0);
    await applyHolds(app);
    expect(await flagOf(restored)).toBe(0);
    await app.db.query(`UPDATE audit_holds SET counted_at = now() - interval '61 minutes' WHERE id = $1`, [id]);
    await app.worker().scheduled('* * * * *');
    await until(async () => (await flagOf(restored)) === 1, 'it is held');
    await until(async () => (await readHold(app, auditor, id)).matchedRows === 1, 'it is counted');
    expect([await statusOf(id), await flagOf(unseen)]).toEqual(['active', 0]);
    expect(app.log.join('\n')).toContain('records of an active legal hold were not held');
  });
});
