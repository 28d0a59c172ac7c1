import { type NeonCounter, startNeonCounter } from './neon-counter.ts';
import { plantPeople, SESSIONS_EACH } from './operations-data.ts';
import { type Measurements, operationFigures, REST } from './operations-figures.ts';
import { type Alone, type Beside, prepared, runAlone, runBeside } from './operations-measure.ts';
import { measurePlans } from './operations-plan.ts';
import { type Desk, finished, settled, start } from './operations-run.ts';
import type { Bench } from './run.ts';
import { startSite } from './site.ts';

const ROWS = 100_000;
const RUNS = 3;
const PLANS = 7;
const WARM_UP_EACH = 10;
/** So that a run at `REST` ends within a minute or so. */
const RESTFUL_EACH = 10;

/** Ending 100,000 sessions of 1,000 admins, and planning it: held against bare SQL, and against the API with nothing to do. */
export async function benchOperations(bench: Bench): Promise<void> {
  const { report, runs = RUNS, rows = ROWS } = bench;
  const site = await startSite({ ...bench, log: report.progress });
  const counter = await startNeonCounter(site.neonUrl);
  try {
    const people = await plantPeople(site, Math.max(2, Math.round(rows / SESSIONS_EACH)));
    const at = async <T>(
      vars: Record<string, string>,
      warmUpEach: number,
      work: (desk: Desk) => Promise<T>,
    ): Promise<T> => {
      const worker = await site.worker({ neonUrl: counter.url, vars });
      // Its Durable Objects are new and count fencing tokens from one again: under the locks of the Worker before, nothing would count.
      await site.db.query('DELETE FROM operation_locks');
      try {
        const desk = { site, worker, people };
        await warmUp(desk, warmUpEach);
        return await work(desk);
      } finally {
        await worker.stop();
      }
    };
    const measured = await at({}, WARM_UP_EACH, (desk) => measure(desk, counter, runs, report.progress));
    const restful = await at(REST, 1, (desk) => measureRestful(desk, runs, report.progress));
    for (const figure of operationFigures({ ...measured, restful })) report.figure(figure);
  } finally {
    await counter.close();
    await site.stop();
  }
}

async function measure(
  desk: Desk,
  counter: NeonCounter,
  runs: number,
  progress: (line: string) => void,
): Promise<Omit<Measurements, 'restful'>> {
  const planned = await measurePlans(desk, counter.url, PLANS);
  for (const { count, plan, request } of planned)
    progress(
      `plan: counted in ${count.toFixed(0)}, planned in ${plan.toFixed(0)}, requested in ${request.toFixed(0)} ms`,
    );
  const [alone, beside]: [Alone[], Beside[]] = [[], []];
  for (let run = 1; run <= runs; run++) {
    const one = await runAlone(desk, counter);
    alone.push(one);
    progress(
      `run ${run} alone: ${one.itemsPerSecond.toFixed(0)} items/s, bare UPDATE ${one.barePerSecond.toFixed(0)}/s`,
    );
    const other = await runBeside(desk);
    beside.push(other);
    progress(`run ${run} beside others: ${said(other)}`);
  }
  return { alone, beside, planned };
}

async function measureRestful(desk: Desk, runs: number, progress: (line: string) => void): Promise<Beside[]> {
  const restful: Beside[] = [];
  for (let run = 1; run <= runs; run++) {
    const one = await runBeside(desk, RESTFUL_EACH);
    restful.push(one);
    progress(`run ${run} beside others, at rest most of the time: ${said(one)}`);
  }
  return restful;
}

const said = ({ refused, duringP95, idleP95, seconds }: Beside): string =>
  `${seconds.toFixed(0)} s, last refused after ${refused.ms.toFixed(0)} ms, p95 ${duringP95.toFixed(1)} ms, idle ${idleP95.toFixed(1)} ms`;

/** A smaller one, so that what runs often is compiled. */
async function warmUp(desk: Desk, sessionsEach: number): Promise<void> {
  const requested = await prepared(desk, sessionsEach);
  await start(desk, requested);
  await finished(desk, requested);
  await settled(desk);
}
