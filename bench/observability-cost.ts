import { type Figure, median, medianOf } from './figure.ts';
import { type Measured, measureLoad, requestText, type Target } from './load.ts';
import type { Bench } from './run.ts';
import type { Site, Worker } from './site.ts';
import { buildWithout, type Replaced } from './without.ts';

const RUNS = 15;
const SECONDS = 3;
/** Long enough for the engine to have compiled what runs often. */
const WARM_UP_SECONDS = 8;
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
  const serve = async (replaced: readonly Replaced[]) =>
    site.workerAlone({ isUninspected: true, script: await buildWithout(site.dataDir, replaced) });
  const workers: Record<Name, Worker> = {
    with: await serve([]),
    line: await serve(REPLACED.line),
    without: await serve(REPLACED.without),
  };
  try {
    const headers = { Authorization: `Bearer ${site.token}`, 'User-Agent': 'bench' };
    const pathOf = (i: number) => `/v1/admin/services/${site.services[i % site.services.length]?.id}/config`;
    const target = (name: Name): Target => ({
      ...workers[name],
      lane: (i) => [requestText('GET', pathOf(i), headers)],
    });
    return costFigures(await measureAtOnce(target, { runs, seconds, progress: report.progress }));
  } finally {
    await Promise.all(Object.values(workers).map((worker) => worker.stop()));
  }
}

interface Plan {
  runs: number;
  seconds: number;
  progress: (line: string) => void;
}

/**
 * All at once, beginning with another one each time: what else the machine does makes the same instructions cost half as much again from
 * one second to the next, and so it does that to all of them.
 */
async function measureAtOnce(target: (name: Name) => Target, { runs, seconds, progress }: Plan): Promise<Measurements> {
  const measured: Measurements = { with: [], line: [], without: [] };
  let names = Object.keys(measured) as Name[];
  await Promise.all(names.map((name) => measureLoad(target(name), WARM_UP_SECONDS)));
  for (let run = 1; run <= runs; run++) {
    names = [...names.slice(1), ...names.slice(0, 1)];
    const loads = names.map(async (name) => measured[name].push(await measureLoad(target(name), seconds)));
    await Promise.all(loads);
    const said = names.map((name) => `${name} ${measured[name].at(-1)?.cpuMicros.toFixed(0)} µs`);
    progress(`run ${run}: ${said.join(', ')}`);
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
  const sum = (name: Name) => measured[name].reduce((all, { cpuMicros }) => all + cpuMicros, 0);
  const others = `ratio of the medians ${(cpu('with') / cpu('without')).toFixed(3)}, of the means ${(sum('with') / sum('without')).toFixed(3)}`;
  const against = { unit: 'µs', limit: cpu('without'), limitIs: WITHOUT, runs };
  return [
    {
      figure: 'request.cpu_overhead',
      value: median(ratios),
      unit: 'with / without',
      limit: WANTED,
      limitIs: 'what is wanted at most',
      runs,
      note: `median of the runs’ own ratios, ${least} to ${most}; ${others}; with the object that keeps the figures, which is in the same process`,
    },
    {
      figure: 'request.cpu_us',
      value: cpu('with'),
      ...against,
      note: 'GET of a configuration, 16 connections; all three at once; CPU of workerd, without Miniflare; both make API logs',
    },
    {
      figure: 'request.line_cpu_us',
      value: cpu('line'),
      ...against,
      note: 'with the line of each request, without meter and traces',
    },
  ];
}
