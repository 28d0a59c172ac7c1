import type { AdminGuard } from '../durable-objects/admin-guard.ts';
import type { ExportRun } from '../durable-objects/export-run.ts';
import type { ExportTurns } from '../durable-objects/export-turns.ts';
import type { MetricStore } from '../durable-objects/metric-store.ts';
import type { OperationLock } from '../durable-objects/operation-lock.ts';
import type { OperationRun } from '../durable-objects/operation-run.ts';
import type { RateLimiter } from '../durable-objects/rate-limiter.ts';
import type { StatusLog } from '../durable-objects/status-log.ts';
import type {
  AuditOutboxMessage,
  EventsMessage,
  ExportMessage,
  ForwardMessage,
  NotificationMessage,
  OperationMessage,
} from '../queues/messages.ts';

/** Bindings of wrangler.toml. Variables and secrets are parsed by config.ts and have no type before that. */
export interface Bindings {
  ADMIN_GUARD: DurableObjectNamespace<AdminGuard>;
  RATE_LIMITER: DurableObjectNamespace<RateLimiter>;
  OPERATION_LOCK: DurableObjectNamespace<OperationLock>;
  EXPORT_TURNS: DurableObjectNamespace<ExportTurns>;
  EXPORT_RUN: DurableObjectNamespace<ExportRun>;
  OPERATION_RUN: DurableObjectNamespace<OperationRun>;
  METRIC_STORE: DurableObjectNamespace<MetricStore>;
  STATUS_LOG: DurableObjectNamespace<StatusLog>;
  ASSETS: Fetcher;
  BUCKET: R2Bucket;
  LAST_KNOWN_GOOD: KVNamespace;
  AUDIT_OUTBOX_QUEUE: Queue<AuditOutboxMessage>;
  AUDIT_EVENTS_QUEUE: Queue<EventsMessage>;
  TELEMETRY_FORWARD_QUEUE: Queue<ForwardMessage>;
  EXPORTS_QUEUE: Queue<ExportMessage>;
  NOTIFICATIONS_QUEUE: Queue<NotificationMessage>;
  OPERATIONS_QUEUE: Queue<OperationMessage>;
  /** Absent where no e-mail is sent. */
  EMAIL?: SendEmail;
  /** Absent where nobody looks at metrics. */
  METRICS?: AnalyticsEngineDataset;
}

export type Env = Bindings & Record<string, unknown>;
