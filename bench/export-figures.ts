import type { MeasuredExport } from './export-run.ts';
import { type Figure, medianOf } from './figure.ts';
import type { Ceiling } from './r2-ceiling.ts';

/** The same rows in different ways, and a tenth of them to see what grows. */
export interface Round {
  /** With the simulators of R2, queues and Durable Objects in the same process. */
  simulated: MeasuredExport;
  /** On a fresh workerd without simulators; then, in the same process, a tenth, and all of it again. */
  worker: MeasuredExport;
  smallAfter: MeasuredExport;
  again: MeasuredExport;
  /** A tenth on a fresh workerd. */
  smallFresh: MeasuredExport;
  curlSeconds: number;
  ceiling: Ceiling;
}

const BUDGET_MB = 64;

const CURL = 'curl of the same query through the same front into a file';
const R2 = 'a loop that only puts objects of these sizes into the same R2 simulator';
const WORKER =
  'workerd with the Worker and a few lines in place of KV and queues (bench/workerd-config.ts); R2 is another process (bench/r2-sink.ts)';
const SIMULATED = 'Miniflare’s simulators of R2, queues and Durable Objects in the same process';

const mb = (bytes: number) => bytes / 1e6;
const rate = ({ bytes, seconds }: MeasuredExport) => mb(bytes) / seconds;
const curlRate = ({ simulated, curlSeconds }: Round) => mb(simulated.bytes) / curlSeconds;
const peak = ({ above }: MeasuredExport) => `+${above.rss.toFixed(0)} MB`;

export const summary = ({ simulated, worker, smallAfter, again, smallFresh, curlSeconds, ceiling }: Round) =>
  [
    `${simulated.rows} rows, ${mb(simulated.bytes).toFixed(0)} MB, ${simulated.chunks.length} chunks`,
    `simulated ${simulated.seconds.toFixed(1)} s, ${simulated.cpu.toFixed(1)} CPU-s, peak ${peak(simulated)}`,
    `Worker ${worker.seconds.toFixed(1)} s, ${worker.cpu.toFixed(1)} CPU-s, peak ${peak(worker)}, then a tenth ${peak(smallAfter)}, again ${peak(again)}; fresh, a tenth ${peak(smallFresh)}`,
    `curl ${curlSeconds.toFixed(1)} s`,
    `R2 alone ${ceiling.rate.toFixed(0)} MB/s, ${ceiling.cpu.toFixed(1)} CPU-s, peak +${ceiling.above.toFixed(0)} MB`,
  ].join('; ');

export function exportFigures(rounds: readonly Round[]): Figure[] {
  const runs = rounds.length;
  return [...throughput(rounds), ...memory(rounds), ...trips(rounds)].map((figure) => ({ ...figure, runs }));
}

type Plain = Omit<Figure, 'runs'>;

function throughput(rounds: readonly Round[]): Plain[] {
  const [simulated, worker] = [
    medianOf(rounds, (round) => rate(round.simulated)),
    medianOf(rounds, (round) => rate(round.worker)),
  ];
  const curl = medianOf(rounds, curlRate);
  const [r2, plain] = [
    medianOf(rounds, ({ ceiling }) => ceiling.rate),
    medianOf(rounds, ({ ceiling }) => ceiling.plainRate),
  ];
  const rows = medianOf(rounds, (round) => round.simulated.rows / round.simulated.seconds);
  const curlRows = medianOf(rounds, (round) => round.simulated.rows / round.curlSeconds);
  const first = rounds[0]?.simulated;
  const size = `${first?.rows} rows, ${mb(first?.bytes ?? 0).toFixed(0)} MB, ${first?.chunks.length} chunks, byte for byte what curl read; ${SIMULATED}`;
  const lower = r2 < curl ? { limit: r2, limitIs: R2 } : { limit: curl, limitIs: CURL };
  const cpu = (of: 'simulated' | 'worker') => medianOf(rounds, (round) => round[of].cpu).toFixed(1);
  const putting = medianOf(rounds, ({ ceiling }) => ceiling.cpu).toFixed(1);
  const took = medianOf(rounds, (round) => round.simulated.seconds).toFixed(1);
  const ceilings =
    `R2 simulator ${r2.toFixed(0)} MB/s (${plain.toFixed(0)} without the hash it checks), curl ${curl.toFixed(0)} MB/s; wanted: at least 0.8; ` +
    `workerd’s one thread: ${cpu('simulated')} CPU-s in ${took} s, of which putting alone takes ${putting} and the Worker without simulators ${cpu('worker')}`;
  return [
    { figure: 'csv.rows_s', value: rows, unit: 'rows/s', limit: curlRows, limitIs: CURL, note: size },
    { figure: 'csv.mb_s', value: simulated, unit: 'MB/s', limit: r2, limitIs: R2, note: size },
    { figure: 'csv.vs_curl', value: simulated, unit: 'MB/s', limit: curl, limitIs: CURL, note: SIMULATED },
    { figure: 'csv.vs_ceiling', value: simulated, unit: 'MB/s', ...lower, note: ceilings },
    { figure: 'csv.worker_vs_curl', value: worker, unit: 'MB/s', limit: curl, limitIs: CURL, note: WORKER },
  ];
}

function memory(rounds: readonly Round[]): Plain[] {
  const above = (of: 'simulated' | 'worker' | 'smallAfter' | 'again' | 'smallFresh') =>
    medianOf(rounds, (round) => round[of].above.rss);
  const held = (of: 'again' | 'smallAfter') => medianOf(rounds, (round) => round[of].held);
  const budget = { unit: 'MB', limit: BUDGET_MB, limitIs: 'the budget' };
  const r2 = medianOf(rounds, ({ ceiling }) => ceiling.above);
  const [warm, fresh] = ['in a process that exported all of it once before', 'both in a fresh process'];
  return [
    { figure: 'csv.peak_mb_above_idle', value: above('worker'), ...budget, note: `${WORKER}; fresh process` },
    {
      figure: 'csv.simulated_peak_mb_above_idle',
      value: above('simulated'),
      unit: 'MB',
      limit: r2,
      limitIs: `${R2}, its peak`,
      note: `${SIMULATED}, which take most of it`,
    },
    {
      figure: 'csv.memory_growth',
      value: above('again'),
      unit: 'MB',
      limit: above('smallAfter'),
      limitIs: 'the same peak with a tenth of the rows',
      note: `${WORKER}; both ${warm}`,
    },
    {
      figure: 'csv.fresh_memory_growth',
      value: above('worker'),
      unit: 'MB',
      limit: above('smallFresh'),
      limitIs: 'the same peak with a tenth of the rows',
      note: `${WORKER}; ${fresh}, where a short export ends before garbage has reached what the collector lets lie`,
    },
    {
      figure: 'csv.held_mb',
      value: held('again'),
      unit: 'MB',
      limit: held('smallAfter'),
      limitIs: 'the same after a tenth of the rows',
      note: 'objects and buffers of the Worker’s isolate after the export, garbage collected',
    },
  ];
}

function trips(rounds: readonly Round[]): Plain[] {
  const value = medianOf(rounds, ({ simulated }) => simulated.roundTrips / simulated.chunks.length);
  const note = 'with the request itself, claims, the count and audit delivery';
  return [
    { figure: 'csv.db_round_trips_per_chunk', value, unit: 'requests', limit: 1, limitIs: 'one commit a chunk', note },
  ];
}
