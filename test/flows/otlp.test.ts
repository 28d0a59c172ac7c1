import { randomUUID } from 'node:crypto';
import { ROOT_CONTEXT, SeverityNumber, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp } from '../app.ts';
import { AGENT, OWNER, SESSION, SITE, signIn } from '../browser-sign-in.ts';
import {
  asBearer,
  delimited,
  eventsOf,
  gzip,
  jsonLog,
  keyValue,
  LOGS,
  NOBODY,
  post,
  protobufLogs,
  sdkMessages,
  stockLogger,
  stockTracer,
  TRACES,
  WIRES,
} from '../otlp.ts';

let app: App;
let service: string;
beforeAll(async () => {
  app = await startApp({ PUBLIC_URL: SITE }, { eventSeconds: 1 });
  service = await app.service();
});
afterAll(() => app.stop());

const JSON_TYPE = { 'content-type': 'application/json' };
const PROTOBUF = { 'content-type': 'application/x-protobuf' };
/** ResourceLogs > ScopeLogs > LogRecord with so many attributes, each `{}`-valued. */
const attributesOnly = (n: number) => {
  const pairs = Array.from({ length: n }, (_, i) => delimited(6, delimited(1, Buffer.from(`a${i}`))));
  return delimited(1, delimited(2, delimited(2, Buffer.concat(pairs))));
};
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';
/** A new session of the same person. */
const anew = async (person: Person): Promise<Person> => {
  const sessionId = randomUUID();
  return { ...person, sessionId, token: await app.mint({ sub: person.subject, sid: sessionId }) };
};

describe("OpenTelemetry's own exporters", () => {
  it('deliver in every encoding, and each record is found as it was sent', async () => {
    const sender = await app.person('telemetry');
    let [records, spans] = [0, 0];
    const people: Person[] = [];
    for (const wire of WIRES) {
      const person = await anew(sender);
      people.push(person);
      const headers = asBearer(person);
      const said = await sdkMessages(async () => {
        const { logger, flush } = stockLogger(app, headers, wire);
        const context = trace.setSpanContext(ROOT_CONTEXT, {
          traceId: TRACE_ID,
          spanId: SPAN_ID,
          traceFlags: TraceFlags.SAMPLED,
        });
        const attributes = { 'app.widget.id': 'save', 'app.screen.coordinate.x': 131, 'steward.service.id': service };
        logger.emit({ eventName: 'app.widget.click', attributes, context, severityNumber: SeverityNumber.INFO });
        for (let i = 0; i < 20; i++)
          logger.emit({
            eventName: 'browser.navigation',
            attributes: { 'url.full': `https://x.example/p/${i}?token=abc` },
          });
        await flush();
        const { tracer, flush: flushSpans } = stockTracer(app, headers, wire);
        const span = tracer.startSpan('GET /v1/admin/me', { kind: SpanKind.CLIENT });
        span.recordException(new TypeError('x is undefined'));
        span.end();
        await flushSpans();
      });
      expect(said.filter((message) => /fail|error|partial/i.test(message))).toEqual([]);
    }
    for (const person of people) {
      const events = await eventsOf(app, person.sessionId, 23);
      expect(events).toHaveLength(23);
      [records, spans] = [records + 21, spans + 1];
      const of = (type: string) => events.filter(({ event_type }) => event_type === type);
      expect(of('app.widget.click')).toMatchObject([
        {
          actor_id: person.id,
          actor_email: person.email,
          actor_role: 'telemetry',
          component_name: 'save',
          service_id: service,
          trace_id: TRACE_ID,
          span_id: SPAN_ID,
          properties: { 'service.name': 'web-admin', 'app.screen.coordinate.x': 131, 'severity.number': 9 },
        },
      ]);
      expect(of('app.widget.click')[0]?.user_agent).toMatch(/OTel-OTLP-Exporter-JavaScript/);
      expect(
        of('browser.navigation')
          .map(({ page_path }) => page_path)
          .toSorted(),
      ).toEqual(Array.from({ length: 20 }, (_, i) => `/p/${i}`).toSorted());
      expect(JSON.stringify(events)).not.toMatch(/token=abc|ada-laptop/);
      expect(of('exception')).toMatchObject([
        { component_name: 'TypeError', properties: { 'exception.message': 'x is undefined' } },
      ]);
      expect(of('span')).toMatchObject([{ component_name: 'GET /v1/admin/me', properties: { 'span.kind': 'client' } }]);
      expect(of('span')[0]?.trace_id).toBe(of('exception')[0]?.trace_id);
      for (const { id, timestamp } of events)
        expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(
          Date.parse(`${timestamp.replace(' ', 'T')}Z`),
        );
    }
    console.log(
      `stock exporters: ${WIRES.length} encodings × logs and traces, ${records} records and ${spans} spans sent, all found`,
    );
  });

  it('are told to come again while a dependency is away', async () => {
    const person = await app.person('telemetry');
    app.postgres.decide(() => 'error');
    try {
      const answer = await post(app, LOGS, await protobufLogs([{ body: 'x' }]), { ...PROTOBUF, ...asBearer(person) });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([503, 'application/x-protobuf']);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.text).toContain('DEPENDENCY_UNAVAILABLE');
    } finally {
      app.postgres.decide(() => 'none');
    }
  });
});

