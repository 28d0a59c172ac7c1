/// <reference types="@cloudflare/vitest-plugin/types" />
import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { PHASES, type Phase, STATUS_OF } from '../domain/operations/phases.ts';
import type { OperationSnapshot } from '../domain/operations/progress.ts';
import { eventsOf, nextTold, type Told } from '../domain/progress/events-testing.ts';
import type { OperationRun } from './operation-run.ts';

const { OPERATION_RUN } = env as unknown as { OPERATION_RUN: DurableObjectNamespace<OperationRun> };

const fresh = () => OPERATION_RUN.getByName(crypto.randomUUID());
const at = (itemsDone: number, phase: Phase = 'running'): OperationSnapshot => ({
  ...{ phase, status: STATUS_OF[phase], itemsDone, itemsTotal: 1000, itemsFailed: 1, itemsSkipped: 2 },
  ...{ activeMs: itemsDone * 2, failureReason: phase === 'failed' ? 'the database is away' : null },
});

const follower = async (run: DurableObjectStub<OperationRun>, initial: OperationSnapshot) =>
  eventsOf(await run.follow(initial));

const all = (events: AsyncGenerator<Told>) => Array.fromAsync(events);

describe('operation run object', () => {
  it('tells what was read at once, then what is reported with its rate, then the end, and closes', async () => {
    const run = fresh();
    const events = await follower(run, at(0, 'queued'));
    expect((await nextTold(events, () => true)).data).toEqual({
      ...at(0, 'queued'),
      ...{ percent: 0, itemsPerSecond: null, etaSeconds: null },
    });
    await run.progress(at(500));
    expect((await nextTold(events, () => true)).data).toEqual({
      ...at(500),
      ...{ percent: 50, itemsPerSecond: 500, etaSeconds: 1 },
    });
    await run.report(at(1000, 'incomplete'));
    expect((await all(events)).map(({ event, data }) => [event, data.phase, data.status, data.percent])).toEqual([
      ['progress', 'incomplete', 'failed', 100],
      ['end', 'incomplete', 'failed', undefined],
    ]);
  });

  it('wakes who waits for news: no heartbeat comes between', async () => {
    const run = fresh();
    const reader = (await run.follow(at(0))).getReader();
    const next = async () => new TextDecoder().decode((await reader.read()).value);
    while (!(await next()).startsWith('event: progress'));
    // Longer than the pause after an event: it waits by now.
    await new Promise((resolve) => setTimeout(resolve, 500));
    await run.report(at(1));
    expect(await next()).toMatch(/^event: progress\ndata: .*"itemsDone":1,/);
    await reader.cancel();
  });

  it.each(PHASES)('of one that is %s, is over at once if it has ended, and goes on if not', async (phase) => {
    const hasEnded = ['completed', 'incomplete', 'failed', 'cancelled', 'rejected', 'expired', 'undone'].includes(
      phase,
    );
    const run = fresh();
    const events = await follower(run, at(10, phase));
    await nextTold(events, ({ data }) => data.phase === phase);
    // One that goes on is ended from here.
    await run.report(at(11, 'cancelled'));
    expect(await all(events)).toEqual(
      hasEnded
        ? [{ event: 'end', data: { phase, status: STATUS_OF[phase] } }]
        : [
            { event: 'progress', data: expect.objectContaining({ phase: 'cancelled', itemsDone: 11 }) },
            { event: 'end', data: { phase: 'cancelled', status: 'failed' } },
          ],
    );
  });

  it.each(['cancelled', 'completed'] as const)(
    'ends %s when the last word of the run before comes after it',
    async (phase) => {
      const run = fresh();
      const events = await follower(run, at(100));
      await run.report(at(200, phase));
      await run.progress(at(200));
      expect((await all(events)).map(({ event, data }) => [event, data.phase]).slice(-2)).toEqual([
        ['progress', phase],
        ['end', phase],
      ]);
    },
  );

  it.each(['paused', 'cancelling'] as const)(
    'stays %s when the last word of the run before comes after it, and goes on when somebody says so',
    async (phase) => {
      const run = fresh();
      await run.progress(at(100));
      await run.report(at(200, phase));
      await run.progress(at(200));
      const events = await follower(run, at(200));
      expect((await nextTold(events, () => true)).data.phase).toBe(phase);
      await events.return();
      await run.report(at(200, 'running'));
      await run.progress(at(300));
      const later = await follower(run, at(200));
      expect((await nextTold(later, () => true)).data).toMatchObject({ phase: 'running', itemsDone: 300 });
      await later.return();
    },
  );

  it('follows an undo of what had ended, and what its row says when it has forgotten', async () => {
    const run = fresh();
    await run.report(at(1000, 'completed'));
    const undo = await follower(run, at(0, 'undoing'));
    await nextTold(undo, ({ data }) => data.phase === 'undoing' && data.itemsDone === 0);
    await run.progress(at(400, 'undoing'));
    await nextTold(undo, ({ data }) => data.percent === 40);
    await run.report(at(1000, 'undone'));
    expect((await all(undo)).at(-1)).toEqual({ event: 'end', data: { phase: 'undone', status: 'completed' } });
    await evictDurableObject(run);
    const later = await follower(run, at(7, 'undoing'));
    expect((await nextTold(later, () => true)).data).toMatchObject({ phase: 'undoing', itemsDone: 7 });
    await later.return();
  });
});
