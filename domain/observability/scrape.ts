import type { Context } from '../context.ts';
import { inTime } from '../gate/patience.ts';
import { type ExpositionFormat, expose } from './exposition.ts';
import { gaugePoint, readAllGauges } from './gauges.ts';
import type { Point } from './metrics.ts';

type Scraping = Pick<Context, 'db' | 'queues' | 'metricStore' | 'statusLog' | 'now' | 'log'>;

const TOTALS_MS = 2000;

/**
 * Every figure there is, for a scraper. What a source that does not answer knows is left out, and `steward_scrape_source_up` says so;
 * ClickHouse is none of them.
 */
export async function scrape(ctx: Scraping, format: ExpositionFormat): Promise<string> {
  const [gauges, totals] = await Promise.all([
    readAllGauges(ctx),
    inTime(ctx.metricStore.totals(), TOTALS_MS).catch((error) => {
      ctx.log.error('a scrape goes without counters', { error });
      return null;
    }),
  ]);
  if (totals !== null) return expose([...(JSON.parse(totals) as Point[]), ...gauges.points], format);
  // The store may have said how many minutes wait, and not the totals: what counts is what this scrape holds.
  return expose(gauges.points.map(withoutCounters), format);
}

const withoutCounters = (point: Point): Point =>
  point[0] === 'steward_scrape_source_up' && point[1][0] === 'counters'
    ? gaugePoint('steward_scrape_source_up', { source: 'counters' }, 0)
    : point;
