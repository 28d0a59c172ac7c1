import { type Figure, medianOf } from './figure.ts';
import type { Alone, Beside } from './operations-measure.ts';
import type { Planned } from './operations-plan.ts';

const TARGET_MS = 1000;
const TRIPS = 2;

export interface Measurements {
  alone: Alone[];
  beside: Beside[];
  /** The same at `REST`. */
  restful: Beside[];
  planned: Planned[];
}

/** Settings with which an operation takes little of what it shares with others, and its time. */
export const REST = { OPERATION_BATCH_ITEMS: '100', OPERATION_DUTY_PERCENT: '5' };

export const operationFigures = ({ alone, beside, restful, planned }: Measurements): Figure[] => [
  refusedFigure(beside),
  rateFigure(alone),
  tripsFigure(alone),
  latencyFigure('revoke', beside, 'as it is set out of the box'),
  latencyFigure(
    'revoke_at_5_percent',
    restful,
    Object.entries(REST)
      .map((one) => one.join('='))
      .join(', '),
  ),
  ...planFigures(planned),
];

function refusedFigure(beside: Beside[]): Figure {
  const [tokens, admitted] = [beside[0]?.refused.tokens, beside.map(({ refused }) => refused.admitted).join(', ')];
  const unanswered = beside.map(({ refused }) => refused.unanswered).join(', ');
  const slowest = Math.max(...beside.map(({ refused }) => refused.ms)).toFixed(0);
  const taken = medianOf(beside, ({ takenMs }) => takenMs).toFixed(0);
  const epochs = medianOf(beside, ({ epochsMs }) => epochsMs).toFixed(0);
  return {
    figure: 'revoke.last_refused_ms',
    value: medianOf(beside, ({ refused }) => refused.ms),
    unit: 'ms',
    limit: TARGET_MS,
    limitIs: 'the longest time wanted, from the answer to the start of the operation',
    runs: beside.length,
    note: `slowest ${slowest} ms; taken up by the consumer after ${taken} ms, the guards told and the epochs’ statement begun after ${epochs} ms; ${tokens} tokens, of the first and the last admin of the plan and some between, asked with one after the other until each was refused; let in until then: ${admitted} requests, answered with 503: ${unanswered}; two other connections at work`,
  };
}

function rateFigure(alone: Alone[]): Figure {
  const items = alone[0]?.items ?? 0;
  const cpu = medianOf(alone, ({ cpuSeconds }) => (cpuSeconds * 100_000) / items);
  return {
    figure: 'revoke.items_per_s',
    value: medianOf(alone, ({ itemsPerSecond }) => itemsPerSecond),
    unit: '1/s',
    limit: medianOf(alone, ({ barePerSecond }) => barePerSecond),
    limitIs: 'rows/s of one bare UPDATE of a fresh copy of the sessions, same Postgres',
    runs: alone.length,
    note: `${items} items, admins and sessions, each with its row, outcome, before-state and audit record, from the start’s answer to the end; ${cpu.toFixed(1)} CPU seconds of workerd per 100,000, with Miniflare’s queues, Durable Objects and what of the audit delivery fell in that time`,
  };
}

function tripsFigure(alone: Alone[]): Figure {
  return {
    figure: 'revoke.round_trips_per_1000',
    value: medianOf(alone, ({ roundTrips, items }) => (roundTrips * 1000) / items),
    unit: 'requests',
    limit: TRIPS,
    limitIs: 'what is wanted for 1,000 items',
    runs: alone.length,
    note: `requests in the role steward_api from the start’s answer to the end: ${medianOf(alone, ({ roundTrips }) => roundTrips)} for ${alone[0]?.items} items`,
  };
}

function latencyFigure(name: string, beside: Beside[], settings: string): Figure {
  const failed = beside.reduce((sum, run) => sum + run.failed, 0);
  const percent = (of: (one: Beside) => number) => (medianOf(beside, of) * 100).toFixed(0);
  const ratios = beside.map(({ duringP95, idleP95 }) => (duringP95 / idleP95).toFixed(2)).join(', ');
  return {
    figure: `${name}.request_p95_during`,
    value: medianOf(beside, ({ duringP95 }) => duringP95),
    unit: 'ms',
    limit: medianOf(beside, ({ idleP95 }) => idleP95),
    limitIs: 'p95 of the same requests right before',
    runs: beside.length,
    note: `${settings}: ${beside[0]?.items} items in ${medianOf(beside, ({ seconds }) => seconds).toFixed(0)} s; GET and PATCH of a configuration in turn, 2 connections, each of which pauses for 30 ms after an answer; ratio of each run: ${ratios}; ${medianOf(beside, ({ requests }) => requests)} requests meanwhile, ${failed} of all not answered with 200; wanted: at most 1.2; the cores of the machine, which are the databases’ and the load’s too, were busy for ${percent(({ idleBusy }) => idleBusy)} % of the time before and ${percent(({ duringBusy }) => duringBusy)} % meanwhile`,
  };
}

function planFigures(planned: Planned[]): Figure[] {
  const items = planned[0]?.items;
  const figure = (name: 'plan' | 'request', note: string): Figure => ({
    figure: `${name}_100k.ms`,
    value: medianOf(planned, (one) => one[name]),
    unit: 'ms',
    limit: medianOf(planned, ({ count }) => count),
    limitIs: 'counting the same targets, through the same front of the database',
    runs: planned.length,
    note: `${items} targets; ${note}`,
  });
  return [
    figure('plan', 'POST /v1/admin/operations/plan, which hashes the targets; wanted: at most 2'),
    figure('request', 'POST /v1/admin/operations, which freezes them too'),
  ];
}
