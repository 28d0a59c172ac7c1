/// <reference types="@cloudflare/vitest-plugin/types" />
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RESUME_MS } from '../domain/exports/one-time.ts';
import type { ExportSnapshot } from '../domain/exports/progress.ts';
import type { ExportRun } from './export-run.ts';

const { EXPORT_RUN } = env as unknown as { EXPORT_RUN: DurableObjectNamespace<ExportRun> };

const fresh = () => EXPORT_RUN.getByName(crypto.randomUUID());
const at = (rowsDone: number, status: ExportSnapshot['status'] = 'processing'): ExportSnapshot => ({
  status,
  phase: 'rows',
  rowsDone,
  rowsExpected: 1000,
  bytesDone: rowsDone * 10,
  activeMs: rowsDone,
  failureReason: status === 'failed' ? 'the source is away' : null,
});

interface Told {
  event: string;
  data: { rowsDone?: number; percent?: number; status: string };
}

/** A follower that takes what is said, one piece at a time. */
async function follower(run: DurableObjectStub<ExportRun>, initial: ExportSnapshot) {
  const reader = (await run.follow(initial)).getReader();
  const decoder = new TextDecoder();
  const told: Told[] = [];
  let text = '';
  let rest = '';
  const next = async () => {
    const { done, value } = await reader.read();
    if (done) return false;
    const piece = decoder.decode(value, { stream: true });
    text += piece;
    const blocks = (rest + piece).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event, data] = /^event: (\w+)\ndata: (.+)$/.exec(block) ?? [];
      if (event && data) told.push({ event, data: JSON.parse(data) });
    }
    return true;
  };
  return {
    told,
    text: () => text,
    async until(isSo: () => boolean) {
      while (!isSo()) if (!(await next())) throw new Error(`ended too early: ${text}`);
    },
    async all() {
      while (await next());
    },
    cancel: () => reader.cancel(),
  };
}

describe('export run object: progress', () => {
  it('tells what was read at once, then what is reported, then the end, and closes', async () => {
    const run = fresh();
    const me = await follower(run, at(0, 'queued'));
    await me.until(() => me.told.length === 1);
    await run.report(at(500));
    await me.until(() => me.told.length === 2);
    await run.report(at(1000, 'ready'));
    await me.all();
    expect(me.told.map(({ event, data }) => [event, data.status, data.rowsDone, data.percent])).toEqual([
      ['progress', 'queued', 0, 0],
      ['progress', 'processing', 500, 50],
      ['progress', 'ready', 1000, 100],
      ['end', 'ready', undefined, undefined],
    ]);
    expect(me.text().startsWith('retry: 3000\n\n')).toBe(true);
  });

  it.each(['ready', 'failed', 'expired', 'cancelled'] as const)(
    'is over at once for an export that is %s',
    async (status) => {
      const me = await follower(fresh(), at(10, status));
      await me.all();
      expect(me.told.map(({ event, data }) => [event, data.status])).toEqual([
        ['progress', status],
        ['end', status],
      ]);
    },
  );

  it('tells 20 followers the same end, of 5,000 reports no more than four a second, the newest last', async () => {
    const run = fresh();
    const all = await Promise.all(Array.from({ length: 20 }, () => follower(run, at(0))));
    const began = Date.now();
    const heard = all.map((each) => each.all());
    for (let n = 1; n < 5000; n++) await run.report(at(n / 5));
    await run.report(at(1000, 'ready'));
    await Promise.all(heard);
    const most = Math.max(...all.map(({ told }) => told.length));
    const mayBe = Math.floor((Date.now() - began) / 250) + 3;
    console.log(`export run: 5000 reports, ${all.length} followers, at most ${most} events each, ${mayBe} allowed`);
    for (const { told } of all) {
      expect(told.length).toBeLessThanOrEqual(mayBe);
      expect(told.at(-2)?.data).toMatchObject({ status: 'ready', rowsDone: 1000 });
      const rows = told.slice(0, -1).map(({ data }) => data.rowsDone ?? -1);
      expect(rows).toEqual(rows.toSorted((a, b) => a - b));
    }
  });

  it('gives a reader that was away the newest state, not what it missed', async () => {
    const run = fresh();
    const me = await follower(run, at(0));
    await me.until(() => me.told.length === 1);
    for (let n = 1; n <= 300; n++) {
      await run.report(at(n));
      // Time in which a stream without bounds would fill up.
      if (n % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 300));
    }
    const before = me.told.length;
    await me.until(() => me.told.at(-1)?.data.rowsDone === 300);
    console.log(`export run: 300 reports while nobody read: ${me.told.length - before} events`);
    expect(me.told.length - before).toBeLessThanOrEqual(5);
    await me.cancel();
  });

  it('says nothing twice, and goes on for the others when a follower has gone', async () => {
    const run = fresh();
    const [stays, goes] = [await follower(run, at(0)), await follower(run, at(0))];
    await stays.until(() => stays.told.length === 1);
    await goes.cancel();
    for (let n = 0; n < 4; n++) {
      await run.report(at(7));
      // Time in which it would be told again.
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    await stays.until(() => stays.told.length === 2);
    await run.report(at(7, 'failed'));
    await stays.all();
    expect(stays.told.map(({ data }) => [data.status, data.rowsDone])).toEqual([
      ['processing', 0],
      ['processing', 7],
      ['failed', 7],
      ['failed', undefined],
    ]);
  });

  it('believes its run before an older look at the row, and the row when the run is silent or has forgotten', async () => {
    const run = fresh();
    await run.report(at(500));
    const me = await follower(run, at(400));
    await me.until(() => me.told.length === 1);
    expect(me.told[0]?.data.rowsDone).toBe(500);
    await run.learn(at(450));
    await run.learn(at(600));
    await me.until(() => me.told.length === 2);
    await run.learn(at(600, 'cancelled'));
    await me.all();
    expect(me.told.map(({ data }) => [data.status, data.rowsDone])).toEqual([
      ['processing', 500],
      ['processing', 600],
      ['cancelled', 600],
      ['cancelled', undefined],
    ]);
    await evictDurableObject(run);
    const later = await follower(run, at(610));
    await later.until(() => later.told.length === 1);
    expect(later.told[0]?.data.rowsDone).toBe(610);
    await later.cancel();
  });
});

