import { settle, writeAuditRows } from './audit-rows.ts';
import { curl } from './curl.ts';
import { exportFigures, type Round, summary } from './export-figures.ts';
import { measureSimulated, measureWorker } from './export-run.ts';
import { r2Ceiling } from './r2-ceiling.ts';
import type { Bench } from './run.ts';
import { type Site, startSite } from './site.ts';

const ROWS = 2_000_000;
const SMALLER = 10;
const WARM_UP_ROWS = 1_000;
const RUNS = 3;

/** A CSV export, held against what the engine, the network and R2 allow. */
export async function benchExport(bench: Bench): Promise<void> {
  const { report, dataDir, onChild, rows = ROWS, runs = RUNS } = bench;
  const site = await startSite({ dataDir, onChild, log: report.progress });
  try {
    const services = await prepare(site, rows);
    report.progress(`${rows} rows and ${Math.ceil(rows / SMALLER)} rows written`);
    const rounds: Round[] = [];
    for (let run = 1; run <= runs; run++) {
      const round = await oneRound(bench, site, services);
      rounds.push(round);
      report.progress(`run ${run}: ${summary(round)}`);
    }
    for (const figure of exportFigures(rounds)) report.figure(figure);
  } finally {
    await site.stop();
  }
}

interface Services {
  big: string;
  small: string;
  warmUp: string;
}

async function prepare(site: Site, rows: number): Promise<Services> {
  const [big, small, warmUp] = site.services.map(({ id }) => id);
  if (!big || !small || !warmUp) throw new Error('the seed has fewer than three services');
  await writeAuditRows(site, big, rows);
  await writeAuditRows(site, small, Math.ceil(rows / SMALLER));
  await writeAuditRows(site, warmUp, WARM_UP_ROWS);
  await settle(site);
  return { big, small, warmUp };
}

/** The yardsticks between the exports, so that a busy moment of the machine meets all of them. */
async function oneRound(where: Bench, site: Site, { big, small, warmUp }: Services): Promise<Round> {
  const simulated = await measureSimulated(site, big, warmUp);
  const curlSeconds = await curl(site, big, simulated);
  const ceiling = await r2Ceiling(
    simulated.chunks.map(({ bytes }) => bytes),
    where,
  );
  const [worker, smallAfter, again] = await measureWorker(site, [big, small, big], warmUp);
  const [smallFresh] = await measureWorker(site, [small], warmUp);
  if (!worker || !smallAfter || !again || !smallFresh) throw new Error('an export was not measured');
  return { simulated, curlSeconds, ceiling, worker, smallAfter, again, smallFresh };
}
