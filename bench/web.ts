import { launchBrowser } from '../dev/chromium.ts';
import type { Figure } from './figure.ts';
import type { Bench } from './run.ts';
import { measureLoad } from './web-load.ts';
import { startWebSite } from './web-site.ts';
import { measureSizes } from './web-sizes.ts';
import { measureTable } from './web-table.ts';

const ROWS = 100_000;
const RUNS = 5;

/** What the admin UI weighs, how soon it is there, and how its longest table moves, in a real Chromium. */
export async function benchWeb(bench: Bench): Promise<void> {
  const { report, rows = ROWS, runs = RUNS, only } = bench;
  const say = (figures: Figure[]) => {
    for (const figure of figures)
      if (only?.some((beginning) => figure.figure.startsWith(beginning)) ?? true) report.figure(figure);
  };
  say(await measureSizes());
  if (only?.every((beginning) => /^(first_load|route)/.test(beginning))) return;
  const site = await startWebSite(bench, rows);
  const browser = await launchBrowser();
  try {
    say(await measureLoad(browser, site, runs));
    say(await measureTable(browser, site, { rows, runs, progress: report.progress }));
  } finally {
    await browser.close();
    await site.stop();
  }
}
