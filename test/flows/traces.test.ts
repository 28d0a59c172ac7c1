import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { linesOf } from '../log-lines.ts';

let app: App;
let owner: Person;
let service: string;
/** What the stores were told, by trace id: spans with their flags. */
const told = { clickhouse: new Map<string, string[]>(), postgres: new Map<string, string[]>() };
let statements = { traced: 0, other: 0 };

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16}-0[01])$/;
const COMMENT = / \/\*traceparent='([^']*)'\*\/$/;

function note(store: keyof typeof told, traceparent: unknown): void {
  const [, traceId, span] = TRACEPARENT.exec(String(traceparent)) ?? [];
  if (!traceId || !span) throw new Error(`no traceparent: ${traceparent}`);
  told[store].set(traceId, [...(told[store].get(traceId) ?? []), span]);
}

/** The statements of one request to Postgres. */
const textsOf = (body: string): string[] => {
  const { query, queries } = JSON.parse(body) as { query?: string; queries?: { query: string }[] };
  return queries ? queries.map((each) => each.query) : [query ?? ''];
};

beforeAll(async () => {
  app = await startApp();
  owner = await app.person('owner');
  service = await app.service();
  expect((await app.call('GET', '/v1/admin/me', { as: owner })).status).toBe(200);
  app.clickhouse.decide(({ headers }) => {
    note('clickhouse', headers.traceparent);
    return 'none';
  });
  app.postgres.decide(({ body }) => {
    for (const text of textsOf(body)) {
      const [, comment] = COMMENT.exec(text) ?? [];
      if (comment) note('postgres', comment);
      statements[comment ? 'traced' : 'other']++;
    }
    return 'none';
  });
});
afterAll(() => app.stop());

const PARENT = '00f067aa0ba902b7';
const newTrace = () => randomBytes(16).toString('hex');
const by = (traceId: string, flags = '01') => ({ traceparent: `00-${traceId}-${PARENT}-${flags}` });

describe('a trace', () => {
  it('goes on into Postgres and ClickHouse, each request’s into its own calls', async () => {
    const traces = Array.from({ length: 60 }, newTrace);
    const paths = [
      `/v1/admin/services/${service}/features`,
      '/v1/audit/logs',
      `/v1/admin/services/${service}/analytics?from=2026-11-01T00:00:00.000Z&to=2026-11-02T00:00:00.000Z`,
    ];
    const answers = await Promise.all(
      traces.map((traceId, i) => app.call('GET', paths[i % 3] as string, { as: owner, headers: by(traceId) })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const failed = traces.filter((traceId, i) => {
      const spans = told[i % 3 === 0 ? 'postgres' : 'clickhouse'].get(traceId) ?? [];
      // One span an invocation, ours, and recorded as the caller said.
      return (
        spans.length === 0 ||
        new Set(spans).size !== 1 ||
        spans.some((span) => !span.endsWith('-01') || span.startsWith(PARENT))
      );
    });
    console.log(`traces into the stores: tried ${traces.length}, failed ${failed.length}`);
    expect(failed).toEqual([]);
  });

  it('that is not recorded leaves the text of statements alone', async () => {
    const traceId = newTrace();
    statements = { traced: 0, other: 0 };
    const changed = await app.call('PATCH', `/v1/admin/services/${service}/config`, {
      as: owner,
      body: { rateLimitRequests: 77 },
      headers: by(traceId, '00'),
    });
    expect(changed.status).toBe(200);
    await app.call('GET', '/v1/audit/logs', { as: owner, headers: by(traceId, '00') });
    await app.call('GET', `/v1/admin/services/${service}/features`, { as: owner });
    expect(told.postgres.has(traceId)).toBe(false);
    expect(told.clickhouse.get(traceId)?.every((span) => span.endsWith('-00'))).toBe(true);
    expect(statements.traced).toBe(0);
    expect(statements.other).toBeGreaterThan(1);
  });

  it('goes on through the queue: from the request to the export’s run, its records and the stores', async () => {
    const traceId = newTrace();
    const asked = await app.call('POST', '/v1/admin/exports', {
      as: owner,
      body: { exportType: 'audit_logs', parameters: { serviceId: service } },
      headers: by(traceId),
    });
    expect(asked.status).toBe(202);
    expect((await app.finished(owner, asked.json.id)).status).toBe('ready');
    const lines = () => linesOf(app).filter((line) => line.traceId === traceId);
    await until(async () => lines().some(({ queue }) => queue === 'exports'), 'the line of the message');
    const requests = new Set(lines().map(({ requestId }) => requestId));
    // The request, and a delivery or more.
    expect(requests.size).toBeGreaterThan(1);
    await app.drained();
    const records = await app.auditOf(asked.json.id);
    const ended = records.filter(({ action }) => action === 'export.request' || action === 'export.complete');
    expect(ended.map((record) => [record.action, record.trace_id]).sort()).toEqual([
      ['export.complete', traceId],
      ['export.request', traceId],
    ]);
    const spans = [...(told.clickhouse.get(traceId) ?? []), ...(told.postgres.get(traceId) ?? [])];
    expect(new Set(spans).size).toBeGreaterThan(1);
    expect(spans.every((span) => span.endsWith('-01'))).toBe(true);
  });

  it('of a cron run and of what no request sent is one of its own', async () => {
    const from = app.log.length;
    await app.worker().scheduled('* * * * *');
    await app.worker().scheduled('* * * * *');
    const ids = linesOf(app, from).flatMap(({ msg, traceId }) => (msg === 'cron run' ? [traceId] : []));
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });
});
