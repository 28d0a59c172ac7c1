import type { Figure } from './figure.ts';
import { measureCost } from './observability-cost.ts';
import { measureGivingUp } from './observability-giving-up.ts';
import { measureHealth } from './observability-health.ts';
import { measureNotifications } from './observability-notifications.ts';
import { measureScrape } from './observability-scrape.ts';
import type { Bench } from './run.ts';
import { type Site, startSite } from './site.ts';

/** What is measured together, by its figures' names. */
const PARTS: { figures: string[]; measure(site: Site, bench: Bench): Promise<Figure[]> }[] = [
  { figures: ['request.cpu_overhead', 'request.cpu_us', 'request.line_cpu_us'], measure: measureCost },
  { figures: ['health.p99_ms_one_hanging', 'health.vs_one_look'], measure: measureHealth },
  { figures: ['scrape_2000.ms'], measure: measureScrape },
  { figures: ['notifications.per_s'], measure: measureNotifications },
  { figures: ['notifications.give_up_h'], measure: measureGivingUp },
];

/** What it costs to be observed, and what of that is there when something fails. */
export async function benchObservability(bench: Bench): Promise<void> {
  const { report, only } = bench;
  const isWanted = (figure: string) => only?.some((beginning) => figure.startsWith(beginning)) ?? true;
  const parts = PARTS.filter(({ figures }) => figures.some(isWanted));
  if (parts.length === 0) throw new Error(`no figure begins with ${only?.join(' or ')}`);
  const site = await startSite({ ...bench, log: report.progress });
  try {
    for (const { measure } of parts)
      for (const figure of await measure(site, bench)) if (isWanted(figure.figure)) report.figure(figure);
  } finally {
    await site.stop();
  }
}
