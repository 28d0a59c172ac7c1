/// <reference types="@cloudflare/vitest-plugin/types" />
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LONG_SLICE_MS, SLICE_MS } from '../domain/exports/turns.ts';
import type { ExportTurns } from './export-turns.ts';

const { EXPORT_TURNS } = env as unknown as { EXPORT_TURNS: DurableObjectNamespace<ExportTurns> };

const fresh = () => EXPORT_TURNS.getByName(`test:${crypto.randomUUID()}`);
const LIMITS = { all: 4, perAdmin: 2 };
const LEASE = 60_000;

const start = Date.now();
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

type Turns = DurableObjectStub<ExportTurns>;
const enter = async (turns: Turns, id: string, admin: string, limits = LIMITS) =>
  (await turns.enter(id, admin, limits, LEASE)).granted;
const goOn = (turns: Turns, id: string, admin: string, limits = LIMITS) => turns.goOn(id, admin, limits, LEASE);

describe('export turns object', () => {
  it('lets in as many as there are places, of 50 at once', async () => {
    const turns = fresh();
    const granted = await Promise.all(Array.from({ length: 50 }, (_, n) => enter(turns, `e${n}`, `admin-${n % 7}`)));
    const count = granted.filter(Boolean).length;
    console.log(`export turns: 50 at once, ${LIMITS.all} places: ${count} let in`);
    expect(count).toBe(LIMITS.all);
  });

  it('lets one admin’s only export in at the next turn, whatever a hundred of another one’s do', async () => {
    const turns = fresh();
    const two = { all: 2, perAdmin: 2 };
    for (let n = 0; n < 100; n++) await turns.arrive(`many-${n}`, 'many');
    expect(await Promise.all([enter(turns, 'many-0', 'many', two), enter(turns, 'many-1', 'many', two)])).toEqual([
      ...[true, true],
    ]);
    await turns.arrive('only', 'one');
    vi.setSystemTime(start + SLICE_MS);
    expect(await goOn(turns, 'many-0', 'many', two)).toEqual({ held: true, yield: true });
    await turns.leave('many-0', true);
    await evictDurableObject(turns);
    const tried = await Promise.all(Array.from({ length: 98 }, (_, n) => enter(turns, `many-${n + 2}`, 'many', two)));
    expect(tried.some(Boolean)).toBe(false);
    expect(await enter(turns, 'only', 'one', two)).toBe(true);
    console.log(
      `export turns: 100 of one admin wait, 1 of another: ${tried.length} refused, the other one in after 1 turn`,
    );
  });

  it('still knows who works and who waits after an eviction at every step', async () => {
    const turns = fresh();
    const one = { all: 1, perAdmin: 1 };
    const again = () => evictDurableObject(turns);
    expect(await enter(turns, 'a', 'x', one)).toBe(true);
    await again();
    expect(await enter(turns, 'b', 'y', one)).toBe(false);
    await again();
    expect(await goOn(turns, 'a', 'x', one)).toEqual({ held: true, yield: false });
    vi.setSystemTime(start + SLICE_MS);
    await again();
    expect(await goOn(turns, 'a', 'x', one)).toEqual({ held: true, yield: true });
    await again();
    await turns.leave('a', true);
    await again();
    expect(await enter(turns, 'a', 'x', one)).toBe(false);
    await again();
    expect(await enter(turns, 'b', 'y', one)).toBe(true);
    await again();
    // Both have had a turn: b keeps its place for a long one.
    vi.setSystemTime(start + SLICE_MS + LONG_SLICE_MS - 1);
    expect(await goOn(turns, 'b', 'y', one)).toEqual({ held: true, yield: false });
    await again();
    vi.setSystemTime(start + SLICE_MS + LONG_SLICE_MS);
    expect(await goOn(turns, 'b', 'y', one)).toEqual({ held: true, yield: true });
  });

  it('gives their places back to those at work when all it knew is lost, and no more than there are', async () => {
    const turns = fresh();
    for (let n = 0; n < 4; n++) expect(await enter(turns, `e${n}`, `admin-${n % 2}`)).toBe(true);
    await runInDurableObject(turns, (_, state) => state.storage.deleteAll());
    await evictDurableObject(turns);
    // Somebody comes in too early …
    expect(await enter(turns, 'early', 'admin-2')).toBe(true);
    const held = [];
    for (let n = 0; n < 4; n++) held.push((await goOn(turns, `e${n}`, `admin-${n % 2}`)).held);
    // … and one of those at work is told to stop.
    expect(held).toEqual([true, true, true, false]);
    expect(await enter(turns, 'late', 'admin-3')).toBe(false);
    console.log('export turns: everything lost with 4 at work: 5 at work until they went on, then 4');
  });

  it('frees the place of a run that died', async () => {
    const turns = fresh();
    const one = { all: 1, perAdmin: 1 };
    expect(await enter(turns, 'a', 'x', one)).toBe(true);
    await evictDurableObject(turns);
    vi.setSystemTime(start + LEASE - 1);
    expect(await enter(turns, 'b', 'y', one)).toBe(false);
    vi.setSystemTime(start + LEASE);
    expect(await enter(turns, 'b', 'y', one)).toBe(true);
  });
});
