import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Folded, fold } from './fold.ts';
import { Meter, type MetricPack } from './meter.ts';
import { BUCKETS, METRICS, type MetricName, type Point } from './metrics.ts';

const QUIET = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  brief: () => undefined,
};

function site() {
  const packs: MetricPack[] = [];
  const state = { now: 1_800_000_000_000, away: false, ids: 0, work: [] as Promise<unknown>[] };
  const ctx = {
    now: () => state.now,
    newId: () => `p${state.ids++}`,
    later: (work: Promise<unknown>) => void state.work.push(work),
    log: QUIET,
    metricStore: {
      add: async (pack: MetricPack) => {
        if (state.away) throw new Error('away');
        packs.push(structuredClone(pack));
      },
    } as never,
  };
  return { packs, state, ctx };
}

const numbersOf = (packs: MetricPack[], name: MetricName) => {
  const folded: Folded = new Map();
  for (const { points } of packs) fold(folded, points);
  return [...folded.values()].filter((point) => point[0] === name).map(([, labels, numbers]) => ({ labels, numbers }));
};

describe('a meter', () => {
  it('adds up what it is told, by series, and forgets what it has handed over', async () => {
    const { packs, ctx } = site();
    const meter = new Meter(10);
    meter.count('steward_queue_deliveries_total', { queue: 'exports', outcome: 'ack' });
    meter.count('steward_queue_deliveries_total', { queue: 'exports', outcome: 'ack' }, 4);
    meter.count('steward_queue_deliveries_total', { queue: 'exports', outcome: 'retry' });
    await meter.send(ctx);
    await meter.send(ctx);
    meter.count('steward_queue_deliveries_total', { queue: 'exports', outcome: 'ack' });
    await meter.send(ctx);
    expect(packs).toHaveLength(2);
    expect(numbersOf(packs, 'steward_queue_deliveries_total')).toEqual([
      { labels: ['exports', 'ack'], numbers: [6] },
      { labels: ['exports', 'retry'], numbers: [1] },
    ]);
  });

  it('writes what is in no list as other, and what is missing too', async () => {
    const { packs, ctx } = site();
    const meter = new Meter(10);
    for (const queue of ['__proto__', 'constructor', 'x'.repeat(10_000), 'jane@example.com', ''])
      meter.count('steward_queue_deliveries_total', { queue: queue as 'exports', outcome: undefined as never });
    await meter.send(ctx);
    expect(numbersOf(packs, 'steward_queue_deliveries_total')).toEqual([{ labels: ['other', 'other'], numbers: [5] }]);
  });

  it('keeps a histogram whose buckets hold all it was told, each value in the right one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constantFrom(...BUCKETS), fc.double({ min: 0, max: 30, noNaN: true })), { minLength: 1 }),
        async (values) => {
          const { packs, ctx } = site();
          const meter = new Meter(10);
          for (const value of values)
            meter.observe('steward_http_request_duration_seconds', { route: '/v1/x', method: 'GET' }, value);
          await meter.send(ctx);
          const [{ numbers = [] } = {}] = numbersOf(packs, 'steward_http_request_duration_seconds');
          const [sum = 0, count = 0, ...buckets] = numbers;
          expect(sum).toBeCloseTo(values.reduce((a, b) => a + b, 0));
          expect(count).toBe(values.length);
          const expected = [...BUCKETS, Number.POSITIVE_INFINITY].map(
            (upper, i) => values.filter((value) => value <= upper && value > (BUCKETS[i - 1] ?? -1)).length,
          );
          expect(buckets).toEqual(expected);
        },
      ),
    );
  });

  it('loses nothing while the store is away for a while, and says what it gave up', async () => {
    const { packs, state, ctx } = site();
    const meter = new Meter(10);
    state.away = true;
    for (let i = 0; i < 19; i++) {
      meter.count('steward_outbox_sent_total', {});
      await meter.send(ctx);
    }
    state.away = false;
    meter.count('steward_outbox_sent_total', {});
    await meter.send(ctx);
    expect(numbersOf(packs, 'steward_outbox_sent_total')).toEqual([{ labels: [], numbers: [20] }]);
    expect(new Set(packs.map(({ id }) => id)).size).toBe(20);
    state.away = true;
    // So long that what says of losses is lost, too.
    for (let i = 0; i < 80; i++) {
      meter.count('steward_outbox_sent_total', {});
      await meter.send(ctx);
    }
    state.away = false;
    await meter.send(ctx);
    await meter.send(ctx);
    const [{ numbers: [sent = 0] = [] } = {}] = numbersOf(packs, 'steward_outbox_sent_total');
    const [{ numbers: [lost = 0] = [] } = {}] = numbersOf(packs, 'steward_metric_packs_lost_total');
    expect(lost).toBeGreaterThan(0);
    expect(sent + lost).toBe(100);
    console.log(`measured 100, store away for 99 tries: handed over ${sent}, given up and said so ${lost}`);
  });

  it('sends the same pack again when it cannot know whether it came through', async () => {
    const { packs, state, ctx } = site();
    const meter = new Meter(10);
    const { add } = ctx.metricStore as { add(pack: MetricPack): Promise<void> };
    const losing = {
      ...ctx,
      metricStore: { add: (pack: MetricPack) => add(pack).then(() => Promise.reject(new Error('lost'))) } as never,
    };
    meter.count('steward_outbox_sent_total', {});
    await meter.send(losing);
    state.now += 1000;
    await meter.send(ctx);
    expect(packs.map(({ id }) => id)).toEqual(['p0', 'p0']);
  });

  it('is not held up by an invocation that ended while it handed over', async () => {
    const { packs, state, ctx } = site();
    const meter = new Meter(10);
    meter.count('steward_outbox_sent_total', {});
    void meter.send({ ...ctx, metricStore: { add: () => new Promise(() => undefined) } as never });
    await meter.send(ctx);
    expect(packs).toHaveLength(0);
    state.now += 30_000;
    await meter.send(ctx);
    expect(packs).toHaveLength(1);
  });

  it('has one promise to send at a time, and another once that one is overdue', async () => {
    const { packs, state, ctx } = site();
    const meter = new Meter(10);
    for (let i = 0; i < 5; i++) {
      meter.count('steward_outbox_sent_total', {});
      meter.sendSoon(ctx);
    }
    expect(state.work).toHaveLength(1);
    state.now += 25;
    meter.sendSoon(ctx);
    expect(state.work).toHaveLength(2);
    await Promise.all(state.work);
    expect(numbersOf(packs, 'steward_outbox_sent_total')).toEqual([{ labels: [], numbers: [5] }]);
  });

  it('copies what it hands over once, however often that is tried', async () => {
    const { state, ctx } = site();
    const copied: Point[] = [];
    const meter = new Meter(10, (points) => void copied.push(...points));
    meter.count('steward_outbox_sent_total', {}, 7);
    state.away = true;
    await meter.send(ctx);
    state.away = false;
    await meter.send(ctx);
    expect(copied).toEqual([['steward_outbox_sent_total', [], [7]]]);
  });
});

