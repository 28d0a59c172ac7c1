import { exportOf, finished, request, rowOf, stopWorker, type Wanted } from './export-run.ts';
import { type Figure, median } from './figure.ts';
import { type Site, until, type Worker } from './site.ts';

const RUNS = 3;
const MOST = 5;
const LIMIT_SECONDS = 2;

/** How much longer a small export takes while a big one runs, with Miniflare's queues, which deliver one message after the other. */
export async function fairFigure(site: Site, { big, small }: { big: Wanted; small: Wanted }): Promise<Figure> {
  const worker = await site.worker();
  try {
    await exportOf(site, worker, small);
    const alone: number[] = [];
    for (let run = 0; run < RUNS; run++) alone.push(await timed(site, worker, small));
    const beside: number[] = [];
    let bigOnes = 0;
    // A big one may end before many small ones did.
    while (beside.length < RUNS) {
      bigOnes++;
      beside.push(...(await besideOne(site, worker, { big, small })));
    }
    const worst = Math.max(...beside);
    return {
      figure: 'fair.small_delay_s',
      value: worst - median(alone),
      unit: 's',
      limit: LIMIT_SECONDS,
      limitIs: 'what a 10-million-row export may delay a 100-row one',
      runs: beside.length,
      note: `slowest of ${beside.length} 100-row exports, each requested while a big one of the same admin ran (${worst.toFixed(2)} s, median ${median(beside).toFixed(2)} s), less the median of ${RUNS} alone (${median(alone).toFixed(2)} s); ${bigOnes} big ones; Miniflare`,
    };
  } finally {
    await stopWorker(site, worker);
  }
}

/** @returns seconds of each small one, the one that outlasted the big one too: it may have had to wait for it */
async function besideOne(
  site: Site,
  worker: Worker,
  { big, small }: { big: Wanted; small: Wanted },
): Promise<number[]> {
  const id = await request(site, worker, big);
  await until(async () => (await rowOf(site, id)).rows > 0, 'the big export has begun');
  const taken: number[] = [];
  while (taken.length < MOST && (await rowOf(site, id)).finishedAt === null)
    taken.push(await timed(site, worker, small));
  await finished(site, id, big);
  return taken;
}

/** From the request, not from its acceptance: the same clock for both sides. */
async function timed(site: Site, worker: Worker, wanted: Wanted): Promise<number> {
  const asked = Date.now() / 1000;
  const { finishedAt } = await exportOf(site, worker, wanted);
  return finishedAt - asked;
}
