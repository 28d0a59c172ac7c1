import { describe, expect, it } from 'vitest';
import type { CallerContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { replayDeadLetter } from './dead-letters.ts';

/** A letter with this body, in a queue that takes it or not. */
function fakeContext(queue: string, body: unknown, send: (message: unknown) => void) {
  const sent: [queue: string, message: unknown][] = [];
  const sender = (name: string) => ({
    send: async (message: unknown) => {
      send(message);
      sent.push([name, message]);
    },
  });
  const item = { id: 'm-1', queue };
  const row = { verdict: 'ok', outcome: 'replayed', item, queue, body: JSON.stringify(body), prior_hash: null };
  const ctx = {
    caller: { subject: 's', sessionId: 's-1', issuedAt: 0, expiresAt: 0 },
    origin: { requestId: 'r', traceId: 't', ipAddress: '::', userAgent: 'test' },
    redact: { text: (text: string) => text },
    db: { api: { run: async () => [row] } },
    queues: {
      auditEvents: sender('audit-events'),
      auditOutbox: sender('audit-outbox'),
      exports: sender('exports'),
      notifications: sender('notifications'),
      telemetryForward: sender('telemetry-forward'),
    },
    newId: () => '0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001',
    // The nudge for the audit record; what is sent here is what a test is about.
    later: () => undefined,
  } as unknown as CallerContext;
  return { ctx, sent: () => sent.filter(([, message]) => (message as { kind?: string })?.kind !== 'audit.drain') };
}
const order = { idempotencyKey: null, reason: '' };

describe('replaying a dead letter', () => {
  it('sends its message to its own queue, with a mark', async () => {
    for (const queue of ['audit-events', 'exports', 'notifications', 'telemetry-forward']) {
      const { ctx, sent } = fakeContext(queue, { v: 1, text: 'NUL \0', replayOf: 'm-0' }, () => undefined);
      expect(await replayDeadLetter(ctx, 'm-1', order)).toMatchObject({ id: 'm-1' });
      expect(sent()).toEqual([[queue, { v: 1, text: 'NUL \0', replayOf: 'm-1' }]]);
    }
  });

  it('says so when the queue does not take it', async () => {
    const { ctx } = fakeContext('exports', { v: 1 }, (message) => {
      if ((message as { replayOf?: string }).replayOf) throw new Error('queue away');
    });
    const refusal = await replayDeadLetter(ctx, 'm-1', order).catch((error) => error);
    expect(refusal).toBeInstanceOf(DomainError);
    expect(refusal).toMatchObject({ status: 503, retryAfter: 5 });
  });

  it('does not guess a queue', async () => {
    const { ctx, sent } = fakeContext('no-longer', { v: 1 }, () => undefined);
    await expect(replayDeadLetter(ctx, 'm-1', order)).rejects.toThrow('no-longer');
    expect(sent()).toEqual([]);
  });
});