describe('export run object: one-time links', () => {
  const start = Date.now();
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: start });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const HOUR = 3_600_000;
  const ask = (
    run: DurableObjectStub<ExportRun>,
    nonce: string,
    { network = '203.0.113.0', ranged = false, expiresAt = start + HOUR } = {},
  ) => run.claim(nonce, { network, ranged, now: Date.now(), expiresAt });

  const stored = (run: DurableObjectStub<ExportRun>) =>
    runInDurableObject(run, async (_, state) => ({
      entries: [...(await state.storage.list()).keys()],
      alarm: await state.storage.getAlarm(),
    }));

  it('is the first one’s, exactly one of 50 at once, round after round', async () => {
    let wrong = 0;
    for (let round = 0; round < 20; round++) {
      const run = fresh();
      const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => ask(run, 'n', { network: `n${n}` })));
      if (answers.filter((answer) => answer === 'first').length !== 1) wrong++;
      if (answers.filter((answer) => answer === 'used').length !== 49) wrong++;
    }
    console.log(`one-time link: 20 rounds of 50 at once, one first in each, wrong ${wrong}`);
    expect(wrong).toBe(0);
  });

  it('stays used through evictions, is resumed from the same network for ten minutes, and not a moment longer', async () => {
    const run = fresh();
    expect(await ask(run, 'n')).toBe('first');
    await evictDurableObject(run);
    expect(await ask(run, 'n')).toBe('used');
    expect(await ask(run, 'n', { ranged: true })).toBe('resumed');
    expect(await ask(run, 'n', { ranged: true, network: '198.51.100.0' })).toBe('used');
    vi.setSystemTime(start + RESUME_MS - 1);
    await evictDurableObject(run);
    expect(await ask(run, 'n', { ranged: true })).toBe('resumed');
    vi.setSystemTime(start + RESUME_MS);
    expect(await ask(run, 'n', { ranged: true })).toBe('used');
    expect(await ask(run, 'other')).toBe('first');
  });

  it('is forgotten by an alarm after its own life, each link after its own, and is no new one then', async () => {
    const run = fresh();
    await ask(run, 'long', { expiresAt: start + 2 * HOUR });
    await ask(run, 'short');
    expect(await stored(run)).toEqual({ entries: ['claim:long', 'claim:short'], alarm: start + HOUR });
    await evictDurableObject(run);
    // Too early: nothing goes, and it comes again.
    expect(await runDurableObjectAlarm(run)).toBe(true);
    expect(await stored(run)).toEqual({ entries: ['claim:long', 'claim:short'], alarm: start + HOUR });
    vi.setSystemTime(start + HOUR);
    expect(await runDurableObjectAlarm(run)).toBe(true);
    expect(await stored(run)).toEqual({ entries: ['claim:long'], alarm: start + 2 * HOUR });
    expect(await ask(run, 'short')).toBe('used');
    vi.setSystemTime(start + 2 * HOUR);
    expect(await runDurableObjectAlarm(run)).toBe(true);
    expect(await stored(run)).toEqual({ entries: [], alarm: null });
    expect(await ask(run, 'long', { expiresAt: start + 2 * HOUR })).toBe('used');
    expect(await stored(run)).toEqual({ entries: [], alarm: null });
  });
});
