import type { Context } from '../context.ts';
import {
  BUCKETS,
  type CounterName,
  type HistogramName,
  type LabelsOf,
  labelValues,
  type MetricName,
  type Point,
} from './metrics.ts';

/** What an isolate measured in a while, on its way to the store. The id makes a pack that is sent twice count once. */
export interface MetricPack {
  id: string;
  /** The minute it was measured in: seconds since the epoch. */
  minute: number;
  points: Point[];
}

/** Figures of one minute, frozen: whoever stores them names them by their id, so that they count once. */
export interface MetricBatch {
  id: string;
  /** Seconds since the epoch. */
  minute: number;
  /** JSON of points. */
  points: string;
}

type Sending = Pick<Context, 'later' | 'log' | 'metricStore' | 'newId' | 'now'>;

/** What the domain may do with a meter. */
export interface Measures {
  count<N extends CounterName>(name: N, labels: LabelsOf<N>, n?: number): void;
  observe<N extends HistogramName>(name: N, labels: LabelsOf<N>, seconds: number): void;
}

const LOST = 'steward_metric_packs_lost_total';
/** Packs the store did not take; older ones are given up. */
const MOST_WAITING = 20;
/** The request that promised to send what is gathered is gone when it has not by then; the next one does. */
const OVERDUE = 2;
/** What comes after an answer may take 30 s. */
const SENDING_MS = 30_000;

/**
 * Counts what happens in one isolate, and hands it over every few seconds.
 *
 * An isolate that ends takes what it has not handed over along: a few seconds of figures, never of records.
 */
export class Meter implements Measures {
  readonly #gatherMs: number;
  readonly #copy: (points: readonly Point[]) => void;
  #series = new Map<string, { name: MetricName; labels: readonly string[]; numbers: number[] }>();
  /** Since when something is gathered that somebody has promised to send; 0: nobody has. */
  #promisedAt = 0;
  #waiting: MetricPack[] = [];
  /** Since when somebody hands over; 0: nobody. */
  #sendingAt = 0;

  /**
   * @param gatherMs how long measurements are gathered
   * @param copy gets what is handed over, too
   */
  constructor(gatherMs: number, copy: (points: readonly Point[]) => void = () => undefined) {
    this.#gatherMs = gatherMs;
    this.#copy = copy;
  }

  count<N extends CounterName>(name: N, labels: LabelsOf<N>, n = 1): void {
    const { numbers } = this.#seriesOf(name, labels);
    numbers[0] = (numbers[0] ?? 0) + n;
  }

  observe<N extends HistogramName>(name: N, labels: LabelsOf<N>, seconds: number): void {
    const { numbers } = this.#seriesOf(name, labels);
    if (numbers.length === 0) for (let i = 0; i < BUCKETS.length + 3; i++) numbers.push(0);
    let bucket = 2;
    while (bucket - 2 < BUCKETS.length && seconds > (BUCKETS[bucket - 2] as number)) bucket++;
    numbers[0] = (numbers[0] as number) + seconds;
    numbers[1] = (numbers[1] as number) + 1;
    numbers[bucket] = (numbers[bucket] as number) + 1;
  }

  #seriesOf<N extends MetricName>(name: N, named: LabelsOf<N>) {
    const labels = labelValues(name, named as Record<string, string>);
    const key = `${name}\n${labels.join('\n')}`;
    let series = this.#series.get(key);
    if (!series) {
      series = { name, labels, numbers: [] };
      this.#series.set(key, series);
    }
    return series;
  }

  /** Hands over in a while. Whoever answers somebody calls it after the answer; no answer waits for it. */
  sendSoon(ctx: Sending): void {
    if (this.#promisedAt > 0 && ctx.now() - this.#promisedAt < OVERDUE * this.#gatherMs) return;
    this.#promisedAt = ctx.now();
    ctx.later(new Promise((resolve) => setTimeout(resolve, this.#gatherMs)).then(() => this.send(ctx)));
  }

  /** Hands over now. Never rejects: what is not taken goes with the next one. */
  async send(ctx: Sending): Promise<void> {
    this.#promisedAt = 0;
    this.#gather(ctx);
    // Whoever was at it may have ended with its invocation, without a word.
    if (ctx.now() - this.#sendingAt < SENDING_MS) return;
    this.#sendingAt = ctx.now();
    try {
      for (let pack = this.#waiting[0]; pack; pack = this.#waiting[0]) {
        await ctx.metricStore.add(pack);
        this.#waiting = this.#waiting.filter((each) => each !== pack);
      }
    } catch (error) {
      ctx.log.error('measurements wait to be handed over', { error, packs: this.#waiting.length });
    } finally {
      this.#sendingAt = 0;
    }
  }

  #gather(ctx: Sending): void {
    if (this.#series.size === 0) return;
    const points = [...this.#series.values()].map(({ name, labels, numbers }): Point => [name, labels, numbers]);
    this.#series = new Map();
    this.#copy(points);
    this.#waiting.push({ id: ctx.newId(), minute: Math.floor(ctx.now() / 60_000) * 60, points });
    if (this.#waiting.length <= MOST_WAITING) return;
    const given = this.#waiting.shift()?.points ?? [];
    // Those it says were lost before are lost with it.
    const [, , [before = 0]] = given.find(([name]) => name === LOST) ?? [LOST, [], []];
    this.count(LOST, {}, 1 + before);
  }
}
