import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectClickHouse } from '../../clickhouse/client.ts';
import { insertAuditLogs } from '../../clickhouse/queries/insert-audit-logs.ts';
import { insertEvents } from '../../clickhouse/queries/insert-events.ts';
import type { AnalyticsView, Figures } from '../../domain/services/analytics-schema.ts';
import type { ApiLogRow } from '../../queues/messages.ts';
import { type App, commonApp, type Person, until } from '../app.ts';

let app: App;
let owner: Person;
let writer: ReturnType<typeof connectClickHouse>;
beforeAll(async () => {
  app = await commonApp();
  owner = await app.person('owner');
  const { url, writer: password } = app.engines.clickhouse;
  writer = connectClickHouse({ url, username: 'steward_writer', password });
});
afterAll(async () => {
  await writer.close();
  await app.stop();
});

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const iso = (ms: number) => new Date(ms).toISOString();
const sqlTime = (ms: number) => iso(ms).replace('T', ' ').replace('Z', '');

const analytics = (as: Person, service: string, query = '') =>
  app.call('GET', `/v1/admin/services/${service}/analytics${query}`, { as });

async function figuresOf(service: string, query: Record<string, string>): Promise<AnalyticsView> {
  const { status, text, json } = await analytics(owner, service, `?${new URLSearchParams(query)}`);
  if (status !== 200) throw new Error(text);
  return json;
}

/** Numbers from 0 up to 1, the same for the same seed (Park and Miller). */
function randomFrom(seed: number) {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

type Call = ApiLogRow & { at: number; pack_id: string; accepted_at: string };

function callAt(at: number, service: string, more: Partial<ApiLogRow>): Call {
  const row = {
    id: v7({ msecs: at }),
    timestamp: sqlTime(at),
    trace_id: 't',
    span_id: 's',
    service_id: service,
    endpoint: '/v1/admin/services/:id/config',
    method: 'GET',
    status_code: 200,
    duration_ms: 1,
    actor_id: randomUUID(),
    actor_email: 'somebody@example.com',
    request_body: '',
    response_body: '',
    ip_address: '::',
    actor_role: 'viewer',
    session_id: 'session-of-somebody',
    request_id: 'r',
    error_code: '',
    user_agent: '',
    ...more,
  };
  return { ...row, at, pack_id: randomUUID(), accepted_at: `${sqlTime(at)}000` };
}

function recordAt(at: number, service: string, more: Record<string, string>) {
  const row = {
    id: v7({ msecs: at }),
    timestamp: sqlTime(at),
    actor_id: randomUUID(),
    actor_email: 'somebody@example.com',
    action: 'service.config.update',
    resource: 'service_config',
    resource_id: service,
    before_state: '',
    after_state: '',
    reason: '',
    ip_address: '::',
    actor_role: 'viewer',
    service_id: service,
    outcome: 'success',
    request_id: 'r',
    trace_id: 't',
    session_id: 'session-of-somebody',
    accepted_at: `${sqlTime(at)}000`,
    legal_hold: 0,
    ...more,
  };
  return { ...row, at };
}

const without = <Row extends { at: number }>({ at: _, ...row }: Row) => row;
const linesOf = (records: readonly { at: number }[]) => records.map((one) => JSON.stringify(without(one))).join('\n');
const insertCalls = (token: string, calls: readonly Call[]) =>
  insertEvents(writer, 'audit_db.admin_api_logs', calls.map(without), { token, timeoutMs: 20_000 });

/** What a simple list says of these calls. */
function modelOf(calls: readonly Call[]) {
  const between = (from: number, to: number) => calls.filter(({ status_code: s }) => s >= from && s <= to).length;
  const known = calls.map(({ actor_id }) => actor_id).filter((id) => !id.startsWith('00000000'));
  const sorted = calls.map(({ duration_ms }) => duration_ms).toSorted((a, b) => a - b);
  return {
    requests: calls.length,
    clientErrors: between(400, 499),
    serverErrors: between(500, 599),
    activeAdmins: new Set(known).size,
    sorted,
  };
}

/** Null when the figures are the model's: counts to the unit, quantiles within 1 % of a neighbouring rank and rounding. */
function differs(figures: Figures, calls: readonly Call[]): string | null {
  const { sorted, ...counts } = modelOf(calls);
  const { latencyMs, ...rest } = figures;
  const { start: _, ...counted } = rest as typeof rest & { start?: string };
  if (JSON.stringify(Object.entries(counted).toSorted()) !== JSON.stringify(Object.entries(counts).toSorted()))
    return `${JSON.stringify(counted)} instead of ${JSON.stringify(counts)}`;
  if (sorted.length === 0) return latencyMs === null ? null : 'a latency of nothing';
  for (const [name, level] of [
    ['p50', 0.5],
    ['p95', 0.95],
    ['p99', 0.99],
  ] as const) {
    const rank = level * (sorted.length - 1);
    const [low = 0, high = 0] = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]];
    const value = latencyMs?.[name] ?? -1;
    if (value < low * 0.99 - 0.05 || value > high * 1.01 + 0.05) return `${name} ${value}, not ${low} to ${high}`;
  }
  return null;
}

