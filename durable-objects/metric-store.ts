import { DurableObject } from 'cloudflare:workers';
import { type Folded, fold } from '../domain/observability/fold.ts';
import type { MetricBatch, MetricPack } from '../domain/observability/meter.ts';
import type { Point } from '../domain/observability/metrics.ts';

/** A pack that is sent again is known for so long. */
const KNOWN_MS = 3_600_000;
/** Three days of minutes: what ClickHouse has not taken by then is given up. */
const MOST_BATCHES = 4_320;
/** A value of SQLite here may have 2 MB; a series takes about 150 bytes. */
const BATCHES_A_CALL = 20;
const SERIES_A_ROW = 2_000;

/**
 * One object for the whole deployment: what its isolates measured.
 *
 * Packs are rows as they come, one write each. Once a minute they become totals, which a scrape reads and which never fall, and
 * batches, which wait until ClickHouse has them. A pack, and a batch, counts once however often it is sent.
 */
export class MetricStore extends DurableObject {
  #ready = false;

  get #sql(): SqlStorage {
    const { sql } = this.ctx.storage;
    if (!this.#ready) {
      sql.exec(`CREATE TABLE IF NOT EXISTS packs (id TEXT PRIMARY KEY, at INTEGER NOT NULL, minute INTEGER NOT NULL, points TEXT);
        CREATE INDEX IF NOT EXISTS packs_new ON packs (minute) WHERE points IS NOT NULL;
        CREATE TABLE IF NOT EXISTS totals (part INTEGER PRIMARY KEY, points TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS batches (id TEXT PRIMARY KEY, minute INTEGER NOT NULL, points TEXT NOT NULL)`);
      this.#ready = true;
    }
    return sql;
  }

  async add({ id, minute, points }: MetricPack): Promise<void> {
    this.#sql.exec('INSERT OR IGNORE INTO packs VALUES (?, ?, ?, ?)', id, Date.now(), minute, JSON.stringify(points));
  }

  /** Counters and histograms since the deployment's beginning; JSON of points. */
  async totals(): Promise<string> {
    const totals = this.#totals();
    for (const { points } of this.#sql.exec<{ points: string }>('SELECT points FROM packs WHERE points IS NOT NULL'))
      fold(totals, JSON.parse(points));
    return JSON.stringify([...totals.values()]);
  }

  /**
   * Freezes what has come since the last call, a batch a minute, beside `gauges`, which are this minute's.
   * @param ids of the batches that this makes; more minutes than these wait for the next call
   * @returns what ClickHouse is to be given, oldest first
   */
  async freeze(ids: readonly string[], gauges: { minute: number; points: Point[] }): Promise<MetricBatch[]> {
    if (ids.length > 0) this.ctx.storage.transactionSync(() => this.#freeze(ids, gauges));
    return this.#waiting();
  }

  #freeze(ids: readonly string[], gauges: { minute: number; points: Point[] }): void {
    const sql = this.#sql;
    const free = [...ids];
    const minutes = this.#newMinutes();
    const wanted = new Set([gauges.minute, ...minutes.keys()]);
    const totals = this.#totals();
    for (const minute of [...wanted].slice(0, free.length)) {
      const found = minutes.get(minute);
      const points = [...(found?.values() ?? []), ...(minute === gauges.minute ? gauges.points : [])];
      if (points.length === 0) continue;
      sql.exec('INSERT INTO batches VALUES (?, ?, ?)', free.shift(), minute, JSON.stringify(points));
      if (found) fold(totals, [...found.values()]);
      sql.exec('UPDATE packs SET points = NULL WHERE minute = ? AND points IS NOT NULL', minute);
    }
    this.#dropOldest(totals);
    this.#keepTotals(totals);
    sql.exec('DELETE FROM packs WHERE points IS NULL AND at < ?', Date.now() - KNOWN_MS);
  }

  /** ClickHouse has it. */
  async sent(id: string): Promise<void> {
    this.#sql.exec('DELETE FROM batches WHERE id = ?', id);
  }

  async waiting(): Promise<number> {
    return this.#sql.exec<{ n: number }>('SELECT count(*) AS n FROM batches').one().n;
  }

  #newMinutes(): Map<number, Folded> {
    const minutes = new Map<number, Folded>();
    const rows = this.#sql.exec<{ minute: number; points: string }>(
      'SELECT minute, points FROM packs WHERE points IS NOT NULL ORDER BY minute',
    );
    for (const { minute, points } of rows)
      minutes.set(minute, fold(minutes.get(minute) ?? new Map(), JSON.parse(points)));
    return minutes;
  }

  #totals(): Folded {
    const totals: Folded = new Map();
    for (const { points } of this.#sql.exec<{ points: string }>('SELECT points FROM totals'))
      fold(totals, JSON.parse(points));
    return totals;
  }

  #keepTotals(totals: Folded): void {
    const all = [...totals.values()];
    for (let part = 0; part * SERIES_A_ROW < all.length; part++)
      this.#sql.exec(
        'INSERT OR REPLACE INTO totals VALUES (?, ?)',
        part,
        JSON.stringify(all.slice(part * SERIES_A_ROW, (part + 1) * SERIES_A_ROW)),
      );
  }

  #dropOldest(totals: Folded): void {
    const { rowsWritten } = this.#sql.exec(
      'DELETE FROM batches WHERE id NOT IN (SELECT id FROM batches ORDER BY minute DESC, id DESC LIMIT ?)',
      MOST_BATCHES,
    );
    if (rowsWritten > 0) fold(totals, [['steward_metric_batches_dropped_total', [], [rowsWritten]]]);
  }

  #waiting(): MetricBatch[] {
    const rows = this.#sql.exec<{ id: string; minute: number; points: string }>(
      'SELECT id, minute, points FROM batches ORDER BY minute, id LIMIT ?',
      BATCHES_A_CALL,
    );
    return [...rows];
  }
}
