import { type Case, type Part, type Plan, planOf } from './export-cases.ts';
import { downloadFigure } from './export-download.ts';
import { fairFigure } from './export-fair.ts';
import { caseFigures, HEAP_MB, type Round, summary } from './export-figures.ts';
import { handoverFigure } from './export-handover.ts';
import { measureSimulated, measureWorker } from './export-measure.ts';
import { SMALL_ROWS, type Stock, stock, WARM_UP_ROWS } from './export-rows.ts';
import type { Wanted } from './export-run.ts';
import { sourceSeconds } from './export-source.ts';
import type { Figure } from './figure.ts';
import { r2Ceiling } from './r2-ceiling.ts';
import type { Bench } from './run.ts';
import { type Site, startSite } from './site.ts';

/** Exports in every format from both stores, held against what the engines, the network and R2 allow. */
export async function benchExport(bench: Bench): Promise<void> {
  const { report, dataDir, onChild } = bench;
  const plan = planOf(bench);
  const site = await startSite({ dataDir, onChild, log: report.progress });
  try {
    const ground = { bench, site, plan, stock: await stock(site, plan), r2Rate: await r2Ceiling(bench) };
    report.progress('rows written');
    for (const one of plan.cases) await measureCase(ground, one);
    for (const part of plan.parts) {
      const figure = await PARTS[part](ground);
      report.progress(`${part}: ${figure.value.toFixed(2)} to ${figure.limit.toFixed(2)} ${figure.unit}`);
      report.figure(figure);
    }
  } finally {
    await site.stop();
  }
}

/** What every measurement works with. */
interface Ground {
  bench: Bench;
  site: Site;
  plan: Plan;
  stock: Stock;
  r2Rate: Awaited<ReturnType<typeof r2Ceiling>>;
}

const csv = ({ stock }: Ground, rows: number): Wanted => {
  return { source: 'clickhouse', format: 'csv', service: stock.service('clickhouse', rows), to: stock.to };
};

const PARTS: Record<Part, (ground: Ground) => Promise<Figure>> = {
  handover: (ground) => handoverFigure(ground.site, csv(ground, ground.plan.rows), ground.plan.rows),
  download: (ground) => downloadFigure(ground.site, ground.bench, csv(ground, ground.plan.downloadRows)),
  fair: (ground) => fairFigure(ground.site, { big: csv(ground, ground.plan.rows), small: csv(ground, SMALL_ROWS) }),
};

async function measureCase(ground: Ground, one: Case): Promise<void> {
  const { report } = ground.bench;
  const rounds: Round[] = [];
  const runs = ground.plan.runsOf(one.rows);
  for (let run = 1; run <= runs; run++) {
    const round = await oneRound(ground, one);
    rounds.push(round);
    report.progress(`${one.name} ${run}/${runs}: ${summary(round)}`);
  }
  for (const figure of caseFigures(one, rounds)) report.figure(figure);
}

/** The yardsticks between the exports, so that a busy moment of the machine meets all of them. What one leaves is gone before the next. */
async function oneRound(ground: Ground, one: Case): Promise<Round> {
  const { site, plan, stock } = ground;
  const warmUp = csv(ground, WARM_UP_ROWS);
  const wanted = { ...one, service: stock.service(one.source, one.rows), to: stock.to };
  const simulated = await measureSimulated(site, wanted, warmUp);
  const seconds = await sourceSeconds(site, one, wanted, simulated);
  const r2Rate = await ground.r2Rate(simulated.chunks.map(({ bytes }) => bytes));
  const isMain = one.name === 'csv.clickhouse';
  const more = isMain ? [csv(ground, plan.tenth), wanted] : [];
  const [worker, small, again] = await measureWorker(site, [wanted, ...more], warmUp);
  if (!worker) throw new Error('an export was not measured');
  const after = small && again ? { small, again } : undefined;
  const isDocument = one.format === 'pdf' || one.format === 'xlsx';
  const [limited] = isDocument ? await measureWorker(site, [wanted], warmUp, HEAP_MB) : [];
  return { simulated, worker, sourceSeconds: seconds, r2Rate, ...(after && { after }), ...(limited && { limited }) };
}