describe('analytics', () => {
  it('are what a simple list says, however often a batch came', async () => {
    const seed = 20_261_122;
    const random = randomFrom(seed);
    const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T;
    const services = [await app.service(), await app.service(), await app.service()];
    const admins = Array.from({ length: 12 }, () => randomUUID());
    const end = Math.floor(Date.now() / HOUR) * HOUR;
    const at = () => end - 1 - Math.floor(random() * 9 * DAY);
    const calls = Array.from({ length: 3000 }, () =>
      callAt(at(), pick([...services, '00000000-0000-0000-0000-000000000000']), {
        status_code: pick([200, 200, 200, 201, 204, 400, 403, 404, 429, 499, 500, 503, 599]),
        duration_ms: Math.floor(Math.exp(random() * 10)) - 1,
        actor_id: random() < 0.05 ? '00000000-0000-0000-0000-000000000000' : pick(admins),
      }),
    );
    const actions = Array.from({ length: 30 }, (_, n) => `service.action-${String(n).padStart(2, '0')}`);
    const records = Array.from({ length: 1500 }, () =>
      recordAt(at(), pick(services), {
        action: actions[Math.floor(random() ** 2 * actions.length)] ?? '',
        outcome: pick(['success', 'success', 'denied', 'failure']),
      }),
    );
    let repeated = 0;
    const send = async <Row>(rows: readonly Row[], insert: (token: string, rows: readonly Row[]) => Promise<void>) => {
      for (let i = 0, end = 0; i < rows.length; i = end) {
        end = i + 1 + Math.floor(random() * 600);
        const batch = rows.slice(i, end);
        const token = randomUUID();
        const again = random() < 0.4 ? 1 + Math.floor(random() * 2) : 0;
        for (let n = 0; n <= again; n++) await insert(token, batch);
        repeated += again;
      }
    };
    await send(calls, insertCalls);
    await send(records, (token, batch) => insertAuditLogs(writer, token, linesOf(batch)));

    const wrong: string[] = [];
    let buckets = 0;
    for (const service of services)
      for (const interval of ['hour', 'day'] as const)
        for (const [from, to] of [
          [end - 10 * DAY, end],
          [end - 3 * DAY - 30 * 60_000, end - DAY + 1],
        ] as const) {
          const view = await figuresOf(service, { from: iso(from), to: iso(to), interval });
          const size = interval === 'hour' ? HOUR : DAY;
          const [first, last] = [Math.floor(from / size) * size, Math.ceil(to / size) * size];
          const inRange = ({ at, service_id }: { at: number; service_id: string }) =>
            service_id === service && at >= first && at < last;
          const mine = calls.filter(inRange);
          expect(view.range).toEqual({ from: iso(first), to: iso(last) });
          expect(view.series.map(({ start }) => Date.parse(start))).toEqual(
            Array.from({ length: (last - first) / size }, (_, n) => first + n * size),
          );
          for (const bucket of view.series) {
            buckets++;
            const start = Date.parse(bucket.start);
            const difference = differs(
              bucket,
              mine.filter(({ at }) => at >= start && at < start + size),
            );
            if (difference) wrong.push(`${bucket.start} ${interval}: ${difference}`);
          }
          const total = differs(view.totals, mine);
          if (total) wrong.push(`totals: ${total}`);
          const counted = actions
            .map((action) => {
              const each = records.filter((record) => inRange(record) && record.action === action);
              const of = (outcome: string) => each.filter((record) => record.outcome === outcome).length;
              return {
                n: each.length,
                action,
                outcomes: { success: of('success'), denied: of('denied'), failure: of('failure') },
              };
            })
            .filter(({ n }) => n > 0)
            .toSorted((a, b) => b.n - a.n || (a.action < b.action ? -1 : 1))
            .slice(0, 20);
          expect(view.topActions).toEqual(counted.map(({ action, outcomes }) => ({ action, outcomes })));
        }
    console.log(
      `analytics: rows ${calls.length + records.length}, batches repeated ${repeated}, buckets compared ${buckets}, wrong ${wrong.length} (seed ${seed})`,
    );
    expect(wrong).toEqual([]);
    expect(repeated).toBeGreaterThan(5);
  });

  it('count what is asked of the API and what is changed, refusals too', async () => {
    const service = await app.service();
    const viewer = await app.person('viewer', service);
    const stranger = await app.person('viewer', await app.service());
    const config = `/v1/admin/services/${service}/config`;
    for (let n = 0; n < 3; n++) await app.call('GET', config, { as: owner });
    await app.call('GET', config, { as: viewer });
    await app.call('GET', config, { as: stranger });
    await app.patch(owner, service, { rateLimitRequests: 7 });
    expect((await app.patch(viewer, service, { rateLimitRequests: 8 })).status).toBe(403);
    await app.drained();
    const counted = { requests: 7, clientErrors: 2, serverErrors: 0, activeAdmins: 3 };
    await until(async () => {
      const { totals, topActions } = await figuresOf(service, { to: iso(Date.now() + HOUR) });
      // Reading them is asked of the API, too.
      const reads = (totals.requests ?? 0) - counted.requests;
      return reads >= 0 && topActions.length === 2 && totals.clientErrors === 2 && totals.activeAdmins === 3;
    }, 'the calls are counted');
    const { totals, topActions, requestsCollected } = await figuresOf(service, { to: iso(Date.now() + HOUR) });
    expect(totals).toMatchObject({ clientErrors: 2, serverErrors: 0, activeAdmins: 3 });
    expect(topActions).toEqual([
      { action: 'service.config.update', outcomes: { success: 1, denied: 1, failure: 0 } },
      { action: 'service.config.read', outcomes: { success: 0, denied: 1, failure: 0 } },
    ]);
    expect(requestsCollected).toBe(true);
  });

  it('name nobody: no column, no answer', async () => {
    const columns = await app.analytics<{ name: string }>(
      `SELECT DISTINCT name FROM system.columns WHERE database = 'analytics_db' ORDER BY name`,
    );
    expect(columns.map(({ name }) => name)).toEqual([
      'action',
      'admins',
      'client_errors',
      'count',
      'hour',
      'latency',
      'outcome',
      'requests',
      'server_errors',
      'service_id',
    ]);
    const service = await app.service();
    const call = callAt(Date.now() - HOUR, service, {});
    const record = recordAt(Date.now() - HOUR, service, {});
    await insertCalls(randomUUID(), [call]);
    await insertAuditLogs(writer, randomUUID(), linesOf([record]));
    const { text, json } = await analytics(owner, service);
    expect([json.totals.requests, json.topActions.length]).toEqual([1, 1]);
    for (const secret of [call.actor_id, record.actor_id, call.actor_email, call.session_id, call.endpoint, call.id])
      expect(text).not.toContain(secret);
  });

  it('say what was not collected instead of showing zeros', async () => {
    const service = await app.service();
    await app.patch(owner, service, { auditLevel: 'MINIMAL' });
    await insertCalls(randomUUID(), [callAt(Date.now() - 30 * HOUR, service, { duration_ms: 40 })]);
    const view = await figuresOf(service, { interval: 'day' });
    expect(view.requestsCollected).toBe(false);
    const nothing = { requests: null, clientErrors: null, serverErrors: null, latencyMs: null, activeAdmins: null };
    expect(view.series.filter(({ requests }) => requests !== null)).toHaveLength(1);
    expect(view.series.at(-1)).toEqual({ start: view.series.at(-1)?.start, ...nothing });
    expect(view.totals).toMatchObject({ requests: 1, latencyMs: { p50: expect.closeTo(40, 0) } });
    await app.patch(owner, service, { auditLevel: 'STANDARD' });
    const later = await figuresOf(service, { interval: 'day' });
    expect([later.requestsCollected, later.series[0]]).toEqual([
      true,
      { start: later.series[0]?.start, ...nothing, requests: 0, clientErrors: 0, serverErrors: 0, activeAdmins: 0 },
    ]);
  });
});

