import { type Asked, type Measured, quantile } from './audit-measure.ts';
import type { QuestionName } from './audit-questions.ts';
import type { Figure } from './figure.ts';

const BY_HAND = 'the same by the best SQL we know, straight to ClickHouse, in turn with it';
const WANTED_GROWTH = 2;

/** `20m` for 20,000,000. */
const named = (rows: number) =>
  rows % 1_000_000 === 0 ? `${rows / 1_000_000}m` : rows % 1000 === 0 ? `${rows / 1000}k` : String(rows);

export function auditFigures(measured: Measured, rows: number): Figure[] {
  return (Object.keys(measured) as QuestionName[]).flatMap((name) => {
    const { small, large } = measured[name];
    return [
      ...timesOf(`${name}`, named(rows / 10), small),
      ...timesOf(`${name}`, named(rows), large),
      growthOf(name, measured[name]),
    ];
  });
}

function timesOf(name: string, size: string, { worker, sql }: { worker: Asked; sql: Asked }): Figure[] {
  const runs = worker.times.length;
  const note = `${runs} requests one after the other`;
  const at = (share: number) => ({ value: quantile(worker.times, share), limit: quantile(sql.times, share) });
  return [
    { figure: `${name}.p50_ms_${size}`, ...at(0.5), unit: 'ms', limitIs: BY_HAND, runs, note },
    {
      figure: `${name}.p95_ms_${size}`,
      ...at(0.95),
      unit: 'ms',
      limitIs: BY_HAND,
      runs,
      note: `${note}; wanted: below 200 ms, at most 1.5 of it`,
    },
    {
      figure: `${name}.cpu_ms_${size}`,
      value: worker.cpu / 1000,
      unit: 'ms',
      limit: sql.cpu / 1000,
      limitIs: BY_HAND,
      runs,
      note: 'CPU of ClickHouse and workerd for one request',
    },
  ];
}

function growthOf(name: QuestionName, { small, large }: Measured[QuestionName]): Figure {
  const growth = (way: 'worker' | 'sql') => quantile(large[way].times, 0.5) / quantile(small[way].times, 0.5);
  return {
    figure: `${name}.growth`,
    value: growth('worker'),
    unit: 'x',
    limit: WANTED_GROWTH,
    limitIs: 'the most that is wanted for a table ten times as large',
    runs: large.worker.times.length,
    note: `of the median; by hand ${growth('sql').toFixed(2)}; of CPU ${(large.worker.cpu / small.worker.cpu).toFixed(2)}`,
  };
}
