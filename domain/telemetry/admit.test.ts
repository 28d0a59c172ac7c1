import { describe, expect, it } from 'vitest';
import { admit } from './admit.ts';
import { MAX_ATTRIBUTES, MAX_EVENTS } from './otlp-limits.ts';
import { newSpanEvent } from './otlp-model.ts';
import { logs, spans } from './otlp-testing.ts';

describe('partial success', () => {
  const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`a${i}`, i]));

  it('takes the records that are right and counts the others', () => {
    const mixed = logs([{ attributes: many(MAX_ATTRIBUTES) }, { attributes: many(MAX_ATTRIBUTES + 1) }, { body: 'x' }]);
    const { telemetry, refused } = admit(mixed);
    expect(telemetry.groups[0]?.items).toHaveLength(2);
    expect(refused).toEqual({ count: 1, reason: 'Not taken: 1 with more than 128 attributes.' });
    expect(admit(logs([{}, {}])).refused).toEqual({ count: 0, reason: '' });
    expect(admit(logs([{ attributes: many(200) }])).telemetry.groups).toEqual([]);
  });

  it('wants ids of a span, and counts its events', () => {
    const events = (n: number) => Array.from({ length: n }, newSpanEvent);
    const { telemetry, refused } = admit(
      spans([{ traceId: '' }, { spanId: '' }, { events: events(MAX_EVENTS - 2) }, { events: events(1) }, {}, {}]),
    );
    expect(telemetry.groups[0]?.items).toHaveLength(2);
    expect(refused.count).toBe(4);
    expect(refused.reason).toBe(
      'Not taken: 2 with no valid trace id and span id; 2 with more than 8192 events in one request.',
    );
  });
});
