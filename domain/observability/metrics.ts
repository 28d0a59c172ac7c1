import { ERROR_CODES } from '../errors.ts';
import { REASONS } from '../gate/schema.ts';
import { hasEnded, PHASES } from '../operations/phases.ts';

/**
 * Every metric there is, with every label it may have and every value of these. Nothing here names a person, a session, a service, a
 * resource or an address; what is not in a list is written as `other`. Names and units follow the conventions of Prometheus.
 *
 * The one list that is not written down is that of the routes: their templates, as the router has them.
 */

/** A label whose values are the router's templates; a request that reaches none is `(none)`. */
const ROUTE = 'route';
/** What stands for a value that is not in its list. */
const OTHER = 'other';

const METHODS = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS'] as const;
const STATUSES = [
  ...['101', '200', '201', '202', '204', '206', '302', '303', '304'],
  ...['400', '401', '403', '404', '405', '408', '409', '410', '412', '413', '415', '416', '422', '428', '429'],
  ...['500', '501', '502', '503', '504'],
] as const;
export const QUEUE_NAMES = [
  'audit-outbox',
  'audit-events',
  'telemetry-forward',
  'exports',
  'operations',
  'notifications',
] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];
/** Why somebody was not let in: codes of problems, and for what a token can lack, more than its code says. */
export const AUTH_FAILURES = [
  'token_missing',
  'token_malformed',
  'token_expired',
  'token_invalid',
  'cookie_invalid',
  'session_ended',
  'sign_in_failed',
  'foreign_origin',
  'forbidden',
  'admin_locked',
  'not_an_admin',
  'link_invalid',
] as const;
/** Of operations that have not ended. */
export const OPEN_PHASES = PHASES.filter((phase) => !hasEnded(phase));
const DATABASES = ['postgres', 'clickhouse'] as const;
const DATABASE_ROLES = ['api', 'exporter', 'drainer', 'reader', 'writer', 'keeper'] as const;
const SWEEPS = [
  'outbox',
  'holds',
  'stuckExports',
  'expiredExports',
  'purgedExports',
  'expiringExports',
  'exportSchedules',
  'stuckOperations',
  'expiredOperations',
  'operationSchedules',
  'stuckDeliveries',
  'oldNotifications',
  'observability',
  'observedHours',
] as const;
export type Sweep = (typeof SWEEPS)[number];
export const COMPONENTS = [
  'postgres',
  'clickhouse',
  'cache',
  'files',
  'queues',
  'durable_objects',
  'issuer',
  'notifications',
] as const;
export type Component = (typeof COMPONENTS)[number];

/** Seconds; upper bounds, the last one open. What a person waits for lies between the first and the last. */
export const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

type Labels = Record<string, readonly string[] | typeof ROUTE>;

const counter = <const L extends Labels>(help: string, labels: L) => ({ kind: 'counter' as const, help, labels });
const gauge = <const L extends Labels>(help: string, labels: L) => ({ kind: 'gauge' as const, help, labels });
const histogram = <const L extends Labels>(help: string, labels: L) => ({ kind: 'histogram' as const, help, labels });

