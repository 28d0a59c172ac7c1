import { v7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { timeOfId } from '../access/caller.ts';
import type { Standing } from '../access/standing.ts';
import { createRedactor } from '../audit/redact.ts';
import { type Attributes, type LogRecord, newSpanEvent, type Span } from './otlp-model.ts';
import { IDS, logs, spans } from './otlp-testing.ts';
import { redactTelemetry } from './redact-telemetry.ts';
import { toEvents } from './to-events.ts';

const NOW = Date.UTC(2026, 10, 22, 9, 0, 0, 500);
const NOBODY = '00000000-0000-0000-0000-000000000000';
const SERVICE = '0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001';
const OTHER = '0199aaaa-bbbb-7ccc-8ddd-eeeeffff0002';
const redact = createRedactor();
const ctx = {
  caller: { subject: 'ada', sessionId: 's-1', issuedAt: 0, expiresAt: 0 },
  origin: {
    requestId: 'r-1',
    traceId: 't-1',
    traceparent: '',
    ipAddress: '::ffff:203.0.113.0',
    userAgent: 'Agent/1 Bearer abcdefgh12345678',
  },
  redact,
  now: () => NOW,
  newId: () => v7(),
};
const standing: Standing = {
  adminId: '0199aaaa-bbbb-7ccc-8ddd-eeeeffff00aa',
  email: 'ada@example.com',
  name: 'Ada',
  status: 'active',
  notBefore: null,
  grants: [
    { serviceId: SERVICE, role: 'telemetry', permissions: ['telemetry.write'] },
    { serviceId: OTHER, role: 'viewer', permissions: ['services.view'] },
  ],
};
const sender = { standing, permissions: [] };
const nano = (ms: number) => BigInt(ms) * 1_000_000n;

const rowOf = (record: Partial<LogRecord>, resource: Attributes = {}) => {
  const [row] = toEvents(ctx, sender, redactTelemetry(redact, logs([record], resource)));
  if (!row) throw new Error('no row');
  return { ...row, properties: JSON.parse(row.properties) as Attributes };
};

describe('a log record', () => {
  it('becomes a row of who sent it, whoever it says it is from', () => {
    const claims = {
      'enduser.id': 'root',
      'session.id': 'theirs',
      'client.address': '198.51.100.77',
      'user.email': 'eve@example.com',
      actor_id: SERVICE,
    };
    const row = rowOf({
      eventName: 'app.widget.click',
      attributes: { ...claims, 'app.widget.id': 'save' },
      time: nano(NOW - 5),
      ...IDS,
    });
    expect(row).toMatchObject({
      timestamp: '2026-11-22 09:00:00.495',
      session_id: 's-1',
      actor_id: standing.adminId,
      actor_email: 'ada@example.com',
      actor_role: 'telemetry',
      event_type: 'app.widget.click',
      component_name: 'save',
      user_agent: 'Agent/1 [redacted]',
      ip_address: '::ffff:203.0.113.0',
      service_id: NOBODY,
      trace_id: IDS.traceId,
      span_id: IDS.spanId,
    });
    expect(row.properties).toMatchObject({ 'enduser.id': 'root', 'session.id': 'theirs', 'app.widget.id': 'save' });
    expect(JSON.stringify(row.properties)).not.toContain('198.51.100.77');
    expect(JSON.stringify(row.properties)).not.toContain('eve@example.com');
  });

  it.each<[string, Attributes, string, string]>([
    ['app.widget.click', { 'app.widget.id': 'w-1', 'app.widget.name': 'Save' }, 'Save', ''],
    ['app.screen.click', { 'app.screen.id': 'home' }, 'home', ''],
    [
      'browser.navigation',
      { 'url.full': 'https://admin.example/services/7?tab=audit&token=abc#x' },
      '',
      '/services/7?tab=audit',
    ],
    [
      'browser.page_view',
      { 'browser.page_view.name': '/services/:id', 'url.full': 'https://admin.example' },
      '/services/:id',
      '/',
    ],
    [
      'browser.web_vital',
      { 'browser.web_vital.name': 'lcp', 'browser.document.url.full': 'https://a.example/x?k=1' },
      'lcp',
      '/x',
    ],
    ['browser.user_action.click', { 'browser.css_selector': 'html > body > button' }, 'html > body > button', ''],
    ['browser.resource_timing', { 'url.full': 'https://cdn.example/a.js' }, '', ''],
    [
      'admin.form.submit',
      { 'admin.form.name': 'config', 'page.path': '/services/7/config?q=1' },
      'config',
      '/services/7/config',
    ],
    ['admin.search', { 'component.name': 'AuditSearch', 'url.path': '/audit' }, 'AuditSearch', '/audit'],
    ['session.start', { 'session.id': 's' }, '', ''],
    ['session.end', { 'session.id': 's' }, '', ''],
    ['exception', { 'exception.type': 'TypeError', 'url.full': 'http://admin.example/a' }, 'TypeError', '/a'],
    ['something.of.tomorrow', { 'app.widget.id': 'w', 'exception.type': 'T' }, 'w', ''],
    ['constructor', {}, '', ''],
  ])('%s: component and page', (eventName, attributes, component, page) => {
    const row = rowOf({ eventName, attributes });
    expect([row.event_type, row.component_name, row.page_path]).toEqual([eventName, component, page]);
  });

  it('without a name is a log, with its body; a name may be an attribute, as it was once', () => {
    const plain = rowOf({ body: 'It works', severityText: 'INFO', severityNumber: 9 });
    expect([plain.event_type, plain.properties]).toEqual([
      'log',
      { body: 'It works', 'severity.text': 'INFO', 'severity.number': 9 },
    ]);
    const once = rowOf({ attributes: { 'event.name': 'exception' }, body: { 'exception.type': 'E' } });
    expect([once.event_type, once.properties]).toEqual(['exception', { body: { 'exception.type': 'E' } }]);
  });

  it('keeps which application and browser it came from, and nothing else of its resource', () => {
    const resource = {
      'service.name': 'web-admin',
      'service.version': '1.2',
      'browser.mobile': false,
      'host.name': 'h',
      'process.pid': 1,
    };
    const row = rowOf({ attributes: { a: 1, 'service.version': '1.3' } }, resource);
    expect(row.properties).toEqual({
      'service.name': 'web-admin',
      'service.version': '1.3',
      'browser.mobile': false,
      a: 1,
    });
  });

  it('may name a service that the sender reaches, and no other', () => {
    const named = (
      attributes: Attributes,
      permissions: 'telemetry.write'[] = [],
      resource: Attributes = {},
      grants = standing.grants,
    ) =>
      toEvents(ctx, { standing: { ...standing, grants }, permissions }, logs([{ attributes }], resource)).map((row) => [
        row.service_id,
        row.actor_role,
      ]);
    const at = (id: string) => ({ 'steward.service.id': id });
    expect(named(at(SERVICE))).toEqual([[SERVICE, 'telemetry']]);
    expect(named(at(OTHER.toUpperCase()))).toEqual([[OTHER, 'viewer']]);
    expect(named({}, [], at(SERVICE))).toEqual([[SERVICE, 'telemetry']]);
    // What a token is trusted with is telemetry.write, and only where it has that.
    expect(named(at(OTHER), ['telemetry.write'])).toEqual([[NOBODY, 'telemetry']]);
    for (const id of ['0199aaaa-bbbb-7ccc-8ddd-eeeeffff0003', 'x', '', `${SERVICE}x`])
      expect([id, named(at(id))]).toEqual([id, [[NOBODY, 'telemetry']]]);
    const everywhere = [{ serviceId: null, role: 'owner', permissions: [] }];
    expect(named(at(OTHER), [], {}, everywhere)).toEqual([[OTHER, 'owner']]);
    expect(named(at('x'), [], {}, everywhere)).toEqual([[NOBODY, 'owner']]);
  });
});

describe('a span', () => {
  it('becomes a row, and each of its events another one', () => {
    const span: Partial<Span> = {
      name: 'GET',
      kind: 3,
      start: nano(NOW - 1000),
      end: nano(NOW - 1000) + 12_345_678n,
      parentSpanId: 'aaaaaaaaaaaaaaaa',
      statusCode: 2,
      statusMessage: 'failed',
      attributes: {
        'url.full': 'https://api.example/v1/x?token=abc',
        'browser.document.url.full': 'https://admin.example/audit',
      },
      events: [
        { ...newSpanEvent(), time: nano(NOW - 990), name: 'exception', attributes: { 'exception.type': 'TypeError' } },
        { ...newSpanEvent(), time: nano(NOW - 980), name: 'retry' },
      ],
    };
    const rows = toEvents(ctx, sender, redactTelemetry(redact, spans([span], { 'service.name': 'web-admin' })));
    const both = { trace_id: IDS.traceId, span_id: IDS.spanId, page_path: '/audit' };
    expect(rows).toMatchObject([
      { event_type: 'span', component_name: 'GET', timestamp: '2026-11-22 08:59:59.500', ...both },
      { event_type: 'exception', component_name: 'TypeError', timestamp: '2026-11-22 08:59:59.510', ...both },
      { event_type: 'retry', component_name: 'GET', timestamp: '2026-11-22 08:59:59.520', ...both },
    ]);
    expect(rows.map(({ properties }) => JSON.parse(properties))).toEqual([
      {
        'service.name': 'web-admin',
        'url.full': 'https://api.example/v1/x',
        'browser.document.url.full': 'https://admin.example/audit',
        'span.kind': 'client',
        'span.parent_id': 'aaaaaaaaaaaaaaaa',
        'span.status': 'error',
        'span.status_message': 'failed',
        'span.duration_ms': 12.345678,
      },
      { 'service.name': 'web-admin', 'exception.type': 'TypeError', 'span.name': 'GET' },
      { 'service.name': 'web-admin', 'span.name': 'GET' },
    ]);
  });
});

describe('the time of an event', () => {
  const at = (ms: number, observed = 0) => {
    const row = rowOf({ time: ms < 0 ? 0n : nano(ms), observedTime: nano(observed) });
    return [row.timestamp, row.properties['client.timestamp']];
  };

  it("is the client's within the last 24 hours, else the server's, with the client's word beside it", () => {
    expect(at(NOW)).toEqual(['2026-11-22 09:00:00.500', undefined]);
    expect(at(NOW - 86_400_000)).toEqual(['2026-11-21 09:00:00.500', undefined]);
    expect(at(NOW - 86_400_001)).toEqual(['2026-11-22 09:00:00.500', '2026-11-21T09:00:00.499Z']);
    expect(at(NOW + 1)).toEqual(['2026-11-22 09:00:00.500', '2026-11-22T09:00:00.501Z']);
    expect(at(NOW + 3_600_000)).toEqual(['2026-11-22 09:00:00.500', '2026-11-22T10:00:00.500Z']);
    expect(at(-1)).toEqual(['2026-11-22 09:00:00.500', undefined]);
    expect(at(-1, NOW - 7)).toEqual(['2026-11-22 09:00:00.493', undefined]);
    expect(at(1)).toEqual(['2026-11-22 09:00:00.500', '1970-01-01T00:00:00.001Z']);
    const farthest = rowOf({ time: 0xffff_ffff_ffff_ffffn });
    expect(farthest.properties['client.timestamp']).toBe('2554-07-21T23:34:33.709Z');
  });

  it('is exactly the milliseconds of its id, and ids of one millisecond are different', () => {
    const items = Array.from({ length: 5000 }, (_, i) => ({ time: nano(NOW - (i % 3)) }));
    const rows = toEvents(ctx, sender, logs(items));
    expect(new Set(rows.map(({ id }) => id)).size).toBe(5000);
    for (const row of rows)
      expect(timeOfId(row.id).toISOString().replace('T', ' ').replace('Z', '')).toBe(row.timestamp);
  });
});
