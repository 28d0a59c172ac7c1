import { randomUUID } from 'node:crypto';
import { BUCKETS, type Point } from '../domain/observability/metrics.ts';
import { type Figure, medianOf } from './figure.ts';
import type { Bench } from './run.ts';
import type { Hosted, Site } from './site.ts';

const RUNS = 3;
const SCRAPES = 50;
const WARM_UP = 10;
const SERIES = 2000;
/** What a day leaves of a route. */
const STATUSES = ['200', '400', '401', '403', '404', '429', '503'];
/** Lines of one histogram: its buckets, the open one, sum and count. */
const HISTOGRAM_LINES = BUCKETS.length + 3;

/** What the bench asks of the object that keeps the figures. */
interface Store {
  add(pack: { id: string; minute: number; points: Point[] }): Promise<void>;
  freeze(ids: string[], gauges: { minute: number; points: Point[] }): Promise<unknown>;
  sent(id: string): Promise<void>;
}

/** A scrape of a Steward that has counted enough for 2,000 series, against one that has counted nothing yet. */
export async function measureScrape(site: Site, { report, runs = RUNS }: Bench): Promise<Figure[]> {
  const [full, fresh] = [await site.worker(), await site.worker()];
  try {
    const { series } = await scrape(site, full);
    await fill(full, await pointsOf(full, SERIES - series));
    await inTurn(site, [full, fresh], WARM_UP);
    const measured: Run[] = [];
    for (let run = 1; run <= runs; run++) {
      const one = await inTurn(site, [full, fresh], SCRAPES);
      measured.push(one);
      report.progress(
        `run ${run}: ${one.full.series} series in ${one.full.ms.toFixed(1)} ms, ${one.fresh.series} in ${one.fresh.ms.toFixed(1)} ms`,
      );
    }
    return [scrapeFigure(measured)];
  } finally {
    await Promise.all([full, fresh].map((worker) => worker.stop()));
  }
}

interface Scraped {
  /** Of several scrapes the median. */
  ms: number;
  /** Of several scrapes what the last one had. */
  series: number;
  bytes: number;
}

type Run = Record<'full' | 'fresh', Scraped>;

async function inTurn(site: Site, [full, fresh]: [Hosted, Hosted], times: number): Promise<Run> {
  const scrapes: Record<keyof Run, Scraped[]> = { full: [], fresh: [] };
  for (let i = 0; i < times; i++) {
    scrapes.full.push(await scrape(site, full));
    scrapes.fresh.push(await scrape(site, fresh));
  }
  const of = (all: Scraped[]) => ({ ...(all.at(-1) as Scraped), ms: medianOf(all, ({ ms }) => ms) });
  return { full: of(scrapes.full), fresh: of(scrapes.fresh) };
}

/** @throws Error when there were not so many series */
function scrapeFigure(measured: Run[]): Figure {
  const { full, fresh } = measured[0] as Run;
  if (full.series < SERIES || fresh.series > SERIES / 10)
    throw new Error(`the scrapes had ${full.series} and ${fresh.series} series`);
  return {
    figure: 'scrape_2000.ms',
    value: medianOf(measured, (one) => one.full.ms),
    unit: 'ms',
    limit: medianOf(measured, (one) => one.fresh.ms),
    limitIs: `a scrape of a fresh Steward, ${fresh.series} series, in turn with it`,
    runs: measured.length,
    note: `${full.series} series, ${full.bytes} bytes of text; ${SCRAPES} scrapes a run; each reads the gauges anew, of Postgres, the queues and health`,
  };
}

async function scrape(site: Site, worker: Hosted): Promise<Scraped> {
  const began = performance.now();
  const response = await fetch(new URL('/v1/observability/metrics', worker.url), {
    headers: { Authorization: `Bearer ${site.token}` },
  });
  const text = await response.text();
  const ms = performance.now() - began;
  if (response.status !== 200) throw new Error(text);
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  return { ms, series, bytes: text.length };
}

/** Of the routes there are, as much as makes so many lines: requests by status, and how long they took. */
async function pointsOf(worker: Hosted, lines: number): Promise<Point[]> {
  const { paths } = (await (await fetch(new URL('/v1/openapi.json', worker.url))).json()) as {
    paths: Record<string, object>;
  };
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [path.replace(/\{(\w+)\}/g, ':$1'), method.toUpperCase()] as const),
  );
  const points: Point[] = [];
  let left = lines;
  const add = (point: Point, written: number) => {
    if (left < written) return;
    points.push(point);
    left -= written;
  };
  const numbers = [12.5, 100, ...Array.from({ length: HISTOGRAM_LINES - 2 }, (_, i) => i)];
  for (const route of routes) add(['steward_http_request_duration_seconds', route, numbers], HISTOGRAM_LINES);
  for (const status of STATUSES)
    for (const route of routes) add(['steward_http_requests_total', [...route, status], [100]], 1);
  if (left > 0) throw new Error(`${routes.length} routes do not make ${lines} lines`);
  return points;
}

/** As an isolate hands over, and as the clock makes totals of it each minute. */
async function fill({ miniflare }: Hosted, points: Point[]): Promise<void> {
  const stores = await miniflare.getDurableObjectNamespace('METRIC_STORE', 'steward');
  const store = stores.get(stores.idFromName('all')) as unknown as Store;
  const [id, minute] = [randomUUID(), Math.floor(Date.now() / 60_000) * 60];
  await store.add({ id: randomUUID(), minute, points });
  await store.freeze([id], { minute, points: [] });
  await store.sent(id);
}
