/// <reference lib="dom" />
import type { Browser } from 'playwright-core';
import { type Figure, median } from './figure.ts';
import { signedInContext, type WebSite } from './web-site.ts';
import { gzipKb } from './web-sizes.ts';

/** As Lighthouse slows a phone's processor. */
const SLOWDOWN = 4;
/** What web.dev calls good. */
const GOOD_LCP_MS = 2500;
const GOOD_TBT_MS = 200;
const MAX_CLS = 0.02;
const QUIET_MS = 3000;

interface Load {
  lcp: number;
  tbt: number;
  cls: number;
  /** Scripts that had been asked for when the page was painted, and after it; by path. */
  before: string[];
  after: string[];
}

/** Loads a page with an empty cache and looks until nothing has come for a while. */
async function load(browser: Browser, site: WebSite, path: string): Promise<Load> {
  const context = await signedInContext(browser, site);
  const page = await context.newPage();
  const client = await context.newCDPSession(page);
  await client.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
  await page.addInitScript(() => {
    const seen = { lcp: 0, tbt: 0, cls: 0 };
    Object.assign(window, { seen });
    const on = (type: string, each: (entry: PerformanceEntry) => void) =>
      new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
    on('largest-contentful-paint', ({ startTime }) => {
      seen.lcp = startTime;
    });
    on('longtask', ({ duration }) => {
      seen.tbt += Math.max(0, duration - 50);
    });
    on('layout-shift', (entry) => {
      const { value, hadRecentInput } = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
      if (!hadRecentInput) seen.cls += value;
    });
  });
  await page.goto(site.url + path);
  await page.locator('h1').waitFor();
  await page.waitForTimeout(QUIET_MS);
  const seen = await page.evaluate(() => {
    const { lcp, tbt, cls } = (window as unknown as { seen: Load }).seen;
    const scripts = performance
      .getEntriesByType('resource')
      .filter(({ name }) => name.endsWith('.js'))
      .map(({ name, startTime }) => ({ path: new URL(name).pathname, startTime }));
    return { lcp, tbt, cls, scripts };
  });
  await context.close();
  const paths = (isBefore: boolean) =>
    seen.scripts.filter(({ startTime }) => startTime <= seen.lcp === isBefore).map(({ path: script }) => script);
  return { lcp: seen.lcp, tbt: seen.tbt, cls: seen.cls, before: paths(true), after: paths(false) };
}

const kbOf = async (paths: string[]) =>
  (await Promise.all([...new Set(paths)].map((path) => gzipKb(path.slice(1))))).reduce((sum, size) => sum + size, 0);

/** The services list, loaded cold by a real Chromium on a processor four times slower than this one. */
export async function measureLoad(browser: Browser, site: WebSite, runs: number): Promise<Figure[]> {
  const loads: Load[] = [];
  for (let run = 0; run < runs; run++) loads.push(await load(browser, site, '/services'));
  const of = (figure: string, pick: (one: Load) => number, unit: string, limit: number, limitIs: string): Figure => {
    return { figure, value: median(loads.map(pick)), unit, limit, limitIs, runs };
  };
  const [one] = loads;
  const sizes: Figure[] = one
    ? [
        {
          ...of('services.js_kb_gz', () => 0, 'kB gz', 180, 'the budget of the first load'),
          value: await kbOf(one.before),
          note: 'all scripts of /services before it is painted',
        },
        {
          ...of('services.js_after_paint_kb_gz', () => 0, 'kB gz', 180, 'the budget of the first load'),
          value: await kbOf(one.after),
          note: 'and after it, such as OpenTelemetry’s SDK',
        },
      ]
    : [];
  return [
    of('services.lcp_ms', ({ lcp }) => lcp, 'ms', GOOD_LCP_MS, `what web.dev calls good; CPU slowed ${SLOWDOWN} times`),
    of('services.tbt_ms', ({ tbt }) => tbt, 'ms', GOOD_TBT_MS, `what web.dev calls good; CPU slowed ${SLOWDOWN} times`),
    of('cls', ({ cls }) => cls, '', MAX_CLS, 'the budget'),
    ...sizes,
  ];
}
