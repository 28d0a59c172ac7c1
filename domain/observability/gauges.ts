import {
  type OutboxGauges,
  readOutboxGauges,
  readWorkGauges,
  type WorkGauges,
} from '../../drizzle/repositories/gauges.ts';
import { deliveryBacklog } from '../../drizzle/repositories/notification-health.ts';
import type { Context } from '../context.ts';
import { inTime } from '../gate/patience.ts';
import { type GaugeName, type LabelsOf, labelValues, OPEN_PHASES, type Point, QUEUE_NAMES } from './metrics.ts';
import type { StatusReport } from './status.ts';

type Sources = Pick<Context, 'db' | 'queues' | 'metricStore' | 'statusLog' | 'now' | 'log'>;

/** No source may hold up what the others say. */
const SOURCE_MS = 1000;

export const gaugePoint = <N extends GaugeName>(name: N, labels: LabelsOf<N>, value: number): Point => [
  name,
  labelValues(name, labels as Record<string, string>),
  [value],
];

/** What the gauges say, and which of their sources answered. */
export interface Gauges {
  points: Point[];
  outbox: OutboxGauges | null;
  work: WorkGauges | null;
  status: StatusReport | null;
  /** Seconds, by queue; those whose queue did not answer are absent. */
  queueAges: Record<string, number>;
}

/** Asks every source at once, each no longer than a second; what a silent one knows is left out, and said to be. */
export async function readAllGauges(ctx: Sources): Promise<Gauges> {
  const asked = askedOf(ctx);
  const [outbox, work, deliveries, queues, batches, status] = await Promise.all([
    asked(ctx.db.drainer.run(readOutboxGauges, {}).then(([row]) => row ?? null)),
    asked(ctx.db.api.run(readWorkGauges, {}).then(([row]) => row ?? null)),
    asked(ctx.db.api.run(deliveryBacklog, {}).then(([row]) => row ?? null)),
    Promise.all(QUEUE_NAMES.map((name) => asked(queueOf(ctx, name).metrics()).then((found) => ({ name, found })))),
    asked(ctx.metricStore.waiting()),
    asked(ctx.statusLog.report()),
  ]);
  const queueAges: Record<string, number> = {};
  const points: Point[] = [...(outbox ? outboxPoints(outbox) : []), ...(work ? workPoints(work) : [])];
  if (deliveries) {
    const age = deliveries.oldest === null ? 0 : (ctx.now() - Date.parse(String(deliveries.oldest))) / 1000;
    points.push(gaugePoint('steward_notifications_pending', {}, deliveries.pending));
    points.push(gaugePoint('steward_notification_oldest_age_seconds', {}, Math.max(0, age)));
  }
  for (const { name, found } of queues) {
    if (!found) continue;
    const oldest = found.oldestMessageTimestamp?.getTime() ?? 0;
    // A queue that says nothing of its oldest message has none, or does not know.
    queueAges[name] = found.backlogCount > 0 && oldest > 0 ? Math.max(0, ctx.now() - oldest) / 1000 : 0;
    points.push(gaugePoint('steward_queue_messages', { queue: name }, found.backlogCount));
    points.push(gaugePoint('steward_queue_oldest_age_seconds', { queue: name }, queueAges[name]));
  }
  if (batches !== null) points.push(gaugePoint('steward_metric_batches_waiting', {}, batches));
  if (status) points.push(...statusPoints(status));
  const up = {
    counters: batches !== null,
    postgres: outbox !== null && work !== null && deliveries !== null,
    queues: queues.every(({ found }) => found !== null),
    health: status !== null,
  };
  for (const [source, answered] of Object.entries(up) as [keyof typeof up, boolean][])
    points.push(gaugePoint('steward_scrape_source_up', { source }, answered ? 1 : 0));
  return { points, outbox, work, status, queueAges };
}

const askedOf =
  ({ log }: Sources) =>
  async <T>(work: Promise<T>): Promise<T | null> => {
    try {
      return await inTime(work, SOURCE_MS);
    } catch (error) {
      log.warn('a source of gauges is silent', { error });
      return null;
    }
  };

function queueOf({ queues }: Pick<Context, 'queues'>, name: (typeof QUEUE_NAMES)[number]): Pick<Queue, 'metrics'> {
  return {
    'audit-outbox': queues.auditOutbox,
    'audit-events': queues.auditEvents,
    'telemetry-forward': queues.telemetryForward,
    exports: queues.exports,
    operations: queues.operations,
    notifications: queues.notifications,
  }[name];
}

const outboxPoints = ({ records, age }: OutboxGauges): Point[] => [
  gaugePoint('steward_outbox_records', {}, records),
  gaugePoint('steward_outbox_oldest_age_seconds', {}, age),
];

/** A phase or queue without anything is a 0, so that an alert on it can end. */
const workPoints = (row: WorkGauges): Point[] => [
  ...(['waiting', 'running', 'paused'] as const).map((phase) =>
    gaugePoint('steward_exports', { phase }, row.exports[phase] ?? 0),
  ),
  gaugePoint('steward_export_oldest_waiting_age_seconds', {}, row.export_age),
  ...OPEN_PHASES.map((phase) => gaugePoint('steward_operations', { phase }, row.operations[phase] ?? 0)),
  ...QUEUE_NAMES.map((queue) => gaugePoint('steward_dead_letters', { queue }, row.dead_letters[queue] ?? 0)),
];

const LEVEL = { ok: 0, degraded: 1, down: 2 };

function statusPoints({ components, incidents, skewMs }: StatusReport): Point[] {
  const open = incidents.filter(({ closedAt }) => closedAt === null);
  return [
    ...components.map(({ component, status }) => gaugePoint('steward_component_status', { component }, LEVEL[status])),
    ...(['warning', 'critical'] as const).map((severity) =>
      gaugePoint('steward_incidents_open', { severity }, open.filter((one) => one.severity === severity).length),
    ),
    ...(Object.entries(skewMs) as ['postgres' | 'clickhouse', number][]).map(([database, ms]) =>
      gaugePoint('steward_clock_skew_seconds', { database }, ms / 1000),
    ),
  ];
}
