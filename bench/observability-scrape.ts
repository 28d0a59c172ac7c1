import { randomUUID } from 'node:crypto';
import { BUCKETS, type Point } from '../domain/observability/metrics.ts';
import { type Figure, median } from './figure.ts';
import type { Bench } from './run.ts';
import type { Hosted, Site } from './site.ts';

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
export async function measureScrape(site: Site, { report, runs = SCRAPES }: Bench): Promise<Figure[]> {
  const [full, fresh] = [await site.worker(), await site.worker()];
  try {
    const before = await scrape(site, full);
    await fill(full, await pointsOf(full, SERIES - before.series));
    const times: Record<'full' | 'fresh', number[]> = { full: [], fresh: [] };
    for (let i = 0; i < WARM_UP; i++) for (const worker of [full, fresh]) await scrape(site, worker);
    let [last, smallest] = [before, before];
    for (let i = 0; i < runs; i++) {
      last = await scrape(site, full);
      times.full.push(last.ms);
      smallest = await scrape(site, fresh);
      times.fresh.push(smallest.ms);
    }
    if (last.series < SERIES) throw new Error(`the scrape had ${last.series} series`);
    report.progress(`scrapes of ${last.series} and of ${smallest.series} series, ${runs} each`);
    return [
      {
        figure: 'scrape_2000.ms',
        value: median(times.full),
        unit: 'ms',
        limit: median(times.fresh),
        limitIs: `a scrape of a fresh Steward, ${smallest.series} series, in turn with it`,
        runs,
        note: `${last.series} series, ${last.bytes} bytes of text; slowest ${Math.max(...times.full).toFixed(1)} ms; gauges are read anew by each: Postgres, queues, health`,
      },
    ];
  } finally {
    await Promise.all([full, fresh].map((worker) => worker.stop()));
  }
}

async function scrape(site: Site, worker: Hosted) {
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
