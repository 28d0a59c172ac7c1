import type { Case } from './export-cases.ts';
import { growthFigure } from './export-handover.ts';
import type { MeasuredExport } from './export-measure.ts';
import { sourceName } from './export-source.ts';
import { type Figure, medianOf } from './figure.ts';

/** The same rows in different ways. */
export interface Round {
  /** With the simulators of R2, queues and Durable Objects in the same process. */
  simulated: MeasuredExport;
  /** On a fresh workerd without simulators. */
  worker: MeasuredExport;
  /** Of csv from ClickHouse, in the same process after it: a tenth, and all of it again. */
  after?: { small: MeasuredExport; again: MeasuredExport };
  /** Of a document: as `worker`, with V8’s heap limited to `HEAP_MB`. */
  limited?: MeasuredExport;
  sourceSeconds: number;
  /** MB/s that the R2 simulator takes. */
  r2Rate: number;
}

/** Half of an isolate’s memory; buffers are beside it. */
export const HEAP_MB = 64;
const ISOLATE_MB = 128;
const BUDGET_MB = 64;
const BUDGET_CPU = 0.5;
const BUDGETS = 'the budget of csv and ndjson from ClickHouse';

const R2 = 'a loop that only puts objects of these sizes into the same R2 simulator';
const WORKER =
  'whole process of a workerd with the Worker and a few lines in place of KV and queues (bench/workerd-config.ts); R2 is another process (bench/r2-sink.ts)';
const SIMULATED = 'Miniflare’s simulators of R2, queues and Durable Objects in the same process';

const mb = (bytes: number) => bytes / 1e6;
const perSecond = ({ rows, seconds }: MeasuredExport) => rows / seconds;
const sourceRows = ({ simulated, sourceSeconds }: Round) => simulated.rows / sourceSeconds;
/** As if each row took its share of the file. */
const r2Rows = ({ simulated, r2Rate }: Round) => (r2Rate / mb(simulated.bytes)) * simulated.rows;
const cpuOf = ({ cpu, rows }: MeasuredExport) => (cpu / rows) * 1e6;

export function summary({ simulated, worker, after, limited, sourceSeconds, r2Rate }: Round): string {
  const peak = ({ above }: MeasuredExport) => `+${above.rss.toFixed(0)} MB`;
  const told = ({ seconds, sealSeconds, cpu }: MeasuredExport) =>
    `${seconds.toFixed(1)} s (seal ${sealSeconds.toFixed(1)}), ${cpu.toFixed(1)} CPU-s`;
  return [
    `${simulated.rows} rows, ${mb(simulated.bytes).toFixed(1)} MB, ${simulated.chunks.length} chunks`,
    `simulated ${told(simulated)}, ${peak(simulated)}`,
    `Worker ${told(worker)}, ${peak(worker)}${after ? `, then a tenth ${peak(after.small)}, again ${peak(after.again)}` : ''}`,
    ...(limited ? [`with a heap of ${HEAP_MB} MB ${told(limited)}, ${peak(limited)}`] : []),
    `source ${sourceSeconds.toFixed(1)} s`,
    `R2 alone ${r2Rate.toFixed(0)} MB/s`,
  ].join('; ');
}

type Plain = Omit<Figure, 'runs'>;

export function caseFigures(one: Case, rounds: readonly Round[]): Figure[] {
  const figures = [...throughput(one, rounds), ...costs(one, rounds)].map((each) => ({ ...each, runs: rounds.length }));
  const limited = rounds.flatMap((round) => round.limited ?? []);
  if (limited.length > 0) figures.push({ ...underLimit(one, limited), runs: limited.length });
  if (one.name !== 'csv.clickhouse') return figures;
  return [
    ...figures,
    growthFigure(
      rounds.map(({ worker }) => worker),
      WORKER,
    ),
    ...growth(rounds),
  ];
}

