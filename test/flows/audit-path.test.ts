import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';

let app: App;
let operator: Person;
beforeAll(async () => {
  app = await startApp({}, { nudgeSeconds: 1 });
  operator = await app.person('operator');
});
beforeEach(() => {
  app.clickhouse.decide(() => 'none');
  app.postgres.decide(() => 'none');
});
afterAll(() => app.stop());

const isInsert = ({ path, body }: { path: string; body: string }) =>
  /insert/i.test(decodeURIComponent(path) + body.slice(0, 200));

async function changes(service: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++)
    expect((await app.patch(operator, service, { rateLimitRequests: 5000 + n })).status).toBe(200);
}

/** What a drainer gave back may be taken again at once, and `consumers` take it: nobody waits for the queue or a lease. */
async function drainNow(consumers: number): Promise<void> {
  await app.db.query(`UPDATE audit_outbox SET leased_until = now() WHERE sent_at IS NULL AND leased_until IS NOT NULL`);
  const worker = await app.worker().miniflare.getWorker('steward');
  const deliver = (n: number) =>
    worker.queue('audit-outbox', [
      { id: `m${n}`, timestamp: new Date(), attempts: 1, body: { v: 1, kind: 'audit.drain' } },
    ]);
  await Promise.all(Array.from({ length: consumers }, (_, n) => deliver(n)));
}

/** Rows as they lie in the table, without anything that would hide a duplicate. */
const storedOnce = async (service: string, count: number) => {
  const rows = await app.auditOf(service);
  expect(rows).toHaveLength(count);
  expect(new Set(rows.map(({ id }) => id)).size).toBe(count);
};

describe('audit-path.happy', () => {
  it('brings a record to ClickHouse by the nudge alone, in every column', async () => {
    const service = await app.service();
    await changes(service, 1);
    await until(async () => (await app.auditOf(service)).length > 0, 'the record arrives');
    const [row] = await app.auditOf(service);
    expect(row).toMatchObject({
      actor_id: operator.id,
      actor_email: operator.email,
      actor_role: 'operator',
      action: 'service.config.update',
      resource: 'service_config',
      resource_id: service,
      service_id: service,
      outcome: 'success',
      session_id: operator.sessionId,
    });
    expect(JSON.parse(row?.after_state ?? '')).toMatchObject({ rateLimitRequests: 5000 });
  });

  it('has every column, order and TTL of the specification', async () => {
    const columns = await app.analytics<{ name: string; type: string }>(
      `SELECT name, type FROM system.columns WHERE database = 'audit_db' AND table = 'admin_audit_logs'`,
    );
    const specified = {
      id: 'UUID',
      timestamp: 'DateTime64(3)',
      actor_id: 'UUID',
      actor_email: 'String',
      action: 'LowCardinality(String)',
      resource: 'LowCardinality(String)',
      resource_id: 'String',
      before_state: 'String',
      after_state: 'String',
      reason: 'String',
      ip_address: 'IPv6',
    };
    expect(Object.fromEntries(columns.map(({ name, type }) => [name, type]))).toMatchObject(specified);
    const [table] = await app.analytics<{ sorting_key: string; create_table_query: string }>(
      `SELECT sorting_key, create_table_query FROM system.tables WHERE database = 'audit_db' AND name = 'admin_audit_logs'`,
    );
    expect(table?.sorting_key).toBe('toDate(timestamp), resource, id');
    expect(table?.create_table_query).toContain('TTL toDateTime(timestamp) + toIntervalYear(7)');
  });
});

