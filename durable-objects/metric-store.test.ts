/// <reference types="@cloudflare/vitest-plugin/types" />
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Point } from '../domain/observability/metrics.ts';
import type { MetricStore } from './metric-store.ts';

const { METRIC_STORE } = env as unknown as { METRIC_STORE: DurableObjectNamespace<MetricStore> };

const fresh = () => METRIC_STORE.getByName(`test:${crypto.randomUUID()}`);
const MINUTE = 1_800_000_000;
const sent = (n: number): Point => ['steward_outbox_sent_total', [], [n]];
const acked = (n: number): Point => ['steward_queue_deliveries_total', ['exports', 'ack'], [n]];
const pack = (id: string, points: Point[], minute = MINUTE) => ({ id, minute, points });
const NO_GAUGES = { minute: MINUTE, points: [] };
const ids = (n = 20) => Array.from({ length: n }, () => crypto.randomUUID() as string);
const totalsOf = async (store: DurableObjectStub<MetricStore>) => JSON.parse(await store.totals()) as Point[];

describe('the store of metrics', () => {
  it('counts a pack once, however often it comes, before and after it was frozen', async () => {
    const store = fresh();
    for (let i = 0; i < 5; i++) await store.add(pack('a', [sent(2), acked(1)]));
    await store.add(pack('b', [sent(3)]));
    expect(await totalsOf(store)).toEqual([sent(5), acked(1)]);
    const [batch] = await store.freeze(ids(), NO_GAUGES);
    expect(JSON.parse(batch?.points ?? '[]')).toEqual([sent(5), acked(1)]);
    await store.add(pack('a', [sent(2), acked(1)]));
    expect(await totalsOf(store)).toEqual([sent(5), acked(1)]);
    expect(await store.freeze(ids(), NO_GAUGES)).toHaveLength(1);
  });

  it('gives a batch until it is said to be sent, always the same, oldest first, also after an eviction', async () => {
    const store = fresh();
    await store.add(pack('a', [sent(1)], MINUTE));
    await store.add(pack('b', [sent(2)], MINUTE - 60));
    const first = await store.freeze(ids(), NO_GAUGES);
    expect(first.map(({ minute }) => minute)).toEqual([MINUTE - 60, MINUTE]);
    await evictDurableObject(store);
    expect(await store.freeze(ids(), NO_GAUGES)).toEqual(first);
    await store.sent(first[0]?.id ?? '');
    expect(await store.freeze([], NO_GAUGES)).toEqual(first.slice(1));
    expect(await store.waiting()).toBe(1);
    expect(await totalsOf(store)).toEqual([sent(3)]);
  });

  it('puts the gauges of a minute into that minute’s batch and into no total', async () => {
    const store = fresh();
    await store.add(pack('a', [sent(1)]));
    const gauge: Point = ['steward_outbox_records', [], [9]];
    const [batch] = await store.freeze(ids(), { minute: MINUTE, points: [gauge] });
    expect(JSON.parse(batch?.points ?? '[]')).toEqual([sent(1), gauge]);
    expect(await totalsOf(store)).toEqual([sent(1)]);
  });

  it('never lets a total fall, whatever is frozen, sent and evicted in between', async () => {
    const store = fresh();
    let expected = 0;
    let sum = 0;
    for (let i = 0; i < 40; i++) {
      await store.add(pack(`p${i}`, [sent(i)], MINUTE + 60 * (i % 3)));
      expected += i;
      if (i % 4 === 0)
        for (const batch of await store.freeze(ids(), { minute: MINUTE + 60 * i, points: [] })) {
          for (const [, , [n = 0]] of JSON.parse(batch.points) as Point[]) sum += n;
          await store.sent(batch.id);
        }
      if (i % 7 === 0) await evictDurableObject(store);
      expect(await totalsOf(store)).toEqual([sent(expected)]);
    }
    for (const batch of await store.freeze(ids(), NO_GAUGES))
      for (const [, , [n = 0]] of JSON.parse(batch.points) as Point[]) sum += n;
    expect(sum).toBe(expected);
    console.log(`packs 40, totals ${expected}, in batches ${sum}`);
  });

  it('leaves minutes it has no id for to the next call', async () => {
    const store = fresh();
    for (let i = 0; i < 5; i++) await store.add(pack(`p${i}`, [sent(1)], MINUTE + 60 * i));
    expect(await store.freeze(ids(2), { minute: MINUTE + 240, points: [] })).toHaveLength(2);
    expect(await store.freeze(ids(9), { minute: MINUTE + 240, points: [] })).toHaveLength(5);
    expect(await totalsOf(store)).toEqual([sent(5)]);
  });

  it('knows a pack that is frozen for an hour, and forgets it then', async () => {
    const store = fresh();
    await store.add(pack('young', [sent(1)]));
    await store.add(pack('old', [sent(1)]));
    await store.freeze(ids(), NO_GAUGES);
    const known = () =>
      runInDurableObject(store, async (_, { storage }) => {
        const rows = storage.sql.exec<{ id: string }>('SELECT id FROM packs ORDER BY id');
        return [...rows].map(({ id }) => id);
      });
    await runInDurableObject(store, async (_, { storage }) => {
      storage.sql.exec("UPDATE packs SET at = at - 3590000 WHERE id = 'young'");
      storage.sql.exec("UPDATE packs SET at = at - 3601000 WHERE id = 'old'");
    });
    expect(await known()).toEqual(['old', 'young']);
    await store.freeze(ids(), { minute: MINUTE + 60, points: [] });
    expect(await known()).toEqual(['young']);
  });

  it('gives up the oldest minutes when ClickHouse is away for days, and counts them', async () => {
    const store = fresh();
    await store.waiting();
    await runInDurableObject(store, async (_, state) => {
      for (let i = 0; i < 4325; i++)
        state.storage.sql.exec('INSERT INTO batches VALUES (?, ?, ?)', `b${i}`, MINUTE - 60 * (5000 - i), '[]');
    });
    await store.add(pack('a', [sent(1)]));
    const [oldest] = await store.freeze(ids(), NO_GAUGES);
    expect(await store.waiting()).toBe(4320);
    expect(oldest?.id).toBe('b6');
    expect(await totalsOf(store)).toEqual([sent(1), ['steward_metric_batches_dropped_total', [], [6]]]);
  });
});
