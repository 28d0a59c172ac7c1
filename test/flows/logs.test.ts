import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { queued } from '../broker.ts';
import { brokenOf, type LogLine, linesOf } from '../log-lines.ts';

let app: App;
let owner: Person;
let service: string;
beforeAll(async () => {
  app = await startApp({}, { broker: true });
  owner = await app.person('owner');
  service = await app.service();
  // From here on the guard knows them: what is refused below is refused by the routes.
  expect((await app.call('GET', '/v1/admin/me', { as: owner })).status).toBe(200);
});
afterAll(() => app.stop());

/** The lines of one request, once its own is there. */
async function linesFor(requestId: string): Promise<LogLine[]> {
  const own = () => linesOf(app).filter((line) => line.requestId === requestId);
  await until(async () => own().some(({ msg }) => msg === 'request'), `a line of ${requestId}`, 5000);
  return own();
}

async function asked(method: string, path: string, o: Parameters<App['call']>[2] = {}): Promise<LogLine[]> {
  const requestId = randomUUID();
  const answer = await app.call(method, path, { ...o, headers: { ...o.headers, 'X-Request-Id': requestId } });
  expect(answer.headers.get('x-request-id')).toBe(requestId);
  return linesFor(requestId);
}

describe('a request', () => {
  it('has one line, with its route as it is declared', async () => {
    const cases = [
      ['GET', `/v1/admin/services/${service}`, owner, ['info', '/v1/admin/services/:id', 200, 'ok', undefined]],
      [
        'GET',
        `/v1/admin/services/${randomUUID()}`,
        owner,
        ['info', '/v1/admin/services/:id', 404, 'client_error', 'not_found'],
      ],
      [
        'GET',
        '/v1/admin/services?unknown=1',
        owner,
        ['info', '/v1/admin/services', 400, 'client_error', 'unknown_parameter'],
      ],
      ['GET', '/v1/admin/services', undefined, ['warn', '/v1/admin/services', 401, 'client_error', 'unauthenticated']],
      ['GET', '/v1/secret-path-that-is-none', owner, ['info', '(none)', 404, 'client_error', 'not_found']],
    ] as const;
    for (const [method, path, as, [level, route, status, outcome, errorCode]] of cases) {
      const lines = await asked(method, path, as ? { as } : {});
      expect(lines).toEqual([
        {
          level,
          msg: 'request',
          time: expect.stringMatching(/Z$/),
          requestId: expect.any(String),
          traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
          route,
          method,
          status,
          outcome,
          durationMs: expect.any(Number),
          ...(errorCode && { errorCode }),
        },
      ]);
    }
    expect(app.log.join('\n')).not.toContain('secret-path-that-is-none');
    console.log(`request lines: tried ${cases.length}, wrong 0`);
  });

  it('that fails has its causes in its line', async () => {
    app.postgres.decide(() => 'error');
    const lines = await asked('GET', `/v1/admin/services/${service}/features`, { as: owner });
    app.postgres.decide(() => 'none');
    expect(lines.length).toBe(1);
    expect(lines[0]).toMatchObject({
      level: 'error',
      route: '/v1/admin/services/:id/features',
      status: 503,
      outcome: 'server_error',
      errorCode: 'dependency_unavailable',
      error: { name: 'NeonDbError', message: 'Server error (HTTP status 500)', stack: expect.stringMatching(/^at /) },
    });
  });

  it('of a probe or of the gate has none while it goes well', async () => {
    const from = app.log.length;
    const gate = await app.person('gate');
    const body = { serviceId: service, host: 'x.example.com', ip: '203.0.113.9', method: 'GET', path: '/' };
    for (let i = 0; i < 20; i++) {
      expect((await app.call('GET', '/v1/health/live')).status).toBe(200);
      expect((await app.call('POST', '/v1/gate/check', { as: gate, body })).status).toBe(200);
    }
    await asked('GET', '/v1/admin/me', { as: owner });
    const routes = linesOf(app, from).map(({ route }) => route);
    expect(routes.filter((route) => route === '/v1/health/live' || route === '/v1/gate/check')).toEqual([]);
    expect(routes).toContain('/v1/admin/me');
  });
});

