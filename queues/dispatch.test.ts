/// <reference types="@cloudflare/vitest-plugin/types" />

import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test';
import { ClickHouseError } from '@clickhouse/client-web';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../domain/audit/redact.ts';
import type { Context } from '../domain/context.ts';
import { ChunkConflict } from '../domain/exports/store-chunk.ts';
import { UNMEASURED } from '../domain/observability/meter-testing.ts';
import { keepDeadLetter } from '../drizzle/repositories/dead-letters.ts';
import { failExport, workableExport } from '../drizzle/repositories/export-runs.ts';
import { dispatch } from './dispatch.ts';
import { DRAIN, type EventsMessage, runExportMessage } from './messages.ts';

const EXPORT = '0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001';
const exportId = (n: number) => `0199aaaa-bbbb-7ccc-8ddd-${String(n).padStart(12, '0')}`;

/** What the log says of messages. */
const lines: { id: string; outcome: string }[] = [];

/** Just enough of a Context to see what was done with it. What is not here must not be used. */
function fakeContext() {
  const seen = {
    drains: 0,
    inserts: [] as string[][],
    released: 0,
    letters: [] as Record<string, unknown>[],
    failed: [] as string[],
    tried: [] as string[],
    errors: [] as string[],
    told: [] as { id: string; type: string; data: Record<string, unknown> }[],
  };
  const fail = {
    drain: undefined as Error | undefined,
    letter: (_: Record<string, unknown>): Error | undefined => undefined,
    run: (_: string): Error | undefined => undefined,
    insert: (_: string[]): Error | undefined => undefined,
    lookup: undefined as Error | undefined,
    held: false,
    stored: [] as string[],
    renew: (): boolean => true,
    release: undefined as Error | undefined,
  };
  const run = async (statement: unknown, input: Record<string, unknown>) => {
    if (statement === keepDeadLetter) {
      const error = fail.letter(input);
      if (error) throw error;
      seen.letters.push(input);
    } else if (statement === failExport) seen.failed.push(String(input.exportId));
    else if (statement === workableExport) return [{ requested_by: 'admin' }];
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
    queues: {
      notifications: {
        send: async ({ notification }: { notification: (typeof seen.told)[number] }) =>
          void seen.told.push(notification),
      },
    },
    locks: {
      // Whoever holds the lock has the export: nothing further is touched.
      acquire: async (name: string) => {
        seen.tried.push(name);
        const error = fail.run(name);
        if (error) throw error;
        return name === 'ingest:audit-events' && !fail.held ? { token: 1 } : null;
      },
      renew: async () => fail.renew(),
      release: async () => {
        seen.released++;
        if (fail.release) throw fail.release;
      },
    },
    clickhouse: {
      reader: {
        query: async () => {
          if (fail.lookup) throw fail.lookup;
          return { json: async () => [{ packs: [...fail.stored] }] };
        },
      },
      writer: {
        insert: async ({ values }: { values: { id: string }[] }) => {
          const ids = values.map(({ id }) => id);
          const error = fail.insert(ids);
          if (error) throw error;
          seen.inserts.push(ids);
        },
      },
    },
    exportTurns: { enter: async () => ({ granted: true }), leave: async () => undefined },
    settings: { exportLeaseMs: 1000, eventsInsertMs: 1000 },
    now: Date.now,
    newId: () => crypto.randomUUID(),
    redact: createRedactor(),
    meter: UNMEASURED,
    log: {
      warn: (_: string, fields: (typeof lines)[number]) => void lines.push(fields),
      brief: (_: string, __: string, fields: (typeof lines)[number]) => void lines.push(fields),
      error: (message: string, fields: (typeof lines)[number]) =>
        message === 'message' ? void lines.push(fields) : void seen.errors.push(message),
    },
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
  await dispatch(batch, () => ctx);
  const { ackAll, retryBatch, explicitAcks, retryMessages } = await getQueueResult(batch, execution);
  expect([ackAll, retryBatch.retry]).toEqual([false, false]);
  const outcome = { acked: explicitAcks, retried: retryMessages.map(({ msgId }) => msgId) };
  // Nothing is left to the platform's "whatever has no answer is acknowledged".
  expect([...outcome.acked, ...outcome.retried].sort()).toEqual(bodies.map((_, i) => `m${i}`).sort());
  // And the log has one line of each, that says the same.
  const told = lines.splice(0).map(({ id, outcome: said }) => [id, said]);
  expect(told.map(([id]) => id).sort()).toEqual(bodies.map((_, i) => `m${i}`).sort());
  expect(told.flatMap(([id, said]) => (said === 'retry' ? [id] : [])).sort()).toEqual([...outcome.retried].sort());
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
    expect(seen.letters[0]).toEqual({
      id: 'm0',
      queue: 'exports',
      body: 'null',
      attempts: 3,
      reason: 'not a message of this queue',
      replayOf: null,
    });
    expect(seen.letters[5]).toMatchObject({ id: 'm10', body: JSON.stringify(UNKNOWN[5]) });
    expect(seen.failed).toEqual([]);
  });

  it('retries a message whose consumer throws, and settles the others', async () => {
    const { ctx, seen, fail } = fakeContext();
    fail.run = (name) => (name.endsWith(exportId(1)) ? new Error('lock away') : undefined);
    const bodies = [exportId(0), exportId(1), exportId(2)].map((id) => runExportMessage(id));
    expect(await deliver('exports', ctx, bodies)).toEqual({ acked: ['m0', 'm2'], retried: ['m1'] });
    expect(seen.letters).toEqual([]);
    expect(seen.errors.length).toBe(1);
  });

  it('acknowledges a message that no delivery can help, and ends its export', async () => {
    const { ctx, seen, fail } = fakeContext();
    fail.run = () => new ChunkConflict('chunk exists with other content');
    expect(await deliver('exports', ctx, [runExportMessage(EXPORT)])).toEqual({ acked: ['m0'], retried: [] });
    expect(seen.letters).toEqual([]);
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

/** One row, whose id ends like the message's. */
const events = (n: number): EventsMessage => ({
  v: 1,
  kind: 'audit.events',
  packId: exportId(n),
  acceptedAt: '2026-11-22T08:41:01.123Z',
  uiEvents: [
    {
      id: exportId(n),
      timestamp: '2026-11-22 08:41:01.123',
      session_id: '',
      actor_id: EXPORT,
      actor_email: '',
      actor_role: '',
      event_type: 'x',
      component_name: '',
      page_path: '',
      properties: '{}',
      user_agent: '',
      ip_address: '::',
      service_id: EXPORT,
      trace_id: '',
      span_id: '',
    },
  ],
  apiLogs: [],
});
const raise = (error: Error): never => {
  throw error;
};
const refusal = (type: string) => new ClickHouseError({ message: 'secret row', code: '41', type });

describe('audit events queue', () => {
  it('stores what can be read in one insert, and buries what cannot', async () => {
    const { ctx, seen } = fakeContext();
    const bodies = [...UNKNOWN, events(1), { ...events(2), more: 1 }, events(3), { ...events(4), acceptedAt: 'now' }];
    const { retried } = await deliver('audit-events-staging', ctx, bodies);
    expect(retried).toEqual([]);
    expect(seen.inserts).toEqual([[exportId(1), exportId(3)]]);
    expect(seen.letters.length).toBe(UNKNOWN.length + 2);
    expect(new Set(seen.letters.map(({ queue }) => queue))).toEqual(new Set(['audit-events']));
    expect(seen.released).toBe(1);
  });

  it.each(['CANNOT_PARSE_UUID', 'CANNOT_PARSE_ESCAPE_SEQUENCE', 'INCORRECT_DATA'])(
    'buries only the messages whose rows are refused: %s',
    async (type) => {
      let tried = 0;
      for (const poison of [[0], [99], [50], [3, 4], [0, 33, 66, 99], [7, 8, 9, 10, 11]]) {
        const { ctx, seen, fail } = fakeContext();
        const bad = poison.map(exportId);
        fail.insert = (ids) => (ids.some((id) => bad.includes(id)) ? refusal(type) : undefined);
        const { retried } = await deliver(
          'audit-events',
          ctx,
          Array.from({ length: 100 }, (_, n) => events(n)),
        );
        expect(retried).toEqual([]);
        expect(seen.letters.map(({ id, reason }) => [id, reason])).toEqual(
          poison.map((n) => [`m${n}`, `ClickHouse refuses its rows: ${type}`]),
        );
        expect(seen.inserts.flat().sort()).toEqual(
          Array.from({ length: 100 }, (_, n) => exportId(n)).filter((id) => !bad.includes(id)),
        );
        // A culprit is found by halving, not by trying each.
        expect(seen.inserts.length).toBeLessThanOrEqual(7 * poison.length);
        tried++;
      }
      console.log(`refused rows (${type}): tried ${tried} batches, good ones lost 0`);
    },
  );

  it('retries all when the lease is somebody else’s, and touches nothing', async () => {
    const { ctx, seen, fail } = fakeContext();
    fail.held = true;
    expect((await deliver('audit-events', ctx, [events(1), events(2)])).retried).toEqual(['m0', 'm1']);
    expect([seen.inserts, seen.released]).toEqual([[], 0]);
  });

  it('retries all, and lets others try, when ClickHouse fails with its word', async () => {
    const { ctx, seen, fail } = fakeContext();
    fail.insert = () => refusal('TOO_MANY_PARTS');
    expect((await deliver('audit-events', ctx, [events(1), events(2)])).retried).toEqual(['m0', 'm1']);
    fail.lookup = new Error('away');
    expect((await deliver('audit-events', ctx, [events(1), events(2)])).retried).toEqual(['m0', 'm1']);
    expect([seen.letters, seen.released]).toEqual([[], 2]);
  });

  it.each([new Error('reply lost'), refusal('KEEPER_EXCEPTION'), refusal('UNKNOWN_STATUS_OF_INSERT')])(
    'keeps the lease while an insert may be at work: %s',
    async (error) => {
      const { ctx, seen, fail } = fakeContext();
      let inserts = 0;
      fail.insert = () => {
        inserts++;
        return error;
      };
      expect((await deliver('audit-events', ctx, [events(1)])).retried).toEqual(['m0']);
      expect([inserts, seen.released, seen.letters]).toEqual([3, 0, []]);
    },
  );

  it('keeps the lease when only the first of its attempts may be at work', async () => {
    const { ctx, seen, fail } = fakeContext();
    const failures = [new Error('reply lost'), refusal('TOO_MANY_PARTS'), refusal('TOO_MANY_PARTS')];
    fail.insert = () => failures.shift();
    expect((await deliver('audit-events', ctx, [events(1)])).retried).toEqual(['m0']);
    expect(seen.released).toBe(0);
  });

  it.each(['TIMEOUT_EXCEEDED', 'MEMORY_LIMIT_EXCEEDED'])(
    'stores less at once when ClickHouse says that it is too much, and blames nobody: %s',
    async (type) => {
      const { ctx, seen, fail } = fakeContext();
      fail.insert = (ids) => (ids.length > 9 ? refusal(type) : undefined);
      const { retried } = await deliver(
        'audit-events',
        ctx,
        Array.from({ length: 100 }, (_, n) => events(n)),
      );
      expect([retried, seen.letters]).toEqual([[], []]);
      expect(seen.inserts.flat().length).toBe(100);
      fail.insert = () => refusal(type);
      expect((await deliver('audit-events', ctx, [events(1), events(2)])).retried).toEqual(['m0', 'm1']);
      expect([seen.letters, seen.released]).toEqual([[], 2]);
    },
  );

  it('looks again before halves go on: a view may have failed behind a table that took the rows', async () => {
    const { ctx, seen, fail } = fakeContext();
    fail.insert = (ids) => {
      fail.stored.push(...ids);
      return refusal('MEMORY_LIMIT_EXCEEDED');
    };
    const { acked } = await deliver('audit-events', ctx, [events(1), events(2), events(3)]);
    expect([acked.length, seen.inserts, fail.stored.length]).toEqual([3, [], 3]);
  });

  it('inserts nothing under a lease that somebody else has by now', async () => {
    const { ctx, seen, fail } = fakeContext();
    fail.renew = () => false;
    expect((await deliver('audit-events', ctx, [events(1)])).retried).toEqual(['m0']);
    expect([seen.inserts, seen.letters]).toEqual([[], []]);
  });

  it('does not say an insert again under such a lease, and leaves the lease alone', async () => {
    for (const lost of [() => false, () => raise(new Error('the lock is away'))]) {
      const { ctx, seen, fail } = fakeContext();
      const renewals = [() => true, lost];
      fail.renew = () => renewals.shift()?.() ?? false;
      let inserts = 0;
      fail.insert = () => {
        inserts++;
        return new Error('reply lost');
      };
      expect((await deliver('audit-events', ctx, [events(1)])).retried).toEqual(['m0']);
      expect([inserts, seen.released]).toEqual([1, 0]);
    }
  });

  it('acknowledges what is stored although the lease cannot be given back', async () => {
    const { ctx, fail } = fakeContext();
    fail.release = new Error('the lock is away');
    expect((await deliver('audit-events', ctx, [events(1)])).acked).toEqual(['m0']);
  });

  it('gives the rows once to an insert when a message is in the batch twice', async () => {
    const { ctx, seen } = fakeContext();
    expect((await deliver('audit-events', ctx, [events(1), events(2), events(1)])).acked.length).toBe(3);
    expect(seen.inserts).toEqual([[exportId(1), exportId(2)]]);
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

  it('say why, and which letter came back', async () => {
    const { ctx, seen } = fakeContext();
    await deliver('audit-events-dlq', ctx, [events(1), { ...events(2), replayOf: 'm-old' }, { replayOf: 5 }], 101);
    expect(seen.letters.map(({ reason, replayOf, attempts }) => [reason, replayOf, attempts])).toEqual([
      ['every delivery failed', null, 101],
      ['every delivery failed', 'm-old', 101],
      ['every delivery failed', null, 101],
    ]);
  });

  it('are told of under one id however often a letter comes, and by nobody when it told of something itself', async () => {
    const { ctx, seen } = fakeContext();
    for (let n = 0; n < 2; n++) await deliver('operations-staging-dlq', ctx, ['a']);
    await deliver('notifications-dlq', ctx, ['a', { v: 1 }]);
    await deliver('notifications', ctx, ['unreadable']);
    expect(seen.letters.map(({ queue }) => queue)).toEqual([
      ...['operations', 'operations'],
      ...Array(3).fill('notifications'),
    ]);
    expect(seen.told.map(({ data }) => data.queue)).toEqual(['operations', 'operations']);
    expect(new Set(seen.told.map(({ id }) => id)).size).toBe(1);
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
    expect(seen.told.map(({ type, data }) => [type, data.letterId, data.queue])).toEqual([
      ['dead_letter.kept', 'm0', 'exports'],
      ['dead_letter.kept', 'm2', 'exports'],
    ]);
    // Two letters kept, one delivery failed: each is said.
    expect(seen.errors.length).toBe(3);
  });
});
