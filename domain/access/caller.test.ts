import fc from 'fast-check';
import { v7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../audit/redact.ts';
import type { CallerContext } from '../context.ts';
import { callerInput, newEvent, timeOfId } from './caller.ts';

fc.configureGlobal({ seed: 20_261_121, numRuns: 500 });

const origin = {
  requestId: 'r-1',
  traceId: 't-1',
  traceparent: '',
  ipAddress: '::ffff:203.0.113.0',
  userAgent: 'test',
};
const milliseconds = fc.integer({ min: 0, max: 2 ** 48 - 1 });

describe('caller', () => {
  it('reads exactly the milliseconds a UUIDv7 was made with', () => {
    fc.assert(
      fc.property(milliseconds, fc.uint8Array({ minLength: 16, maxLength: 16 }), (msecs, random) => {
        fc.pre(msecs <= 8.64e15);
        expect(timeOfId(v7({ msecs, random })).getTime()).toBe(msecs);
      }),
    );
  });

  it('reads them in upper case too', () => {
    expect(timeOfId('0190ABCD-EF01-7000-8000-000000000000').getTime()).toBe(0x0190abcdef01);
  });

  it('gives a new audit record the time of its id, whatever the clock says', () => {
    const id = v7({ msecs: 1_795_000_000_123 });
    expect(newEvent({ newId: () => id, origin }, 'export.request')).toEqual({
      eventId: id,
      eventTime: new Date(1_795_000_000_123).toISOString(),
      action: 'export.request',
      requestId: 'r-1',
      traceId: 't-1',
    });
  });

  it('keeps secrets and personal values in a reason out of the record', () => {
    const secret = `gh${'p'}_${'a1B2'.repeat(9)}`;
    const ctx = {
      origin,
      redact: createRedactor(),
      caller: { subject: 'test|1', sessionId: 's-1', issuedAt: 1_795_000_000, expiresAt: 1_795_003_600 },
      newId: () => v7(),
    } as unknown as CallerContext;
    const input = callerInput(ctx, 'service.config.update', `rotated ${secret} for ada@example.com today`);
    expect(input.reason).toBe('rotated [redacted] for [redacted] today');
    expect(JSON.stringify(input)).not.toContain(secret);
  });
});
