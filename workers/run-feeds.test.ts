/// <reference types="@cloudflare/vitest-plugin/types" />
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { ExportSnapshot } from '../domain/exports/progress.ts';
import { eventsOf, nextTold } from '../domain/progress/events-testing.ts';
import { followRun } from '../domain/progress/follow-run.ts';
import { followerContext } from '../domain/progress/follower-testing.ts';
import type { RunFeeds } from '../domain/progress/run-kind.ts';
import type { ExportRun } from '../durable-objects/export-run.ts';
import { runFeeds } from './run-feeds.ts';

const { EXPORT_RUN } = env as unknown as { EXPORT_RUN: DurableObjectNamespace<ExportRun> };

const at = (rowsDone: number, status: ExportSnapshot['status'] = 'processing'): ExportSnapshot => ({
  ...{ status, phase: 'rows', rowsDone, rowsExpected: 1000, bytesDone: 0, activeMs: 0, failureReason: null },
});

/** A follower of an export whose row and whose ways to its object are the test's. */
async function follower(own: Partial<RunFeeds<ExportSnapshot>> = {}) {
  const id = crypto.randomUUID();
  const row = { now: at(100) };
  const work: Promise<unknown>[] = [];
  const real = runFeeds<ExportSnapshot>(
    (name) => EXPORT_RUN.getByName(name),
    (sent) => void work.push(sent),
  );
  const { ctx, ...rest } = followerContext([]);
  const followed = {
    ...{ kind: 'export' as const, id, initial: row.now, read: async () => row.now },
    feeds: { ...real, ...own },
  };
  const events = eventsOf(await followRun(ctx, followed, new AbortController().signal));
  const report = (snapshot: ExportSnapshot) => real.report(id, snapshot);
  const until = (rowsDone: number) => nextTold(events, ({ data }) => data.rowsDone === rowsDone);
  return { id, row, events, report, until, sent: () => Promise.all(work), real, ...rest };
}

// Most of each is waiting for the next look at the row.
describe.concurrent('a follower of a run', () => {
  it('goes on when the run’s object is restarted: with what the row says, then with what the run says again', async () => {
    const me = await follower();
    await me.until(100);
    me.report(at(200));
    await me.until(200);
    const object = EXPORT_RUN.getByName(me.id);
    await expect(runInDurableObject(object, (_, state) => state.abort('restarted'))).rejects.toThrow('restarted');
    me.row.now = at(300);
    await me.until(300);
    me.report(at(400));
    await me.until(400);
    me.report(at(1000, 'ready'));
    await me.until(1000);
    expect(await Array.fromAsync(me.events)).toEqual([{ event: 'end', data: { status: 'ready' } }]);
    await me.sent();
    expect(me.open()).toEqual([]);
  });

  it('waits for an object that cannot be reached, and says so to the log', async () => {
    let asked = 0;
    const me = await follower({
      follow: (id, initial) => (++asked === 1 ? Promise.reject(new Error('away')) : me.real.follow(id, initial)),
    });
    me.row.now = at(300);
    expect((await nextTold(me.events, () => true)).data.rowsDone).toBe(300);
    expect([asked, me.said]).toEqual([2, ['an export’s events wait for its object']]);
    expect(me.open()).toEqual(['export-events:test|a:0']);
    await me.events.return();
    expect(me.open()).toEqual([]);
  });

  it('is told by the row when reports do not arrive, and goes on when the object does not take that either', async () => {
    let asked = 0;
    const me = await follower({
      learn: (id, read) => (++asked === 1 ? Promise.reject(new Error('away')) : me.real.learn(id, read)),
    });
    await me.until(100);
    me.row.now = at(300);
    await me.until(300);
    expect(asked).toBe(2);
    await me.events.return();
  });

  it('ends when another stream has taken its slot', async () => {
    const me = await follower();
    await me.until(100);
    me.takeAll();
    await expect(me.until(-1)).rejects.toMatchObject({ code: 'rate_limited' });
  });
});