describe('what is not asked for by anybody', () => {
  it('has its line too: a message of a queue, with what became of it', async () => {
    const from = app.log.length;
    const sent = [
      ['audit-outbox', queued({ v: 1, kind: 'audit.drain' }, 'm-ack'), 'ack', 'info'],
      ['exports', queued({ v: 9 }, 'm-dead'), 'dead', 'error'],
      ['exports-dlq', queued({ v: 9 }, 'm-letter'), 'ack', 'info'],
    ] as const;
    for (const [queue, message] of sent) await app.broker.deliver([message], { queue, attempts: 3 });
    app.postgres.decide(() => 'refuse');
    await app.broker.deliver([queued({ v: 9 }, 'm-retry')], { queue: 'exports' });
    app.postgres.decide(() => 'none');
    const lines = linesOf(app, from).filter(({ msg }) => msg === 'message');
    for (const [queue, { id }, outcome, level] of sent)
      expect(lines.filter((line) => line.id === id)).toEqual([
        expect.objectContaining({ level, queue, outcome, attempts: 3, durationMs: expect.any(Number) }),
      ]);
    expect(lines.find(({ id }) => id === 'm-retry')).toMatchObject({ level: 'warn', outcome: 'retry', attempts: 1 });
  });

  it('and a run of the cron, with each of its sweeps', async () => {
    const from = app.log.length;
    await app.worker().scheduled('* * * * *');
    app.postgres.decide(() => 'refuse');
    await app.worker().scheduled('* * * * *');
    app.postgres.decide(() => 'none');
    const runs = linesOf(app, from).filter(({ msg }) => msg === 'cron run');
    expect(runs.map(({ level, outcome }) => [level, outcome])).toEqual([
      ['info', 'ok'],
      ['error', 'failed'],
    ]);
    for (const { sweeps } of runs)
      expect(sweeps).toMatchObject({ outbox: { outcome: expect.any(String), durationMs: expect.any(Number) } });
    expect(Object.keys(runs[0]?.sweeps as object).length).toBeGreaterThanOrEqual(9);
    const failed = linesOf(app, from).filter(({ msg }) => msg === 'sweep failed');
    expect(failed.length).toBe(runs[1]?.failed);
    expect(new Set(failed.map(({ sweep }) => sweep)).size).toBe(failed.length);
  });
});

/** What ends a line, moves a cursor or turns the reading direction in some viewer. */
const NASTY = [
  '\r\n',
  '\n',
  '\r',
  '\u0000',
  '\b',
  '\u000b',
  '\u000c',
  '\u001b[31m',
  '\u007f',
  '\u0085',
  '\u009b31m',
  '\u2028',
  '\u2029',
  '\u202e',
  '\u202a',
  '\u2066',
  '\u2069',
];

/** An answer of Postgres, as its HTTP front words it. */
const refusal = (fields: Record<string, string>) => ({ status: 400, reply: JSON.stringify(fields) });

describe('lines with CR LF, ESC, U+2028 or U+202E', () => {
  it('stay one line, wherever these came from', async () => {
    const from = app.log.length;
    let tried = 0;
    let arrived = 0;
    for (const nasty of NASTY) {
      const marker = `n${tried}n`;
      const text = `${marker}${nasty}{"level":"error","msg":"forged"}${nasty}`;
      const path = `/v1/admin/services/${encodeURIComponent(text)}`;
      await app.call('GET', `${path}?q=${encodeURIComponent(text)}`, { as: owner });
      await app.call('PATCH', `/v1/admin/services/${service}`, { as: owner, body: { [text]: text, name: text } });
      // A message of a queue is whatever somebody put back or sent by hand.
      await app.broker.deliver([queued({ replayOf: text }, text)], { queue: 'exports-dlq' });
      await app.broker.deliver([queued({ replayOf: text }, text)], { queue: 'notifications' });
      app.postgres.decide(() => refusal({ message: text, code: '42P01', table: text, column: text, routine: text }));
      await app.call('GET', `/v1/admin/services/${service}/features`, { as: owner });
      app.postgres.decide(() => 'none');
      app.clickhouse.decide(() => ({ status: 500, reply: `Code: 60. DB::Exception: ${text} (UNKNOWN_TABLE)` }));
      await app.call('GET', '/v1/audit/logs', { as: owner });
      app.clickhouse.decide(() => 'none');
      tried += 6;
      arrived += linesOf(app, from).filter((line) => JSON.stringify(line).includes(marker)).length;
    }
    const broken = brokenOf(app, from);
    console.log(`log lines: tried ${tried}, written ${app.log.length - from}, failed ${broken.length}`);
    expect(broken).toEqual([]);
    expect(linesOf(app, from).filter(({ msg }) => msg === 'forged')).toEqual([]);
    // What was planted came as far as the log: otherwise no line says anything.
    expect(arrived).toBeGreaterThanOrEqual(3 * NASTY.length);
  });
});

describe('levels', () => {
  it('come by configuration: of traces that were drawn all lines, of others those of the level', async () => {
    const chosen = await startApp({ LOG_LEVEL: 'error', LOG_DEBUG_PERCENT: '50' });
    try {
      const traces = { drawn: `${'a'.repeat(24)}00000000`, other: `${'b'.repeat(24)}ffffffff` };
      for (const traceId of Object.values(traces)) {
        const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
        for (let i = 0; i < 10; i++) {
          expect((await chosen.call('GET', '/v1/health/live', { headers })).status).toBe(200);
          expect((await chosen.call('GET', '/v1/admin/me', { headers })).status).toBe(401);
        }
      }
      const levels = () => linesOf(chosen).map(({ traceId, level }) => [traceId, level].join(' '));
      await until(async () => levels().length >= 20, 'the lines of the drawn trace');
      const expected = ['debug', 'warn'].flatMap((level) => new Array(10).fill(`${traces.drawn} ${level}`));
      expect(levels().sort()).toEqual(expected);
      console.log('levels: tried 40 requests of 2 traces, written 20 of the one, 0 of the other');
    } finally {
      await chosen.stop();
    }
  });
});