export const METRICS = {
  steward_http_requests_total: counter('Requests answered.', { route: ROUTE, method: METHODS, status: STATUSES }),
  steward_http_request_duration_seconds: histogram('From a request until its answer begins.', {
    route: ROUTE,
    method: METHODS,
  }),
  steward_auth_failures_total: counter('Requests refused for who sent them.', { reason: AUTH_FAILURES }),
  steward_rate_limit_refusals_total: counter('Requests refused for their number.', {
    policy: ['admin', 'telemetry', 'sign-in', 'exports'],
  }),
  steward_problems_total: counter('Answers that are problems.', {
    code: Object.keys(ERROR_CODES) as (keyof typeof ERROR_CODES)[],
  }),
  steward_gate_decisions_total: counter('Decisions of the gate.', {
    reason: Object.keys(REASONS) as (keyof typeof REASONS)[],
  }),
  steward_gate_without_postgres_total: counter('Checks while Postgres was away.', {
    decided_by: ['last_known_good', 'no_copy'],
  }),
  steward_gate_config_load_failures_total: counter('Configurations that Postgres did not give.', {}),
  steward_queue_deliveries_total: counter('Queue messages consumed.', {
    queue: QUEUE_NAMES,
    outcome: ['ack', 'retry', 'dead'],
  }),
  steward_queue_dead_letters_total: counter('Messages that no delivery could help.', { queue: QUEUE_NAMES }),
  steward_queue_messages: gauge('Messages waiting in a queue.', { queue: QUEUE_NAMES }),
  steward_queue_oldest_age_seconds: gauge('Age of the oldest message of a queue.', { queue: QUEUE_NAMES }),
  steward_dead_letters: gauge('Dead letters that nobody has put back.', { queue: QUEUE_NAMES }),
  steward_outbox_records: gauge('Audit records that ClickHouse has not confirmed.', {}),
  steward_outbox_oldest_age_seconds: gauge('Age of the oldest audit record that ClickHouse has not confirmed.', {}),
  steward_outbox_sent_total: counter('Audit records that ClickHouse has confirmed.', {}),
  steward_api_logs_lost_total: counter('API logs that no queue took.', {}),
  steward_exports: gauge('Exports that have not ended.', { phase: ['waiting', 'running', 'paused'] }),
  steward_export_oldest_waiting_age_seconds: gauge('Age of the oldest export that waits or runs.', {}),
  steward_export_runs_total: counter('Runs of exports.', {
    result: ['finished', 'more', 'waiting', 'no-turn', 'superseded', 'interrupted'],
  }),
  steward_exports_ended_total: counter('Exports that have ended.', { outcome: ['ready', 'failed', 'expired'] }),
  steward_export_rows_total: counter('Rows of exports that became ready.', {}),
  steward_export_bytes_total: counter('Bytes of exports that became ready.', {}),
  steward_operations: gauge('Operations that have not ended.', {
    phase: OPEN_PHASES,
  }),
  steward_operation_runs_total: counter('Runs of operations.', {
    result: ['finished', 'more', 'waiting', 'superseded', 'interrupted'],
  }),
  steward_operations_ended_total: counter('Operations that have ended.', {
    outcome: ['completed', 'failed'],
  }),
  steward_notification_deliveries_total: counter('Tries to deliver a notification.', {
    channel: ['webhook', 'email', 'slack'],
    outcome: ['delivered', 'failed', 'gave_up'],
  }),
  steward_notification_channels_disabled_total: counter('Channels disabled for failing.', {
    channel: ['webhook', 'email', 'slack'],
  }),
  steward_notifications_pending: gauge('Deliveries that have neither succeeded nor been given up.', {}),
  steward_notification_oldest_age_seconds: gauge('Age of the oldest pending delivery.', {}),
  steward_database_calls_total: counter('Calls of the databases.', {
    database: DATABASES,
    role: DATABASE_ROLES,
    outcome: ['ok', 'failed', 'unreachable'],
  }),
  steward_database_call_duration_seconds: histogram('From a call until its answer begins.', {
    database: DATABASES,
    role: DATABASE_ROLES,
  }),
  steward_jwks_refreshes_total: counter('Fetches of an issuer’s keys.', {
    issuer: ['staff', 'visitors'],
    outcome: ['ok', 'failed'],
  }),
  steward_sweeps_total: counter('Work the clock begins.', { sweep: SWEEPS, outcome: ['ok', 'failed'] }),
  steward_clock_skew_seconds: gauge('How far a database’s clock is ahead of ours.', { database: DATABASES }),
  steward_component_status: gauge('0 ok, 1 degraded, 2 down.', { component: COMPONENTS }),
  steward_incidents_open: gauge('Incidents that have not ended.', { severity: ['warning', 'critical'] }),
  steward_metric_batches_waiting: gauge('Minutes of metrics that ClickHouse has not taken.', {}),
  steward_metric_batches_dropped_total: counter('Minutes of metrics given up: ClickHouse was away for days.', {}),
  steward_metric_packs_lost_total: counter('Measurements of an isolate that could not be handed over.', {}),
  steward_scrape_source_up: gauge('1 where a source of these figures answered.', {
    source: ['counters', 'postgres', 'queues', 'health'],
  }),
} as const satisfies Record<string, { kind: string; help: string; labels: Labels }>;

export type MetricName = keyof typeof METRICS;
type OfKind<Kind> = { [N in MetricName]: (typeof METRICS)[N]['kind'] extends Kind ? N : never }[MetricName];
export type CounterName = OfKind<'counter'>;
export type GaugeName = OfKind<'gauge'>;
export type HistogramName = OfKind<'histogram'>;

/** A metric's labels as code must give them. */
export type LabelsOf<N extends MetricName> = {
  [L in keyof (typeof METRICS)[N]['labels']]: (typeof METRICS)[N]['labels'][L] extends readonly (infer V)[]
    ? V
    : string;
};

/**
 * A series and what it has to add, or what it is: `[name, values of its labels in their declared order, numbers]`. The numbers are the
 * one of a counter or a gauge; of a histogram the sum, the count and the count of each bucket, not cumulated, the open one last.
 */
export type Point = readonly [name: MetricName, labels: readonly string[], numbers: readonly number[]];

const ALLOWED = Object.fromEntries(
  Object.entries(METRICS).map(([name, { labels }]) => [
    name,
    Object.entries(labels as Labels).map(([label, values]) => ({
      label,
      values: values === ROUTE ? null : new Set<string>(values),
    })),
  ]),
) as Record<MetricName, { label: string; values: ReadonlySet<string> | null }[]>;

/** Names of a metric's labels, in their declared order. */
export const labelNames = (name: MetricName): string[] => ALLOWED[name].map(({ label }) => label);

/** Values in their declared order; what is in no list is `other`. */
export function labelValues(name: MetricName, labels: Readonly<Record<string, string>>): string[] {
  const written: string[] = [];
  for (const { label, values } of ALLOWED[name]) {
    const value = labels[label] ?? OTHER;
    written.push(values === null || values.has(value) ? value : OTHER);
  }
  return written;
}
