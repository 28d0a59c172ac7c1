import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Standing } from '../access/standing.ts';
import type { Context } from '../context.ts';
import { type ApiCall, apiLogRow, cut, NO_BODIES } from './api-log.ts';

const MARK = /^([\s\S]*)…\[(\d+) bytes cut\]$/;
const bytesOf = (text: string) => new TextEncoder().encode(text).length;

describe('a body that is too long', () => {
  it('keeps whole characters up to 8 KiB, and the mark says exactly what is gone', () => {
    let cuts = 0;
    // Of one to four bytes, so that the limit falls anywhere in a character.
    const piece = fc.constantFrom('a', 'ü', '€', '😀', '"');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }),
        fc.integer({ min: 1, max: 900 }),
        fc.nat(3),
        (pieces, times, lead) => {
          const text = 'x'.repeat(lead) + pieces.join('').repeat(times);
          const result = cut(text);
          const isLong = bytesOf(text) > 8192;
          const [, kept = '', gone] = (isLong && MARK.exec(result)) || [];
          if (isLong) cuts++;
          else expect(result).toBe(text);
          if (!isLong) return;
          expect(text.startsWith(kept)).toBe(true);
          expect(bytesOf(kept) + Number(gone)).toBe(bytesOf(text));
          expect(bytesOf(kept)).toBeLessThanOrEqual(8192);
          expect(bytesOf(kept)).toBeGreaterThan(8192 - 4);
        },
      ),
      { seed: 20_261_122, numRuns: 400 },
    );
    console.log(`bodies cut: tried ${cuts}, wrong 0`);
    expect(cuts).toBeGreaterThan(50);
  });
});

const [MINE, OTHER] = ['01900000-0000-7000-8000-0000000000a1', '01900000-0000-7000-8000-0000000000a2'];
const ctx = {
  origin: { requestId: 'r', traceId: 't', ipAddress: '::', userAgent: 'u' },
  redact: { json: (text: string) => `{${text}}` },
} as unknown as Pick<Context, 'origin' | 'redact'>;
const grant = (role: string, serviceId: string | null) => ({ role, serviceId, permissions: [] });
const standing = (...grants: ReturnType<typeof grant>[]) =>
  ({ adminId: 'a', email: 'e', grants }) as unknown as Standing;
const call = (more: Partial<ApiCall>): ApiCall => ({
  id: '0192aaaa-bbbb-7000-8000-000000000000',
  endpoint: '/e',
  method: 'GET',
  status: 200,
  durationMs: 3,
  errorCode: '',
  serviceId: null,
  sessionId: 's',
  standing: null,
  ...more,
});

describe('the row of a call', () => {
  it('names the strongest role that reaches the service', () => {
    const roles: [string, ReturnType<typeof grant>[], string | null][] = [
      ['none', [], null],
      ['operator', [grant('operator', OTHER), grant('viewer', null)], null],
      ['viewer', [grant('operator', OTHER), grant('viewer', null)], MINE],
      ['operator', [grant('operator', MINE), grant('viewer', null)], MINE],
      ['none', [grant('operator', OTHER)], MINE],
    ];
    for (const [role, grants, serviceId] of roles)
      expect(apiLogRow(ctx, call({ standing: standing(...grants), serviceId }), NO_BODIES).actor_role).toBe(role);
    const unknown = apiLogRow(ctx, call({}), NO_BODIES);
    expect([unknown.actor_id, unknown.actor_email, unknown.actor_role]).toEqual([
      '00000000-0000-0000-0000-000000000000',
      '',
      'none',
    ]);
  });

  it('has its id’s time, and its bodies are redacted', () => {
    const row = apiLogRow(ctx, call({ durationMs: -1 }), { request: '1', response: '2' });
    expect(row.timestamp).toBe(new Date(0x0192aaaabbbb).toISOString().replace('T', ' ').replace('Z', ''));
    expect([row.request_body, row.response_body]).toEqual(['{1}', '{2}']);
    expect(row.duration_ms).toBe(0);
    expect(apiLogRow(ctx, call({}), NO_BODIES)).toMatchObject({ request_body: '', response_body: '' });
  });
});
