/// <reference types="@cloudflare/vitest-plugin/types" />
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { Context } from '../domain/context.ts';
import { ChunkConflict } from '../domain/exports/store-chunk.ts';
import { keepDeadLetter } from '../drizzle/repositories/dead-letters.ts';
import { failExport } from '../drizzle/repositories/export-runs.ts';
import { dispatch } from './dispatch.ts';
import { DRAIN, runExportMessage } from './messages.ts';

const EXPORT = '0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001';
const exportId = (n: number) => `0199aaaa-bbbb-7ccc-8ddd-${String(n).padStart(12, '0')}`;

/** Just enough of a Context to see what was done with it. What is not here must not be used. */
function fakeContext() {
  const seen = {
    drains: 0,
    letters: [] as Record<string, unknown>[],
    failed: [] as string[],
    tried: [] as string[],
    errors: [] as string[],
  };
  const fail = {
    drain: undefined as Error | undefined,
    letter: (_: Record<string, unknown>): Error | undefined => undefined,
    run: (_: string): Error | undefined => undefined,
  };
  const run = async (statement: unknown, input: Record<string, unknown>) => {
    if (statement === keepDeadLetter) {
      const error = fail.letter(input);
      if (error) throw error;
      seen.letters.push(input);
    } else if (statement === failExport) seen.failed.push(String(input.exportId));
    else throw new Error('a statement this test does not know');
    return [];
  };
  const ctx = {
    origin: { requestId: 'r-1', traceId: 't-1', ipAddress: '::', userAgent: 'queue' },
    db: {
      api: { run },
      drainer: {
        run,
        batch: async () => {
          seen.drains++;
          if (fail.drain) throw fail.drain;
          return [[], [], []];
        },
      },
    },
    locks: {
      // Whoever holds the lock has the export: nothing further is touched.
      acquire: async (name: string) => {
        seen.tried.push(name);
        const error = fail.run(name);
        if (error) throw error;
        return null;
      },
    },
    settings: { exportLeaseMs: 1000 },
    newId: () => crypto.randomUUID(),
    log: { info: () => undefined, error: (message: string) => void seen.errors.push(message) },
  } as unknown as Context;
  return { ctx, seen, fail };
}

/** Delivers these bodies as one batch; ids are m0, m1, … */
async function deliver(queue: string, ctx: Context, bodies: unknown[], attempts = 1) {
  const batch = createMessageBatch(
    queue,
    bodies.map((body, i) => ({ id: `m${i}`, timestamp: new Date(), attempts, body })),
  );
  const execution = createExecutionContext();
  await dispatch(batch, ctx);
  const { ackAll, retryBatch, explicitAcks, retryMessages } = await getQueueResult(batch, execution);
  expect([ackAll, retryBatch.retry]).toEqual([false, false]);
  const outcome = { acked: explicitAcks, retried: retryMessages.map(({ msgId }) => msgId) };
  // Nothing is left to the platform's "whatever has no answer is acknowledged".
  expect([...outcome.acked, ...outcome.retried].sort()).toEqual(bodies.map((_, i) => `m${i}`).sort());
  return outcome;
}

const UNKNOWN = [
  null,
  'text',
  1,
  [],
  {},
  { v: 2, kind: 'export.run', exportId: EXPORT },
  { v: 1, kind: 'audit.drain2' },
  { v: 1, kind: 'export.run', exportId: '../x' },
  { v: 1, kind: 'export.run' },
  { kind: 'audit.drain' },
];

describe('exports queue', () => {
  it('gives each message to the consumer and acknowledges it', async () => {
    const { ctx, seen } = fakeContext();
    const { acked } = await deliver('exports', ctx, [runExportMessage(exportId(1)), runExportMessage(exportId(2))]);
    expect(acked).toEqual(['m0', 'm1']);
    expect(seen.tried).toEqual([`export:${exportId(1)}`, `export:${exportId(2)}`]);
  });

  it('buries and acknowledges unknown messages, and none of them blocks the others', async () => {
    const { ctx, seen } = fakeContext();
    const bodies = UNKNOWN.flatMap((body, i) => [body, runExportMessage(exportId(i))]);
    const { retried } = await deliver('exports', ctx, [...bodies, DRAIN], 3);
    expect(retried).toEqual([]);
    expect(seen.tried.length).toBe(UNKNOWN.length);
    expect(seen.letters.length).toBe(UNKNOWN.length + 1);
    expect(seen.letters[0]).toEqual({ id: 'm0', queue: 'exports', body: 'null', attempts: 3 });
    expect(seen.letters[5]).toMatchObject({ id: 'm10', body: JSON.stringify(UNKNOWN[5]) });
    expect(seen.failed).toEqual([]);
  });

  it('retries a message whose consumer throws, and settles the others', async () => {
    const { ctx, seen, fail } = fakeContext();
    fail.run = (name) => (name.endsWith(exportId(1)) ? new Error('lock away') : undefined);
    const bodies = [exportId(0), exportId(1), exportId(2)].map(runExportMessage);
    expect(await deliver('exports', ctx, bodies)).toEqual({ acked: ['m0', 'm2'], retried: ['m1'] });
    expect(seen.letters).toEqual([]);
    expect(seen.errors.length).toBe(1);
  });

  it('buries a message that no delivery can help, and ends its export with it', async () => {
    const { ctx, seen, fail } = fakeContext();
    fail.run = () => new ChunkConflict('chunk exists with other content');
    expect(await deliver('exports', ctx, [runExportMessage(EXPORT)])).toEqual({ acked: ['m0'], retried: [] });
    expect(seen.letters.map(({ id, queue }) => [id, queue])).toEqual([['m0', 'exports']]);
    expect(seen.failed).toEqual([EXPORT]);
  });

  it('retries what cannot be buried now, and settles the others', async () => {
    const { ctx, seen, fail } = fakeContext();
    fail.letter = ({ id }) => (id === 'm0' ? new Error('database away') : undefined);
    const bodies = ['poison', runExportMessage(EXPORT), 'another'];
    expect(await deliver('exports', ctx, bodies)).toEqual({ acked: ['m1', 'm2'], retried: ['m0'] });
    expect(seen.tried).toEqual([`export:${EXPORT}`]);
    expect(seen.letters.map(({ id }) => id)).toEqual(['m2']);
  });

  it.each(['exports-staging', 'exports-production'])('is the same in its environment: %s', async (queue) => {
    const { ctx, seen } = fakeContext();
    await deliver(queue, ctx, [runExportMessage(EXPORT), 'poison']);
    expect(seen.tried.length).toBe(1);
    expect(seen.letters.map((letter) => letter.queue)).toEqual(['exports']);
  });
});

