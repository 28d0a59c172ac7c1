import type { MeasuredExport } from './export-run.ts';
import { type Figure, medianOf } from './figure.ts';
import type { Ceiling } from './r2-ceiling.ts';

/** The same rows in different ways, and a tenth of them to see what grows. */
export interface Round {
  exported: MeasuredExport;
  /** With R2 outside workerd. */
  alone: MeasuredExport;
  small: MeasuredExport;
  smallAlone: MeasuredExport;
  curlSeconds: number;
  ceiling: Ceiling;
}

const BUDGET_MB = 64;

const CURL = 'curl of the same query through the same front into a file';
const R2 = 'a loop that only puts objects of these sizes into the same R2 simulator';
const ALONE = 'R2 outside workerd (bench/r2-sink.ts): the Worker without the simulator';
const SIMULATED = 'with the simulators of R2, queues and locks in the same process';

const mb = (bytes: number) => bytes / 1e6;
const rate = ({ bytes, seconds }: MeasuredExport) => mb(bytes) / seconds;
const curlRate = ({ exported, curlSeconds }: Round) => mb(exported.bytes) / curlSeconds;

export const summary = ({ exported, alone, small, smallAlone, curlSeconds, ceiling }: Round) =>
  [
    `${exported.rows} rows, ${mb(exported.bytes).toFixed(0)} MB, ${exported.chunks.length} chunks`,
    `export ${exported.seconds.toFixed(1)} s, ${exported.cpu.toFixed(1)} CPU-s, peak +${exported.above.rss.toFixed(0)} MB (a tenth +${small.above.rss.toFixed(0)})`,
    `with R2 outside ${alone.seconds.toFixed(1)} s, ${alone.cpu.toFixed(1)} CPU-s, peak +${alone.above.rss.toFixed(0)} MB (a tenth +${smallAlone.above.rss.toFixed(0)})`,
    `curl ${curlSeconds.toFixed(1)} s`,
    `R2 alone ${ceiling.rate.toFixed(0)} MB/s, peak +${ceiling.above.toFixed(0)} MB`,
  ].join('; ');

export function exportFigures(rounds: readonly Round[]): Figure[] {
  const runs = rounds.length;
  return [...throughput(rounds), ...memory(rounds), ...trips(rounds)].map((figure) => ({ ...figure, runs }));
}

type Plain = Omit<Figure, 'runs'>;

function throughput(rounds: readonly Round[]): Plain[] {
  const [exported, curl] = [medianOf(rounds, (round) => rate(round.exported)), medianOf(rounds, curlRate)];
  const [r2, plain] = [
    medianOf(rounds, ({ ceiling }) => ceiling.rate),
    medianOf(rounds, ({ ceiling }) => ceiling.plainRate),
  ];
  const rows = medianOf(rounds, (round) => round.exported.rows / round.exported.seconds);
  const curlRows = medianOf(rounds, (round) => round.exported.rows / round.curlSeconds);
  const alone = medianOf(rounds, (round) => rate(round.alone));
  const first = rounds[0]?.exported;
  const size = `${first?.rows} rows, ${mb(first?.bytes ?? 0).toFixed(0)} MB, ${first?.chunks.length} chunks, byte for byte what curl read`;
  const lower = r2 < curl ? { limit: r2, limitIs: R2 } : { limit: curl, limitIs: CURL };
  const ceilings = `R2 simulator ${r2.toFixed(0)} MB/s (${plain.toFixed(0)} without the hash it checks), curl ${curl.toFixed(0)} MB/s; wanted: at least 0.8`;
  return [
    { figure: 'csv.rows_s', value: rows, unit: 'rows/s', limit: curlRows, limitIs: CURL, note: size },
    { figure: 'csv.mb_s', value: exported, unit: 'MB/s', limit: r2, limitIs: R2, note: size },
    { figure: 'csv.vs_curl', value: exported, unit: 'MB/s', limit: curl, limitIs: CURL },
    { figure: 'csv.vs_ceiling', value: exported, unit: 'MB/s', ...lower, note: ceilings },
    { figure: 'csv.alone_vs_curl', value: alone, unit: 'MB/s', limit: curl, limitIs: CURL, note: ALONE },
  ];
}

function memory(rounds: readonly Round[]): Plain[] {
  const above = (of: 'exported' | 'alone' | 'small' | 'smallAlone') => medianOf(rounds, (round) => round[of].above.rss);
  const r2 = medianOf(rounds, ({ ceiling }) => ceiling.above);
  const budget = { unit: 'MB', limit: BUDGET_MB, limitIs: 'the budget' };
  const tenth = { unit: 'MB', limitIs: 'the same peak with a tenth of the rows' };
  const held = (of: 'alone' | 'smallAlone') => medianOf(rounds, (round) => round[of].held);
  const after = { limit: held('smallAlone'), limitIs: 'the same after a tenth of the rows' };
  const loop = `${SIMULATED}; the loop that only puts into R2 peaks at +${r2.toFixed(0)} MB`;
  return [
    { figure: 'csv.peak_mb_above_idle', value: above('exported'), ...budget, note: loop },
    { figure: 'csv.memory_growth', value: above('exported'), ...tenth, limit: above('small'), note: SIMULATED },
    { figure: 'csv.alone_peak_mb_above_idle', value: above('alone'), ...budget, note: ALONE },
    { figure: 'csv.alone_memory_growth', value: above('alone'), ...tenth, limit: above('smallAlone'), note: ALONE },
    {
      figure: 'csv.alone_held_mb',
      value: held('alone'),
      unit: 'MB',
      ...after,
      note: 'objects and buffers of the Worker’s isolate after the export, garbage collected; what a peak has above it is garbage and the allocator’s',
    },
  ];
}

function trips(rounds: readonly Round[]): Plain[] {
  const value = medianOf(rounds, ({ exported }) => exported.roundTrips / exported.chunks.length);
  const note = 'with the request itself, claims, the count and audit delivery';
  return [
    { figure: 'csv.db_round_trips_per_chunk', value, unit: 'requests', limit: 1, limitIs: 'one commit a chunk', note },
  ];
}
