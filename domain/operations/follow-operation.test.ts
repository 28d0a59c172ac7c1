import { describe, expect, it } from 'vitest';
import type { CallerContext } from '../context.ts';
import { NotFound } from '../errors.ts';
import { followerContext } from '../progress/follower-testing.ts';
import { followOperation } from './follow-operation.ts';
import type { OperationSnapshot } from './progress.ts';

const ID = '0190F000-ABCD-7000-8000-0000000000A1';

const at = (itemsDone: number): OperationSnapshot => ({
  ...{ phase: 'running', status: 'running', itemsDone, itemsTotal: 1000, itemsFailed: 0, itemsSkipped: 0 },
  ...{ activeMs: 0, failureReason: null },
});

/** A follower of an operation that never says anything; `asked`: what was asked of the operation's object and of Postgres. */
async function follower(looks: (() => OperationSnapshot)[], more: Partial<CallerContext> = {}) {
  const asked: unknown[] = [];
  const { ctx, open } = followerContext([], {
    operationRuns: {
      progress: () => undefined,
      report: () => undefined,
      follow: async (...of) => {
        asked.push(['follow', ...of]);
        return new ReadableStream<Uint8Array>();
      },
      learn: async (...of) => void asked.push(['learn', ...of]),
    },
    db: {
      api: {
        run: async (_: unknown, { action }: { action: string }) => {
          asked.push(action);
          return [{ verdict: 'session_ended' }];
        },
      },
    } as unknown as CallerContext['db'],
    queues: { auditOutbox: { send: async () => undefined } } as unknown as CallerContext['queues'],
    redact: { text: (text: string) => text } as CallerContext['redact'],
    newId: () => ID,
    later: () => undefined,
    ...more,
  });
  const read = async () => {
    const look = looks.shift();
    if (!look) throw new Error('the row is looked at too often');
    return look();
  };
  const events = await followOperation(ctx, ID, read, new AbortController().signal);
  return { events, asked, open };
}

// Most of each is waiting for the next look.
describe.concurrent('a follower of an operation', () => {
  it('follows the object its run reports to, however the path spells its id, and tells it what the row says', async () => {
    const { events, asked, open } = await follower([() => at(0), () => at(1)]);
    // Said after a look.
    expect(new TextDecoder().decode((await events.next()).value as Uint8Array)).toBe(': still here\n\n');
    expect(asked).toEqual([
      ['follow', ID.toLowerCase(), at(0)],
      ['learn', ID.toLowerCase(), at(1)],
    ]);
    expect(open()).toEqual(['operation-events:test|a:0']);
    await events.return();
    expect(open()).toEqual([]);
  });

  it('ends with the session, before the row is looked at again', async () => {
    const standing = { adminId: 'a', email: '', name: '', status: 'active', notBefore: null, grants: [] };
    const enter = async () => ({ known: { standing, ended: true }, stale: null, ticket: 't', permits: null });
    const guards = { enter } as unknown as CallerContext['guards'];
    const { events, asked, open } = await follower([() => at(0)], { guards });
    await expect(events.next()).rejects.toMatchObject({ code: 'session_ended' });
    expect(asked.slice(1)).toEqual(['operation.read']);
    expect(open()).toEqual([]);
  });

  it('ends when the row may not be seen any more', async () => {
    const gone = () => {
      throw new NotFound();
    };
    const { events, asked, open } = await follower([() => at(0), gone]);
    await expect(events.next()).rejects.toMatchObject({ code: 'not_found' });
    expect(asked).toEqual([['follow', ID.toLowerCase(), at(0)]]);
    expect(open()).toEqual([]);
  });
});
