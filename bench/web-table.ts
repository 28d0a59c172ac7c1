/// <reference lib="dom" />
import type { Browser } from 'playwright-core';
import { type Figure, median } from './figure.ts';
import { signedInContext, type WebSite } from './web-site.ts';

const MIN_FPS = 50;
const MAX_DOM_ROWS = 60;
const MAX_PAINT_MS = 100;
const PAGE = 200;
const LETTERS = 40;

/** The nearest-rank percentile. */
const percentile = (values: number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? 0;

/** Has the whole list in the table: each page of it is asked for when the end of the last one comes near. */
async function fill(
  page: import('playwright-core').Page,
  rows: number,
  progress: (line: string) => void,
): Promise<number> {
  const grid = page.getByRole('grid').first();
  const height = () => grid.evaluate((element) => element.querySelector('[role="rowgroup"]')?.clientHeight ?? 0);
  const rowHeight = await grid
    .locator('[data-index]')
    .first()
    .evaluate((element) => element.clientHeight);
  let loaded = 0;
  for (let tries = 0; loaded < rows && tries < (rows / PAGE) * 20; tries++) {
    await grid.evaluate((element) => {
      const scroller = element.parentElement;
      if (scroller) scroller.scrollTop = scroller.scrollHeight;
    });
    await page.waitForTimeout(20);
    loaded = Math.round((await height()) / rowHeight);
    if (tries % 500 === 0) progress(`${loaded} rows in the table`);
  }
  return loaded;
}

/** Frames a second while the table is scrolled from top to bottom for two seconds, and the most rows the document had. */
function scroll(page: import('playwright-core').Page): Promise<{ fps: number; rows: number }> {
  return page
    .getByRole('grid')
    .first()
    .evaluate(async (grid) => {
      const scroller = grid.parentElement;
      if (!scroller) throw new Error('the table does not scroll');
      scroller.scrollTop = 0;
      const times: number[] = [];
      let rows = 0;
      const began = performance.now();
      await new Promise<void>((done) => {
        const step = (now: number) => {
          times.push(now);
          rows = Math.max(rows, grid.querySelectorAll('[data-index]').length);
          // As fast as a wheel turns: the whole list would be thousands of rows a frame.
          scroller.scrollTop += 120;
          if (now - began < 2000) requestAnimationFrame(step);
          else done();
        };
        requestAnimationFrame(step);
      });
      const first = times[0] ?? 0;
      const last = times.at(-1) ?? 1;
      return { fps: ((times.length - 1) * 1000) / (last - first), rows };
    });
}

/** Milliseconds from each key going down to the frame that shows its letter. */
async function type(page: import('playwright-core').Page): Promise<number[]> {
  const field = page.locator('[data-search-field]').first();
  await field.focus();
  await field.evaluate((element) => {
    const times: number[] = [];
    Object.assign(window, { times });
    let down = 0;
    element.addEventListener('keydown', () => {
      down = performance.now();
    });
    element.addEventListener('input', () =>
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => times.push(performance.now() - down);
        // After the frame's own work is done.
        channel.port2.postMessage(0);
      }),
    );
  });
  for (let letter = 0; letter < LETTERS; letter++)
    await page.keyboard.press('abcdefghij'[letter % 10] ?? 'a', { delay: 20 });
  return page.evaluate(() => (window as unknown as { times: number[] }).times);
}

export async function measureTable(
  browser: Browser,
  site: WebSite,
  { rows, runs, progress }: { rows: number; runs: number; progress: (line: string) => void },
): Promise<Figure[]> {
  const context = await signedInContext(browser, site);
  const page = await context.newPage();
  await page.goto(`${site.url}/audit?q=${encodeURIComponent('created:>=2000-01-01')}`);
  await page.getByRole('grid').first().waitFor();
  const loaded = await fill(page, rows, progress);
  const scrolls = [];
  const keys = [];
  for (let run = 0; run < runs; run++) {
    scrolls.push(await scroll(page));
    keys.push(percentile(await type(page), 0.95));
    await page.keyboard.press('Escape');
  }
  await context.close();
  const note = `${loaded} rows in the table`;
  return [
    {
      figure: 'audit_table.fps',
      value: median(scrolls.map(({ fps }) => fps)),
      unit: 'frames/s',
      limit: MIN_FPS,
      limitIs: 'at least',
      runs,
      note,
    },
    {
      figure: 'audit_table.dom_rows',
      value: Math.max(...scrolls.map((each) => each.rows)),
      unit: 'rows',
      limit: MAX_DOM_ROWS,
      limitIs: 'at most',
      runs,
      note,
    },
    {
      figure: 'audit_table.keystroke_p95_ms',
      value: median(keys),
      unit: 'ms',
      limit: MAX_PAINT_MS,
      limitIs: 'at most',
      runs,
      note,
    },
  ];
}