// Most of what follows is waiting: for a budget, and for events.
describe.concurrent("OpenTelemetry's own exporters with a budget", () => {
  it('come again when they are told to wait, and lose nothing', async () => {
    const limited = await startApp({ OTLP_RATE_LIMIT: '1;w=2', API_RATE_LIMIT: '3;w=3600' }, { eventSeconds: 1 });
    try {
      const person = await limited.person('telemetry');
      const { logger, flush } = stockLogger(limited, asBearer(person), { encoding: 'protobuf', compression: 'gzip' });
      logger.emit({ eventName: 'first' });
      await flush();
      const refused = await post(limited, LOGS, '{}', { ...JSON_TYPE, ...asBearer(person) });
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(refused.headers.get('ratelimit-policy')).toBe('"telemetry";q=1;w=2');
      expect(JSON.parse(refused.text)).toMatchObject({ code: 8, details: [{ reason: 'RATE_LIMITED' }] });
      const second = stockLogger(limited, asBearer(person), { encoding: 'json', compression: 'none' });
      second.logger.emit({ eventName: 'second' });
      await second.flush();
      const events = await eventsOf(limited, person.sessionId, 2);
      expect(events.map(({ event_type }) => event_type)).toEqual(['first', 'second']);
      // What the admin works with has a budget of its own.
      for (let i = 0; i < 3; i++) expect((await limited.call('GET', '/v1/admin/me', { as: person })).status).toBe(200);
      expect((await limited.call('GET', '/v1/admin/me', { as: person })).status).toBe(429);
      console.log('stock exporters: 1 refused with 429, sent again, 2 of 2 found');
    } finally {
      await limited.stop();
    }
  });
});

describe.concurrent('a signed-in browser', () => {
  it('reports about itself with its cookie, as sendBeacon does, and about nobody else', async () => {
    const browser = await signIn(app);
    const cookie = `${SESSION}=${browser.cookie(SESSION)}`;
    const { rows } = await app.db.query(
      `SELECT s.id, a.id AS actor FROM admin_sessions s JOIN admins a ON a.id = s.admin_id WHERE a.subject = $1 ORDER BY s.created_at DESC LIMIT 1`,
      [OWNER],
    );
    const beacon = {
      cookie,
      origin: SITE,
      'sec-fetch-site': 'same-origin',
      'sec-fetch-mode': 'no-cors',
      'user-agent': AGENT,
    };
    const claims = ['enduser.id', 'user.email', 'actor_email', 'session.id'].map((key) =>
      keyValue(key, 'someone-else'),
    );
    const body = jsonLog({
      eventName: 'admin.search',
      attributes: [keyValue('admin.search.name', 'audit'), ...claims],
    });
    const answer = await post(app, LOGS, body, { ...JSON_TYPE, ...beacon, 'cf-connecting-ip': '203.0.113.9' });
    expect([answer.status, answer.text, answer.headers.get('content-type')]).toEqual([200, '{}', 'application/json']);
    const [event] = await eventsOf(app, rows[0].id, 1);
    expect(event).toMatchObject({
      actor_id: rows[0].actor,
      actor_email: 'owner@steward.local',
      actor_role: 'owner',
      component_name: 'audit',
      user_agent: AGENT,
      properties: { 'enduser.id': 'someone-else' },
    });
    expect(event?.ip_address).toMatch(/203\.0\.113\.0$/);

    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: '' },
      { 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of foreign) {
      const refused = await post(app, LOGS, body, { ...JSON_TYPE, ...beacon, ...headers });
      expect([headers, refused.status, JSON.parse(refused.text).details[0].reason]).toEqual([
        headers,
        403,
        'FOREIGN_ORIGIN',
      ]);
    }
    const plain = await post(app, LOGS, body, { ...beacon, 'content-type': 'text/plain' });
    expect([plain.status, plain.headers.get('content-type')]).toEqual([415, 'application/problem+json']);
    expect(await eventsOf(app, rows[0].id, 1)).toHaveLength(1);
    console.log(`browser: 1 accepted, ${foreign.length + 1} from elsewhere or of another type refused`);
  });
});