describe('analytics.security', () => {
  it('are for those who may see this service’s, and a refusal is recorded', async () => {
    const service = await app.service();
    expect((await analytics(await app.person('viewer', service), service)).status).toBe(200);
    const absent = await analytics(owner, randomUUID());
    const foreign = await analytics(await app.person('viewer', await app.service()), service);
    expect([absent.status, foreign.status, foreign.json.detail]).toEqual([404, 404, absent.json.detail]);
    await app.db.query(`INSERT INTO roles (id, name, permissions) VALUES ($1, 'no-figures', '{services.view}')`, [
      randomUUID(),
    ]);
    const person = await app.person('no-figures', service);
    const refused = await analytics(person, service);
    expect([refused.status, refused.json.detail]).toEqual([403, expect.stringContaining('analytics.view')]);
    const { rows } = await app.db.query('SELECT action, outcome, service_id FROM audit_outbox WHERE actor_id = $1', [
      person.id,
    ]);
    expect(rows).toEqual([{ action: 'analytics.read', outcome: 'denied', service_id: service }]);
  });

  it('refuse a range nobody can draw, and say what to do', async () => {
    const service = await app.service();
    const ask = async (query: string) => {
      const { status, json } = await analytics(owner, service, query);
      return [status, json.code, json.detail];
    };
    const advice = expect.stringMatching(/1001 buckets, more than 1000\. Ask for interval=day/);
    const from = '2026-01-01T00:00:00Z';
    expect(await ask(`?from=${from}&to=2026-02-11T17:00:00Z`)).toEqual([422, 'invalid_field', advice]);
    expect((await ask(`?from=${from}&to=2026-02-11T16:00:00Z`))[0]).toBe(200);
    expect((await ask(`?from=${from}&to=2026-02-11T17:00:00Z&interval=day`))[0]).toBe(200);
    expect((await ask('?from=2020-01-01T00:00:00Z&interval=day'))[1]).toBe('invalid_field');
    expect((await ask(`?from=${from}&to=2025-01-01T00:00:00Z`))[1]).toBe('invalid_field');
    for (const query of ['?from=yesterday', '?interval=week', '?interval=', '?from=2026-01-01'])
      expect([query, (await ask(query))[1]]).toEqual([query, 'malformed_request']);
    expect((await ask('?color=red'))[1]).toBe('unknown_parameter');
  });

  it('state the range: the last seven days in whole hours, or the hour asked for in any zone', async () => {
    const service = await app.service();
    const before = Date.now();
    const { range, series, interval } = await figuresOf(service, {});
    const to = Date.parse(range.to);
    expect(interval).toBe('hour');
    expect([to % HOUR, to >= before, to <= Date.now() + HOUR]).toEqual([0, true, true]);
    expect([169, 168]).toContain(series.length);
    expect(Date.parse(range.from)).toBe(to - series.length * HOUR);
    const one = await figuresOf(service, { from: '2026-11-20T01:30:00+02:00', to: '2026-11-20T01:30:00+02:00' });
    expect(one.range).toEqual({ from: '2026-11-19T23:00:00.000Z', to: '2026-11-20T00:00:00.000Z' });
    const whole = await figuresOf(service, { from: '2026-11-20T00:00:00Z', to: '2026-11-20T00:00:00Z' });
    expect(whole.series.map(({ start }) => start)).toEqual(['2026-11-20T00:00:00.000Z']);
  });

  it('say 503 when ClickHouse is away, without its words', async () => {
    const service = await app.service();
    app.clickhouse.decide(() => 'error');
    const answer = await analytics(owner, service);
    app.clickhouse.decide(() => 'none');
    expect([answer.status, answer.json.code]).toEqual([503, 'dependency_unavailable']);
    expect(answer.text).not.toContain('DB::Exception');
  });
});