/** What Prometheus wants of names: https://prometheus.io/docs/practices/naming/. */
describe('the list of metrics', () => {
  const all = Object.entries(METRICS);

  it('has names with their unit, and labels from short lists', () => {
    let series = 0;
    for (const [name, { kind, help, labels }] of all) {
      expect(name).toMatch(/^steward_[a-z_]+$/);
      expect(name.endsWith('_total'), name).toBe(kind === 'counter');
      if (kind === 'histogram') expect(name).toMatch(/_seconds$/);
      expect(help).toMatch(/^[A-Z0-9].*\.$/);
      let own = 1;
      for (const [label, values] of Object.entries(labels as Record<string, 'route' | readonly string[]>)) {
        expect(label).toMatch(/^[a-z_]+$/);
        // What could name somebody or something is no label.
        expect(label).not.toMatch(
          /^(?:le|quantile|id|.*_id|email|name|address|ip|user|admin|session|service|path|url|host)$/,
        );
        if (values === 'route') continue;
        expect(new Set(values).size).toBe(values.length);
        expect(values.length).toBeLessThanOrEqual(40);
        for (const value of values) expect(value).toMatch(/^[\w-]{1,32}$/);
        own *= values.length + 1;
      }
      if (!('route' in labels)) series += own;
    }
    expect(series).toBeLessThan(1000);
    console.log(`metrics: ${all.length} names, at most ${series} series besides those by route`);
  });
});