describe('audit-path.bad-days', () => {
  it('answers 200 while ClickHouse is down, and the record arrives after it is back', async () => {
    const service = await app.service();
    app.clickhouse.decide(() => 'refuse');
    await changes(service, 5);
    await app.worker().scheduled('* * * * *');
    await until(async () => app.clickhouse.faults() > 0, 'a drain was tried');
    expect(await app.auditOf(service)).toEqual([]);
    app.clickhouse.decide(() => 'none');
    await drainNow(1);
    await app.drained();
    await storedOnce(service, 5);
    console.log('ClickHouse down for 5 PATCHes: tried 5, lost 0, doubled 0');
  });

  it('stores a batch once when its reply is lost, ten times over', async () => {
    const service = await app.service();
    let lost = 0;
    app.clickhouse.decide((call) => (isInsert(call) && lost++ < 10 ? 'lose-reply' : 'none'));
    await changes(service, 20);
    const drained = async () => {
      await drainNow(1);
      return lost > 10;
    };
    await until(drained, 'ten replies are lost', 40_000, 1);
    await app.drained();
    await storedOnce(service, 20);
    expect(lost).toBeGreaterThan(1);
    console.log(`replies lost ${Math.min(lost, 10)}: records 20, missing 0, doubled 0`);
  });

  it('stores a batch once when the acknowledgement is lost between ClickHouse and Postgres', async () => {
    const service = await app.service();
    let lost = 0;
    const acknowledges = /SET sent_at = now\(\)[^}]*"params":\[[^\]]*[0-9a-f]{8}-/;
    app.postgres.decide(({ body }) => (acknowledges.test(body) && lost++ % 2 === 0 ? 'refuse' : 'none'));
    await changes(service, 20);
    await until(async () => lost > 0, 'an acknowledgement is lost');
    expect(await app.auditOf(service)).not.toEqual([]);
    app.postgres.decide(() => 'none');
    await drainNow(1);
    await app.drained();
    await storedOnce(service, 20);
    console.log(`acknowledgements lost ${Math.ceil(lost / 2)}: records 20, missing 0, doubled 0`);
  });

  it('gives one row for a message delivered five times at once', async () => {
    let tried = 0;
    for (; tried < 5; tried++) {
      const service = await app.service();
      await app.db.query('SELECT 1');
      app.clickhouse.decide(() => 'refuse');
      await changes(service, 3);
      app.clickhouse.decide(() => 'none');
      await drainNow(5);
      await app.drained();
      await storedOnce(service, 3);
    }
    console.log(`one message five times at once: tried ${tried}, doubled 0, missing 0`);
  });

  it('drains 3,000 records with four consumers at once, each once', async () => {
    const service = await app.service();
    await app.db.query(
      `INSERT INTO audit_outbox (id, occurred_at, actor_id, actor_email, actor_role, action, resource, resource_id, service_id,
         outcome, ip_address, request_id, trace_id)
       SELECT u, uuid_extract_timestamp(u), $1, 'x@example.com', 'owner', 'service.config.update', 'service_config', $2::text,
         $2::uuid, 'success', '::', 'r', 't' FROM (SELECT uuidv7() AS u FROM generate_series(1, 3000)) AS ids`,
      [operator.id, service],
    );
    await drainNow(4);
    await app.drained();
    await storedOnce(service, 3000);
    console.log('four consumers over 3,000 records: missing 0, doubled 0');
  });
});

describe('audit-path.reads', () => {
  it('pages newest first without gaps or repeats while records arrive', async () => {
    const service = await app.service();
    await changes(service, 25);
    await app.drained();
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await app.call(
        'GET',
        `/v1/audit/logs?resourceId=${service}&limit=10${cursor ? `&cursor=${cursor}` : ''}`,
        { as: operator },
      );
      expect(page.json.range.from < page.json.range.to).toBe(true);
      seen.push(...page.json.items.map(({ id }: { id: string }) => id));
      cursor = page.json.nextCursor;
      if (seen.length === 10) {
        await app.patch(operator, service, { rateLimitRequests: 1 });
        await app.drained();
      }
    } while (cursor);
    const stored = (await app.auditOf(service)).map(({ id }) => id).reverse();
    expect(seen).toEqual(stored.slice(1));
  });

  it('shows an auditor of one service that service only', async () => {
    const [mine, other] = [await app.service(), await app.service()];
    await changes(mine, 1);
    await changes(other, 1);
    await app.drained();
    const auditor = await app.person('auditor', mine);
    const list = await app.call('GET', '/v1/audit/logs?limit=200', { as: auditor });
    expect(new Set(list.json.items.map(({ serviceId }: { serviceId: string }) => serviceId))).toEqual(new Set([mine]));
    const [foreign] = await app.auditOf(other);
    expect((await app.call('GET', `/v1/audit/logs/${foreign?.id}`, { as: auditor })).status).toBe(404);
    expect((await app.call('GET', `/v1/audit/logs?serviceId=${other}`, { as: auditor })).status).toBe(404);
    expect((await app.call('GET', '/v1/audit/logs', { as: await app.person('viewer') })).status).toBe(403);
  });

  it('refuses what it does not know', async () => {
    const status = async (query: string) =>
      (await app.call('GET', `/v1/audit/logs?${query}`, { as: operator })).json.code;
    expect(await status('color=red')).toBe('unknown_parameter');
    expect(await status('limit=201')).toBe('malformed_request');
    expect(await status('cursor=abc')).toBe('malformed_request');
    expect(await status('from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z')).toBe('invalid_field');
    expect((await app.call('GET', '/v1/audit/logs/x.css', { as: operator })).status).toBe(404);
  });

  it('says 503 when ClickHouse is away, without its words', async () => {
    app.clickhouse.decide(() => 'error');
    const answer = await app.call('GET', '/v1/audit/logs', { as: operator });
    expect([answer.status, answer.json.code]).toEqual([503, 'dependency_unavailable']);
    expect(answer.text).not.toContain('DB::Exception');
  });
});
