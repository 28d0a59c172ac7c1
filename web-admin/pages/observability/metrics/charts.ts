import type { Api, MetricSeries } from '../../../api/schema.gen.ts';
import type { ChartSeries } from '../../../components/chart.tsx';

type Query = Api['GET /v1/observability/metrics/query']['query'];
type Asked = Pick<Query, 'metric' | 'stat' | 'by'>;
type Values = (number | null)[];

/** A curve before it has a colour. Its name is that of a label's value; empty: it is all there is. */
export interface Curve {
  label: string;
  values: Values;
}

export type Unit = 'perSecond' | 'share' | 'seconds' | 'count';

export interface ChartTerms {
  unit: Unit;
  /** Things that happened in a step, on top of each other. */
  bars?: true;
  asks: Asked[];
  curves: (answers: MetricSeries[]) => Curve[];
}

/** More cannot be told from one another. */
const MOST_CURVES = 8;
const REST = '…';

const add = (a: Values, b: Values): Values =>
  a.map((value, at) => {
    const other = b[at] ?? null;
    return value === null ? other : other === null ? value : value + other;
  });

/** The sum of all; where nobody measured anything there is none. */
export const sum = (all: readonly Values[], length: number): Values =>
  all.reduce<Values>(
    add,
    Array.from({ length }, () => null),
  );

/** The largest, and the sum of the others; the server has put them in that order. */
export function largest(curves: Curve[]): Curve[] {
  if (curves.length <= MOST_CURVES) return curves;
  const [shown, others] = [curves.slice(0, MOST_CURVES - 1), curves.slice(MOST_CURVES - 1)];
  const length = others[0]?.values.length ?? 0;
  return [
    ...shown,
    {
      label: REST,
      values: sum(
        others.map(({ values }) => values),
        length,
      ),
    },
  ];
}

const split: ChartTerms['curves'] = ([answer]) =>
  largest((answer?.series ?? []).map(({ labels, values }) => ({ label: Object.values(labels).join(' '), values })));

/** Each answer is one curve. */
const named =
  (...names: string[]): ChartTerms['curves'] =>
  (answers) =>
    answers.flatMap(({ series }, nth) => {
      const values = series[0]?.values;
      return values?.some((value) => value !== null) ? [{ label: names[nth] ?? '', values }] : [];
    });

/** Answers by the first digit of their status, in its order. */
export function byClass({ series }: Pick<MetricSeries, 'series'>): Curve[] {
  const classes = Map.groupBy(series, ({ labels }) => `${labels.status?.[0] ?? '?'}xx`);
  return [...classes]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([label, each]) => ({
      label,
      values: sum(
        each.map(({ values }) => values),
        each[0]?.values.length ?? 0,
      ),
    }));
}

/** The share of all answers that are the server's fault, and the caller's; none where nobody asked anything. */
export function errorShares(answer: Pick<MetricSeries, 'series'>): Curve[] {
  const classes = byClass(answer);
  const length = classes[0]?.values.length ?? 0;
  const all = sum(
    classes.map(({ values }) => values),
    length,
  );
  const share = (label: string) => {
    const of = classes.find((each) => each.label === label)?.values;
    return { label, values: all.map((total, at) => (total ? (of?.[at] ?? 0) / total : null)) };
  };
  return length === 0 ? [] : [share('5xx'), share('4xx')];
}

const first =
  (curves: (answer: MetricSeries) => Curve[]): ChartTerms['curves'] =>
  ([answer]) =>
    answer ? curves(answer) : [];

const ask = (metric: Query['metric'], stat: NonNullable<Query['stat']>, by?: string): Asked => ({
  metric,
  stat,
  ...(by && { by }),
});
const happened = (metric: Query['metric'], by: string): ChartTerms => ({
  unit: 'count',
  bars: true,
  asks: [ask(metric, 'sum', by)],
  curves: split,
});
const level = (metric: Query['metric'], by?: string, unit: Unit = 'count'): ChartTerms => ({
  unit,
  asks: [ask(metric, 'max', by)],
  curves: split,
});
const quantiles = (metric: Query['metric']): ChartTerms => ({
  unit: 'seconds',
  asks: [ask(metric, 'p50'), ask(metric, 'p95'), ask(metric, 'p99')],
  curves: named('p50', 'p95', 'p99'),
});

/** Everything that is drawn, by what it is about. */
export const CHARTS = {
  traffic: {
    requests: {
      unit: 'perSecond',
      asks: [ask('steward_http_requests_total', 'rate', 'status')],
      curves: first(byClass),
    },
    errors: { unit: 'share', asks: [ask('steward_http_requests_total', 'sum', 'status')], curves: first(errorShares) },
    latency: quantiles('steward_http_request_duration_seconds'),
    problems: happened('steward_problems_total', 'code'),
  },
  signIn: {
    authFailures: happened('steward_auth_failures_total', 'reason'),
    rateLimits: happened('steward_rate_limit_refusals_total', 'policy'),
  },
  queues: {
    queueMessages: level('steward_queue_messages', 'queue'),
    queueAge: level('steward_queue_oldest_age_seconds', 'queue', 'seconds'),
    queueDeliveries: happened('steward_queue_deliveries_total', 'outcome'),
    deadLetters: level('steward_dead_letters', 'queue'),
    outboxRecords: level('steward_outbox_records'),
    outboxAge: level('steward_outbox_oldest_age_seconds', undefined, 'seconds'),
  },
  work: {
    exportsOpen: level('steward_exports', 'phase'),
    exportsEnded: happened('steward_exports_ended_total', 'outcome'),
    operationsOpen: level('steward_operations', 'phase'),
    operationsEnded: happened('steward_operations_ended_total', 'outcome'),
  },
  notifications: {
    notifications: happened('steward_notification_deliveries_total', 'outcome'),
    notificationsPending: level('steward_notifications_pending'),
  },
  stores: {
    databaseLatency: {
      unit: 'seconds',
      asks: [ask('steward_database_call_duration_seconds', 'p95', 'database')],
      curves: split,
    },
    databaseCalls: happened('steward_database_calls_total', 'outcome'),
    gate: happened('steward_gate_decisions_total', 'reason'),
    sweeps: happened('steward_sweeps_total', 'outcome'),
  },
} as const satisfies Record<string, Record<string, ChartTerms>>;

export type Group = keyof typeof CHARTS;
type NameIn<G extends Group> = G extends Group ? keyof (typeof CHARTS)[G] : never;
export type ChartName = NameIn<Group>;
export const GROUPS = Object.keys(CHARTS) as Group[];

const BAD = new Set(['5xx', 'failed', 'gave_up', 'dead', 'unreachable']);
const DOUBTFUL = new Set(['4xx', 'retry', 'expired', 'paused']);
const PLAIN = ['main', 'second', 'third', 'fourth'] as const;

/** What is bad has the colour of that; the others are told apart by colour, and after four by dashes too. */
export function coloured(curves: readonly Curve[], all: string): ChartSeries[] {
  let plain = 0;
  return curves.map(({ label, values }) => {
    const shown = { label: label || all, values };
    if (BAD.has(label)) return { ...shown, colour: 'danger' };
    if (DOUBTFUL.has(label)) return { ...shown, colour: 'warn' };
    const nth = plain++;
    return { ...shown, colour: PLAIN[nth % PLAIN.length] ?? 'main', ...(nth >= PLAIN.length && { dashed: true }) };
  });
}
