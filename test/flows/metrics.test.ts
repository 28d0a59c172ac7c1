import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { METRICS } from '../../domain/observability/metrics.ts';
import { type App, type Person, startApp, until } from '../app.ts';

const CRON = '* * * * *';
const PROMETHEUS = '/v1/observability/metrics';

/** The clock's next minute. */
let minutes = 0;
const tick = () => app.worker().scheduled(CRON, new Date(Date.now() + ++minutes * 60_000));

let app: App;
let scraper: Person;
beforeAll(async () => {
  app = await startApp({ METRICS_GATHER_SECONDS: '1', LOG_LEVEL: 'error' });
  scraper = await app.person('operator');
});
afterAll(() => app.stop());

interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** Reads Prometheus' text as a scraper would. */
function samplesOf(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (!name) return [];
    const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label, text]);
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
  });
}

async function scrape(headers: Record<string, string> = {}): Promise<Sample[]> {
  const answer = await app.call('GET', PROMETHEUS, { as: scraper, headers });
  expect(answer.status).toBe(200);
  return samplesOf(answer.text);
}

const sumOf = (samples: Sample[], name: string, wanted: Record<string, string> = {}) =>
  samples
    .filter((one) => one.name === name && Object.entries(wanted).every(([label, value]) => one.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);

describe('metrics', () => {
  it('count every request by its route’s template, method and status, and how long it took', async () => {
    const service = await app.service();
    const before = await scrape();
    const route = { route: '/v1/admin/services/:id/config', method: 'GET' };
    for (let i = 0; i < 7; i++) await app.call('GET', `/v1/admin/services/${service}/config`, { as: scraper });
    for (let i = 0; i < 3; i++) await app.call('GET', `/v1/admin/services/${service}/config`);
    let after: Sample[] = [];
    const grown = (name: string, labels: Record<string, string>) =>
      sumOf(after, name, labels) - sumOf(before, name, labels);
    await until(async () => {
      after = await scrape();
      return grown('steward_http_requests_total', route) === 10;
    }, 'ten requests are counted');
    expect(grown('steward_http_requests_total', { ...route, status: '200' })).toBe(7);
    expect(grown('steward_http_requests_total', { ...route, status: '401' })).toBe(3);
    expect(grown('steward_http_request_duration_seconds_count', route)).toBe(10);
    expect(grown('steward_http_request_duration_seconds_bucket', { ...route, le: '+Inf' })).toBe(10);
    expect(grown('steward_auth_failures_total', { reason: 'token_missing' })).toBe(3);
    expect(grown('steward_database_calls_total', { database: 'postgres', role: 'api', outcome: 'ok' })).toBeGreaterThan(
      0,
    );
    expect(after.filter(({ labels }) => Object.values(labels).some((text) => text.includes(service)))).toEqual([]);
  });

  it('tell apart why a token was refused, and what the gate decided', async () => {
    const before = await scrape();
    const { sub = 's', sid = 'x' } = { sub: scraper.subject, sid: scraper.sessionId };
    const now = Math.floor(Date.now() / 1000);
    const tokens = {
      token_malformed: 'not-a-token',
      token_expired: await app.mint({ sub, sid, exp: now - 3600, nbf: now - 7200, iat: now - 7200 }),
      token_invalid: await app.mint({ sub, sid, aud: 'somebody else' }),
    };
    for (const token of Object.values(tokens)) await app.call('GET', '/v1/admin/me', { as: token });
    await app.call('GET', '/v1/admin/admins', { as: await app.person('gate') });
    const gate = await app.person('gate');
    const check = { serviceId: crypto.randomUUID(), host: 'example.com', ip: '203.0.113.9', method: 'GET', path: '/' };
    await app.call('POST', '/v1/gate/check', { as: gate, body: check });
    let after: Sample[] = [];
    await until(async () => {
      after = await scrape();
      return sumOf(after, 'steward_gate_decisions_total', { reason: 'service_unknown' }) > 0;
    }, 'the gate’s decision is counted');
    for (const reason of [...Object.keys(tokens), 'forbidden'])
      expect(
        sumOf(after, 'steward_auth_failures_total', { reason }) -
          sumOf(before, 'steward_auth_failures_total', { reason }),
        reason,
      ).toBe(1);
  });

  it('keep the route label bounded: 10,000 garbage paths are one series', async () => {
    const { labels } = METRICS.steward_http_requests_total;
    const routesIn = (samples: Sample[]) =>
      new Set(samples.filter(({ name }) => name.startsWith('steward_http_')).map((one) => one.labels[labels.route]));
    const before = await scrape();
    const garbage = (i: number) =>
      [`/${i}`, `/v1/${i}/x`, `/v1/admin/${i}`, `/v1/%00${i}`, `/v1/admin/services/${i}`, `/x?${i}`, `/v1/é${i}`][
        i % 7
      ] as string;
    let asked = 0;
    // Not by fetch, which costs twice as much.
    const agent = new Agent({ keepAlive: true, maxSockets: 25 });
    const ask = (i: number) =>
      new Promise((resolve, reject) => {
        const options = { agent, method: i % 3 === 0 ? 'POST' : 'GET', headers: { Authorization: 'Bearer nobody' } };
        request(new URL(garbage(i), app.worker().url), options, (answer) => answer.resume().on('end', resolve))
          .on('error', reject)
          .end();
      });
    const workers = Array.from({ length: 25 }, async () => {
      while (asked < 10_000) await ask(asked++);
    });
    await Promise.all(workers);
    agent.destroy();
    const known = new Set(
      (app.engines && Object.keys((await app.call('GET', '/v1/openapi.json')).json.paths)) as string[],
    );
    let after: Sample[] = [];
    await until(async () => {
      after = await scrape();
      return sumOf(after, 'steward_http_requests_total') - sumOf(before, 'steward_http_requests_total') >= 10_000;
    }, 'all are counted');
    const template = (path: string) => path.replaceAll(/\{(\w+)\}/g, ':$1');
    const documented = new Set([...known].map(template));
    const unknown = [...routesIn(after)].filter((route) => route !== '(none)' && !documented.has(String(route)));
    const added = [...routesIn(after)].filter((route) => !routesIn(before).has(route));
    console.log(`garbage paths: tried ${asked}, route labels added ${added.length}, unknown labels ${unknown.length}`);
    expect(unknown.filter((route) => !/^\/(v1\/openapi\.json|docs|auth\/|v1\/health\/)/.test(String(route)))).toEqual(
      [],
    );
    expect(added.length).toBeLessThanOrEqual(3);
  });

  it('hold nothing that names anybody or anything', async () => {
    const service = await app.service();
    const canaries = [
      scraper.email,
      scraper.id,
      scraper.sessionId,
      scraper.subject,
      service,
      '203.0.113',
      'canary-name',
    ];
    await app.call('PATCH', `/v1/admin/services/${service}/config`, {
      as: scraper,
      body: { maintenanceMessage: 'canary-name' },
      headers: { 'CF-Connecting-IP': '203.0.113.77', 'X-Request-Id': 'canary-name' },
    });
    await tick();
    const { text } = await app.call('GET', PROMETHEUS, { as: scraper });
    const stored = await app.analytics<{ labels: string; name: string }>(
      `SELECT DISTINCT name, toString(labels) AS labels FROM observability_db.metric_minutes WHERE deployment = '${app.settings.DEPLOYMENT}'`,
    );
    const everything = text + JSON.stringify(stored);
    const found = canaries.filter((canary) => everything.includes(canary));
    console.log(`canaries in metrics: planted ${canaries.length}, found ${found.length}`);
    expect(found).toEqual([]);
    const names = new Set(stored.map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')));
    expect([...names].filter((name) => !(name in METRICS))).toEqual([]);
    expect(names.size).toBeGreaterThan(10);
  });

  it('speak both formats, to nobody without the permission', async () => {
    const open = await app.call('GET', PROMETHEUS, {
      as: scraper,
      headers: { Accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5' },
    });
    expect(open.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(open.text.endsWith('# EOF\n')).toBe(true);
    const plain = await app.call('GET', PROMETHEUS, { as: scraper });
    expect(plain.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect((await app.call('GET', PROMETHEUS)).status).toBe(401);
    expect((await app.call('GET', PROMETHEUS, { as: await app.person('gate') })).status).toBe(403);
    // A grant for one service is none for all of Steward.
    expect((await app.call('GET', PROMETHEUS, { as: await app.person('operator', await app.service()) })).status).toBe(
      404,
    );
  });

  it('say what waits: the outbox, exports, operations, dead letters, queues', async () => {
    const gauges = await scrape();
    for (const name of [
      'steward_outbox_records',
      'steward_outbox_oldest_age_seconds',
      'steward_exports',
      'steward_export_oldest_waiting_age_seconds',
      'steward_operations',
      'steward_dead_letters',
      'steward_queue_messages',
      'steward_queue_oldest_age_seconds',
      'steward_metric_batches_waiting',
    ])
      expect(
        gauges.some((one) => one.name === name),
        name,
      ).toBe(true);
    const letters = (samples: Sample[]) => sumOf(samples, 'steward_dead_letters', { queue: 'exports' });
    await app.db.query(
      `INSERT INTO dead_letters (id, queue, body, attempts) VALUES (gen_random_uuid(), 'exports', '{}', 1)`,
    );
    expect(letters(await scrape()) - letters(gauges)).toBe(1);
    await app.db.query('UPDATE dead_letters SET replayed_at = now()');
    expect(letters(await scrape())).toBe(0);
  });

  it('are kept by the minute and the hour, each minute once, whatever is said twice', async () => {
    const deployment = `deployment = '${app.settings.DEPLOYMENT}'`;
    const stored = async (table: string) =>
      Number(
        (
          await app.analytics<{ n: number }>(
            `SELECT sum(sum) AS n FROM observability_db.metric_${table} WHERE ${deployment} AND name = 'steward_http_requests_total'`,
          )
        )[0]?.n,
      );
    let tries = 0;
    app.clickhouse.decide(({ body }) => {
      const isInsert = body.includes('steward_http_requests_total');
      if (!isInsert) return 'none';
      // Lost after the work, lost before it, then well.
      return (['lose-reply', 'refuse', 'none'] as const)[tries++ % 3] as 'none';
    });
    for (let i = 0; i < 4; i++) {
      for (let n = 0; n < 5; n++) await app.call('GET', '/v1/admin/me', { as: scraper });
      await tick();
    }
    app.clickhouse.decide(() => 'none');
    await tick();
    await until(async () => {
      await tick();
      return sumOf(await scrape(), 'steward_metric_batches_waiting') === 0;
    }, 'every minute is stored');
    const [minutes, hours, total] = [
      await stored('minutes'),
      await stored('hours'),
      sumOf(await scrape(), 'steward_http_requests_total'),
    ];
    console.log(`inserts that failed ${tries}; stored by minute ${minutes}, by hour ${hours}, counted ${total}`);
    expect(tries).toBeGreaterThan(2);
    expect(hours).toBe(minutes);
    // What the last requests added is counted and not yet frozen.
    expect(total - minutes).toBeGreaterThanOrEqual(0);
    expect(total - minutes).toBeLessThan(20);
  });

  it('are read as series', async () => {
    const query = (search: string) => app.call('GET', `/v1/observability/metrics/query?${search}`, { as: scraper });
    const to = new Date(Date.now() + 60_000).toISOString();
    const sum = await query(
      `metric=steward_http_requests_total&stat=sum&by=status&where=route:/v1/admin/me&to=${to}&step=60`,
    );
    expect(sum.status).toBe(200);
    expect(sum.json).toMatchObject({
      kind: 'counter',
      stat: 'sum',
      stepSeconds: 60,
      seriesTotal: sum.json.series.length,
    });
    const ok = sum.json.series.find(({ labels }: { labels: object }) => JSON.stringify(labels) === '{"status":"200"}');
    expect(ok.values.reduce((a: number, b: number) => a + b, 0)).toBeGreaterThanOrEqual(20);
    expect(ok.values.length).toBe((Date.parse(sum.json.range.to) - Date.parse(sum.json.range.from)) / 60_000);
    const latency = await query(`metric=steward_http_request_duration_seconds&stat=p95&to=${to}`);
    expect(
      latency.json.series[0].values.some((value: number | null) => value !== null && value > 0 && value <= 10),
    ).toBe(true);
    const average = await query(`metric=steward_http_request_duration_seconds&stat=avg&to=${to}`);
    expect(average.json.series[0].values.some((value: number | null) => value !== null && value > 0)).toBe(true);
    const gauge = await query(`metric=steward_outbox_records&to=${to}`);
    expect(gauge.json).toMatchObject({ kind: 'gauge', stat: 'avg' });
    const hours = await query(`metric=steward_http_requests_total&stat=sum&step=3600&to=${to}`);
    expect(hours.json.series[0].values.at(-1) + (hours.json.series[0].values.at(-2) ?? 0)).toBeGreaterThan(0);
    const bad = [
      'metric=nothing',
      'metric=steward_outbox_records&stat=p95',
      'metric=steward_outbox_records&by=queue',
      'metric=steward_http_requests_total&where=route',
      'metric=steward_http_requests_total&where=actor:x',
      'metric=steward_http_requests_total&step=90',
      'metric=steward_http_requests_total&from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z',
      'metric=steward_http_requests_total&from=2020-01-01T00:00:00Z&step=60',
      'metric=steward_http_requests_total&from=2020-01-01T00:00:00Z&step=3600',
      'metric=steward_http_requests_total&nonsense=1',
    ];
    const wrong = [];
    for (const search of bad) {
      const { status } = await query(search);
      if (status !== 422 && status !== 400) wrong.push(`${search}: ${status}`);
    }
    console.log(`bad queries: tried ${bad.length}, failed ${wrong.length}`);
    expect(wrong).toEqual([]);
  });

  it('go on while ClickHouse is down: nobody waits for it, and nothing is lost', async () => {
    const before = await scrape();
    // Whoever waited for it now would wait for ever.
    app.clickhouse.decide(() => 'hang');
    try {
      for (let i = 0; i < 30; i++) expect((await app.call('GET', '/v1/admin/me', { as: scraper })).status).toBe(200);
      app.clickhouse.decide(() => 'refuse');
      await tick();
      await until(async () => {
        const during = await scrape();
        const me = { route: '/v1/admin/me' };
        return (
          sumOf(during, 'steward_http_requests_total', me) - sumOf(before, 'steward_http_requests_total', me) === 30 &&
          sumOf(during, 'steward_database_calls_total', { database: 'clickhouse', outcome: 'unreachable' }) +
            sumOf(during, 'steward_database_calls_total', { database: 'clickhouse', outcome: 'failed' }) >
            0 &&
          sumOf(during, 'steward_metric_batches_waiting') > 0
        );
      }, 'requests are counted and a minute waits');
      const query = await app.call('GET', '/v1/observability/metrics/query?metric=steward_outbox_records', {
        as: scraper,
      });
      expect([query.status, query.json.code]).toEqual([503, 'dependency_unavailable']);
    } finally {
      app.clickhouse.decide(() => 'none');
    }
    await tick();
    expect(sumOf(await scrape(), 'steward_metric_batches_waiting')).toBe(0);
    console.log(
      'ClickHouse hanging, then down: requests tried 30, failed or waiting 0; minutes that waited are stored afterwards',
    );
  });

  it('say which source is silent, and go on without it, Postgres too', async () => {
    await scrape();
    app.postgres.decide(() => 'hang');
    try {
      const during = await scrape();
      expect(sumOf(during, 'steward_scrape_source_up', { source: 'postgres' })).toBe(0);
      expect(sumOf(during, 'steward_scrape_source_up', { source: 'counters' })).toBe(1);
      expect(during.some(({ name }) => name === 'steward_outbox_records')).toBe(false);
      expect(sumOf(during, 'steward_http_requests_total')).toBeGreaterThan(0);
    } finally {
      app.postgres.decide(() => 'none');
    }
  });
});