describe.concurrent('who may send', () => {
  it('needs telemetry.write with a token, and reaches only the services it has it for', async () => {
    const viewer = await app.person('viewer');
    for (const type of [JSON_TYPE, PROTOBUF]) {
      const refused = await post(app, LOGS, type === JSON_TYPE ? '{}' : new Uint8Array(), {
        ...type,
        ...asBearer(viewer),
      });
      expect([refused.status, refused.headers.get('content-type')]).toEqual([403, type['content-type']]);
      expect(refused.text).toContain('telemetry.write');
    }
    const nobody = await post(app, TRACES, '{}', JSON_TYPE);
    expect([nobody.status, nobody.headers.get('www-authenticate')?.slice(0, 6)]).toEqual([401, 'Bearer']);
    expect((await post(app, '/v1/otlp/v1/metrics', '{}', { ...JSON_TYPE, ...asBearer(viewer) })).status).toBe(404);

    const [own, elsewhere] = [await app.service(), await app.service()];
    const machine = await app.person('telemetry', own);
    const about = (id: string) => jsonLog({ eventName: id }, [keyValue('steward.service.id', id)]);
    for (const id of [own, elsewhere, randomUUID(), 'no-uuid'])
      expect((await post(app, LOGS, about(id), { ...JSON_TYPE, ...asBearer(machine) })).status).toBe(200);
    const events = await eventsOf(app, machine.sessionId, 4);
    expect(
      events.map(({ event_type, service_id }) => [event_type === own, service_id === own, service_id === NOBODY]),
    ).toEqual(
      expect.arrayContaining([
        [true, true, false],
        [false, false, true],
        [false, false, true],
        [false, false, true],
      ]),
    );
  });
});

describe.concurrent('answers', () => {
  it('say in both encodings how many records were refused and why, and the others are stored', async () => {
    const person = await app.person('telemetry');
    const headers = asBearer(person);
    // The SDK keeps at most 128 attributes a record: this one is written by hand.
    const large = attributesOnly(129);
    const binary = Buffer.concat([await protobufLogs([{ eventName: 'kept' }]), large]);
    const inProtobuf = await post(app, LOGS, gzip(binary), { ...PROTOBUF, ...headers, 'content-encoding': 'gzip' });
    expect([inProtobuf.status, inProtobuf.headers.get('content-type')]).toEqual([200, 'application/x-protobuf']);
    expect([...inProtobuf.bytes.subarray(0, 4)]).toEqual([0x0a, inProtobuf.bytes.length - 2, 0x08, 1]);
    expect(inProtobuf.text).toContain('1 with more than 128 attributes');
    const spans = {
      resourceSpans: [
        { scopeSpans: [{ spans: [{ name: 'no ids' }, { traceId: TRACE_ID, spanId: SPAN_ID, name: 'kept' }] }] },
      ],
    };
    const inJson = await post(app, TRACES, JSON.stringify(spans), { ...JSON_TYPE, ...headers });
    expect([inJson.status, JSON.parse(inJson.text)]).toEqual([
      200,
      { partialSuccess: { rejectedSpans: '1', errorMessage: 'Not taken: 1 with no valid trace id and span id.' } },
    ]);
    const events = await eventsOf(app, person.sessionId, 2);
    expect(events.map(({ event_type, component_name }) => event_type + component_name).toSorted()).toEqual([
      'kept',
      'spankept',
    ]);
    for (const [type, body] of [
      [JSON_TYPE, '{}'],
      [PROTOBUF, new Uint8Array()],
    ] as const) {
      const empty = await post(app, LOGS, body, { ...type, ...headers });
      expect([empty.status, empty.text]).toEqual([200, type === JSON_TYPE ? '{}' : '']);
    }
  });
});