describe('audit outbox queue', () => {
  it('drains once for a whole batch of nudges and acknowledges each', async () => {
    const { ctx, seen } = fakeContext();
    const { acked } = await deliver('audit-outbox', ctx, new Array(100).fill(DRAIN));
    expect(acked.length).toBe(100);
    expect(seen.drains).toBe(1);
  });

  it('retries every nudge when the drain fails', async () => {
    const { ctx, seen, fail } = fakeContext();
    fail.drain = new Error('ClickHouse away');
    expect((await deliver('audit-outbox', ctx, [DRAIN, DRAIN, DRAIN])).retried).toEqual(['m0', 'm1', 'm2']);
    expect(seen.drains).toBe(1);
    expect(seen.errors.length).toBe(1);
  });

  it('buries and acknowledges unknown messages, and still drains', async () => {
    const { ctx, seen } = fakeContext();
    const { retried } = await deliver('audit-outbox-staging', ctx, [...UNKNOWN, DRAIN, runExportMessage(EXPORT)]);
    expect(retried).toEqual([]);
    expect(seen.drains).toBe(1);
    expect(seen.letters.length).toBe(UNKNOWN.length + 1);
    expect(new Set(seen.letters.map(({ queue }) => queue))).toEqual(new Set(['audit-outbox']));
  });

  it('does not drain for unknown messages alone', async () => {
    const { ctx, seen } = fakeContext();
    await deliver('audit-outbox', ctx, ['poison']);
    expect(seen.drains).toBe(0);
  });

  it('drains although an unknown message cannot be buried now; only that one comes back', async () => {
    const { ctx, seen, fail } = fakeContext();
    fail.letter = () => new Error('database away');
    expect(await deliver('audit-outbox', ctx, ['poison', DRAIN])).toEqual({ acked: ['m1'], retried: ['m0'] });
    expect(seen.drains).toBe(1);
  });
});

describe('dead-letter queues', () => {
  it.each([
    ['exports-dlq', 'exports'],
    ['audit-outbox-dlq', 'audit-outbox'],
    ['exports-staging-dlq', 'exports'],
    ['audit-outbox-production-dlq', 'audit-outbox'],
  ])('keep every letter of %s under %s, whatever it says', async (dlq, queue) => {
    const { ctx, seen } = fakeContext();
    const bodies = [...UNKNOWN, DRAIN, undefined];
    const { acked } = await deliver(dlq, ctx, bodies, 11);
    expect(acked.length).toBe(bodies.length);
    expect(seen.letters.map(({ body }) => body)).toEqual(bodies.map((body) => JSON.stringify(body ?? null)));
    expect(new Set(seen.letters.map((letter) => letter.queue))).toEqual(new Set([queue]));
    expect([seen.drains, seen.tried, seen.failed]).toEqual([0, [], []]);
  });

  it('end the export behind a letter', async () => {
    const { ctx, seen } = fakeContext();
    await deliver('exports-dlq', ctx, [runExportMessage(EXPORT)]);
    expect(seen.failed).toEqual([EXPORT]);
    expect(seen.tried).toEqual([]);
  });

  it('retry the letter that cannot be kept, keep the others, and say so in the log', async () => {
    const { ctx, seen, fail } = fakeContext();
    fail.letter = ({ id }) => (id === 'm1' ? new Error('database away') : undefined);
    expect(await deliver('exports-dlq', ctx, ['a', 'b', 'c'])).toEqual({ acked: ['m0', 'm2'], retried: ['m1'] });
    expect(seen.letters.map(({ id }) => id)).toEqual(['m0', 'm2']);
    // Two letters kept, one delivery failed: each is said.
    expect(seen.errors.length).toBe(3);
  });
});
