import fc from 'fast-check';
import { v7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { uiEventRow } from '../../queues/messages.ts';
import { createRedactor } from '../audit/redact.ts';
import { admit } from './admit.ts';
import { type Attributes, newLogRecord, newSpan, newSpanEvent } from './otlp-model.ts';
import { telemetry as anyTelemetry, IDS, logs } from './otlp-testing.ts';
import { boundedRow } from './pack-rows.ts';
import { redactTelemetry } from './redact-telemetry.ts';
import { toEvents } from './to-events.ts';

const redact = createRedactor();
const ctx = {
  caller: { subject: 'ada', sessionId: 's-1', issuedAt: 0, expiresAt: 0 },
  origin: { requestId: 'r-1', traceId: 't-1', traceparent: '', ipAddress: '::', userAgent: '' },
  redact,
  now: () => Date.UTC(2026, 10, 22),
  newId: () => v7(),
};
const sender = {
  standing: { adminId: null, email: '', name: '', status: 'active' as const, notBefore: null, grants: [] },
  permissions: [],
};

describe('whatever comes', () => {
  it('becomes rows a message can carry, with JSON of at most 16 KiB, and no more of it than was admitted', () => {
    let rows = 0;
    fc.assert(
      fc.property(anyTelemetry, (each) => {
        for (const row of toEvents(ctx, sender, redactTelemetry(redact, admit(each).telemetry))) {
          rows++;
          expect(uiEventRow.parse(row)).toEqual(row);
          expect(boundedRow(row)).toEqual(row);
          expect(typeof JSON.parse(row.properties)).toBe('object');
        }
      }),
      { seed: 20_261_122, numRuns: 300 },
    );
    expect(rows).toBeGreaterThan(100);
  });

  it('is cut where it is long, and says so', () => {
    const long = (n: number) => 'ab"🎉'.repeat(n);
    const attributes = Object.fromEntries(
      Array.from({ length: 128 }, (_, i) => [`key.${i}.${'k'.repeat(i * 10)}`, long(i * 50)]),
    );
    const record = { eventName: long(1000), severityText: long(1000), body: long(100_000), attributes };
    const [row] = toEvents(ctx, sender, redactTelemetry(redact, logs([record], { 'service.name': long(10_000) })));
    if (!row) throw new Error('no row');
    expect(new TextEncoder().encode(row.properties).length).toBeLessThanOrEqual(16_384);
    expect(boundedRow(row)).toEqual(row);
    const properties = JSON.parse(row.properties);
    expect(properties.body).toMatch(/…\[cut\]$/);
    expect(properties['dropped.attributes']).toBeGreaterThan(0);
    expect(row.event_type.length).toBeLessThan(300);
    expect(row.properties.isWellFormed()).toBe(true);
    // A list of small numbers has no text to cut.
    const numbers = {
      attributes: { list: Array.from({ length: 50_000 }, (_, i) => i), kept: 'yes' },
      body: Array(9000).fill(1),
    };
    const [second] = toEvents(ctx, sender, redactTelemetry(redact, logs([numbers])));
    expect(JSON.parse(second?.properties ?? '')).toEqual({ kept: 'yes', 'dropped.attributes': 1 });
  });
});

describe('redaction', () => {
  it('reaches every text of a payload, in what is stored and in what is forwarded', () => {
    const secret = 'AKIAIOSFODNN7EXAMPLE';
    const card = '4111 1111 1111 1111';
    const url = `https://u:p4ssw0rdp4ss@a.example/x?token=${secret}`;
    const text = `${secret} ${card} see ${url}, at fn (https://cdn.example/app.js?v=${secret}:12:5)`;
    const attributes: Attributes = {
      [secret]: text,
      list: [text, { deep: text }],
      password: 'hunter2',
      json: `{"apiKey":"hunter2"}`,
      'url.full': url,
    };
    const everywhere = {
      resource: attributes,
      resourceSchemaUrl: url,
      scope: { name: text, version: text, attributes },
      schemaUrl: url,
    };
    const record = { ...newLogRecord(), body: attributes, attributes, eventName: text, severityText: text };
    const span = {
      ...newSpan(),
      ...IDS,
      name: text,
      traceState: text,
      statusMessage: text,
      attributes,
      events: [{ ...newSpanEvent(), name: text, attributes }],
    };
    for (const telemetry of [
      { signal: 'logs' as const, groups: [{ ...everywhere, items: [record] }] },
      { signal: 'traces' as const, groups: [{ ...everywhere, items: [span] }] },
    ]) {
      const clean = redactTelemetry(redact, telemetry);
      const all = JSON.stringify([clean, toEvents(ctx, sender, clean)], (_, value) =>
        typeof value === 'bigint' ? String(value) : value,
      );
      for (const planted of [secret, card, 'hunter2', 'p4ssw0rdp4ss', 'token=', '?v='])
        expect([planted, all.includes(planted)]).toEqual([planted, false]);
      expect(all).toContain('https://cdn.example/app.js:12:5');
    }
  });

  it('leaves what is ordinary as it is', () => {
    const ordinary: Attributes = {
      'session.id': '0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001',
      'browser.brands': ['Chromium 131', 'Not A;Brand 99'],
      'user_agent.version': '131.0.0.0',
      'exception.stacktrace':
        'TypeError: x\n    at f (https://admin.example/assets/index-a1b2.js:10:33)\n    at https://admin.example/:1:2',
      'app.screen.coordinate.x': 131,
      'http.response.status_code': 404,
      note: 'see https://docs.example/a/b?page=2.',
    };
    const clean = redactTelemetry(redact, logs([{ attributes: ordinary, body: 'Saved "Köln" (3 of 4)' }]));
    expect(clean.groups[0]?.items[0]).toMatchObject({ attributes: ordinary, body: 'Saved "Köln" (3 of 4)' });
  });
});