function throughput(one: Case, rounds: readonly Round[]): Plain[] {
  const rows = medianOf(rounds, ({ simulated }) => perSecond(simulated));
  const [source, r2] = [medianOf(rounds, sourceRows), medianOf(rounds, r2Rows)];
  const r2Mb = medianOf(rounds, ({ r2Rate }) => r2Rate);
  const sourceIs = sourceName(one);
  const lower = r2 < source ? { limit: r2, limitIs: R2 } : { limit: source, limitIs: sourceIs };
  const first = rounds[0]?.simulated;
  const size = `${first?.rows} rows, ${mb(first?.bytes ?? 0).toFixed(1)} MB, ${first?.chunks.length} chunks`;
  const alone = medianOf(rounds, ({ worker }) => perSecond(worker));
  const seal = medianOf(rounds, ({ simulated }) => simulated.sealSeconds);
  const all = medianOf(rounds, ({ simulated }) => simulated.seconds);
  const compared = one.source === 'clickhouse' && (one.format === 'csv' || one.format === 'ndjson');
  const sameBytes = compared ? ', byte for byte what curl read' : '';
  const mbs = (rowsPerSecond: number) =>
    `${((rowsPerSecond / (first?.rows ?? 1)) * mb(first?.bytes ?? 0)).toFixed(0)} MB/s`;
  const cpu = medianOf(rounds, ({ simulated }) => simulated.cpu);
  const ceilings =
    `export ${mbs(rows)}, source ${mbs(source)}, R2 simulator ${r2Mb.toFixed(0)} MB/s; ${SIMULATED}: ${cpu.toFixed(1)} CPU-s in ${all.toFixed(1)} s, ` +
    `${seal.toFixed(1)} s of them to read the file back for its hash, which no ceiling has in it${wanted(one, 'at least 0.8')}`;
  return [
    {
      figure: `${one.name}.rows_s`,
      value: rows,
      unit: 'rows/s',
      limit: source,
      limitIs: sourceIs,
      note: `${size}${sameBytes}; ${SIMULATED}`,
    },
    { figure: `${one.name}.vs_ceiling`, value: rows, unit: 'rows/s', ...lower, note: ceilings },
    {
      figure: `${one.name}.worker_rows_s`,
      value: alone,
      unit: 'rows/s',
      limit: source,
      limitIs: sourceIs,
      note: WORKER,
    },
    {
      figure: `${one.name}.seal_s`,
      value: seal,
      unit: 's',
      limit: all,
      limitIs: 'the whole export',
      note: `from the last chunk’s commit to the finished file: reading it back for its hash; ${SIMULATED}`,
    },
  ];
}

const wanted = ({ source, format }: Case, what: string) =>
  source === 'clickhouse' && (format === 'csv' || format === 'ndjson') ? `; wanted: ${what}` : '';

function costs(one: Case, rounds: readonly Round[]): Plain[] {
  const above = medianOf(rounds, ({ worker }) => worker.above.rss);
  const anonymous = medianOf(rounds, ({ worker }) => worker.above.anonymous);
  return [
    {
      figure: `${one.name}.cpu_s_per_m_rows`,
      value: medianOf(rounds, ({ worker }) => cpuOf(worker)),
      unit: 's',
      limit: BUDGET_CPU,
      limitIs: BUDGETS,
      note: `${WORKER}${wanted(one, 'at most 1')}`,
    },
    {
      figure: `${one.name}.peak_mb_above_idle`,
      value: above,
      unit: 'MB',
      limit: BUDGET_MB,
      limitIs: BUDGETS,
      note: `resident, ${anonymous.toFixed(0)} MB of it heaps and buffers; fresh process that made a small csv before; ${WORKER}${wanted(one, 'at most 1')}`,
    },
  ];
}

/** What the runtime's own choice of a heap hides on a large machine: how much of a peak is garbage. */
function underLimit(one: Case, limited: readonly MeasuredExport[]): Plain {
  return {
    figure: `${one.name}.peak_mb_limited`,
    value: medianOf(limited, ({ above }) => above.rss),
    unit: 'MB',
    limit: ISOLATE_MB,
    limitIs: 'the memory of an isolate, in which the idle Worker is too',
    note: `resident above idle, with V8’s heap limited to ${HEAP_MB} MB; ${medianOf(limited, ({ seconds }) => seconds).toFixed(1)} s; ${WORKER}`,
  };
}

/** Of csv from ClickHouse: what a longer export takes more. */
function growth(rounds: readonly Round[]): Figure[] {
  const whole = rounds.flatMap(({ simulated, after }) => (after ? [{ simulated, ...after }] : []));
  if (whole.length === 0) return [];
  const tenth = 'the same with a tenth of the rows';
  const figures: Plain[] = [
    {
      figure: 'csv.memory_growth',
      value: medianOf(whole, ({ again }) => again.above.rss),
      unit: 'MB',
      limit: medianOf(whole, ({ small }) => small.above.rss),
      limitIs: tenth,
      note: `peak above idle; both in a process that exported all of it once before; ${WORKER}`,
    },
    {
      figure: 'csv.held_mb',
      value: medianOf(whole, ({ again }) => again.held),
      unit: 'MB',
      limit: medianOf(whole, ({ small }) => small.held),
      limitIs: tenth,
      note: 'objects and buffers of the Worker’s isolate after the export, garbage collected',
    },
    {
      figure: 'csv.db_round_trips_per_chunk',
      value: medianOf(whole, ({ simulated }) => simulated.roundTrips / simulated.chunks.length),
      unit: 'requests',
      limit: 1,
      limitIs: 'one commit a chunk',
      note: 'with the request itself, claims, the count and audit delivery',
    },
  ];
  return figures.map((each) => ({ ...each, runs: whole.length }));
}
