import { type Figure, median, medianOf } from './figure.ts';
import { type Measured, measureLoad, requestText, type Target } from './load.ts';
import type { Bench } from './run.ts';
import type { Site, Worker } from './site.ts';
import { buildWithout, type Replaced } from './without.ts';

const RUNS = 9;
const SECONDS = 2;
/** Long enough for the engine to have compiled what runs often. */
const WARM_UP_SECONDS = 4;
/** Of what a request costs. */
const WANTED = 1.1;

/** Steward without what measures it; then with its lines of log alone. */
const REPLACED = {
  without: ['meter.ts', 'traced-stores.ts', 'request-log.ts'],
  line: ['meter.ts', 'traced-stores.ts'],
} satisfies Record<string, Replaced[]>;

type Name = 'with' | keyof typeof REPLACED;
type Measurements = Record<Name, Measured[]>;

/** GET of a configuration by Steward as it is, and by the same bundled without its instrumentation. */
export async function measureCost(site: Site, { report, runs = RUNS, seconds = SECONDS }: Bench): Promise<Figure[]> {
  const workers: Record<Name, Worker> = {
    with: await site.workerAlone(),
    without: await site.workerAlone({ script: await buildWithout(site.dataDir, REPLACED.without) }),
    line: await site.workerAlone({ script: await buildWithout(site.dataDir, REPLACED.line) }),
  };
  try {
    const headers = { Authorization: `Bearer ${site.token}`, 'User-Agent': 'bench' };
    const pathOf = (i: number) => `/v1/admin/services/${site.services[i % site.services.length]?.id}/config`;
    const target = (name: Name): Target => ({
      ...workers[name],
      lane: (i) => [requestText('GET', pathOf(i), headers)],
    });
    return costFigures(await alternate(target, { runs, seconds, progress: report.progress }));
  } finally {
    await Promise.all(Object.values(workers).map((worker) => worker.stop()));
  }
}

interface Plan {
  runs: number;
  seconds: number;
  progress: (line: string) => void;
}

/** There and back again, so that a machine that gets busier or quieter favours none of them. */
async function alternate(target: (name: Name) => Target, { runs, seconds, progress }: Plan): Promise<Measurements> {
  const measured: Measurements = { with: [], line: [], without: [] };
  const names = Object.keys(measured) as Name[];
  for (const name of names) await measureLoad(target(name), WARM_UP_SECONDS);
  for (let run = 0; run < runs; run++)
    for (const name of run % 2 === 0 ? names : names.toReversed()) {
      const one = await measureLoad(target(name), seconds);
      measured[name].push(one);
      progress(`run ${run + 1} ${name}: ${one.cpuMicros.toFixed(0)} µs, ${one.perSecond.toFixed(0)}/s`);
    }
  return measured;
}

const WITHOUT = 'the same Steward bundled without meter, traces and the line of each request; same runtime, same load';

function costFigures(measured: Measurements): Figure[] {
  const runs = measured.with.length;
  const cpu = (name: Name) => medianOf(measured[name], ({ cpuMicros }) => cpuMicros);
  const ratios = measured.with.map((one, i) => one.cpuMicros / (measured.without[i]?.cpuMicros ?? Number.NaN));
  const least = Math.min(...ratios).toFixed(3);
  const most = Math.max(...ratios).toFixed(3);
  const against = { unit: 'µs', limit: cpu('without'), limitIs: WITHOUT, runs };
  return [
    {
      figure: 'request.cpu_overhead',
      value: cpu('with') / cpu('without'),
      unit: 'with / without',
      limit: WANTED,
      limitIs: 'what is wanted at most',
      runs,
      note: `of the medians; median of the runs’ own ratios ${median(ratios).toFixed(3)}, ${least} to ${most}; with the object that keeps the figures, which is in the same process`,
    },
    {
      figure: 'request.cpu_us',
      value: cpu('with'),
      ...against,
      note: 'GET of a configuration, 16 connections; CPU of workerd, without Miniflare; both write audit and API logs',
    },
    {
      figure: 'request.line_cpu_us',
      value: cpu('line'),
      ...against,
      note: 'with the line of each request, without meter and traces',
    },
  ];
}
