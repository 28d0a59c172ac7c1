import * as z from 'zod';

/** The dead letter this message was before somebody put it back into its queue. */
const replayOf = z.string().optional();

/** W3C Trace Context of the request that set this going: whoever takes the message goes on with its trace. */
const traceparent = z.string().optional();

/** A nudge: "there are unsent audit records", or "legal holds to apply". Losing one costs a minute (the cron sweep), never a record. */
export const auditOutboxMessage = z.object({ v: z.literal(1), kind: z.enum(['audit.drain', 'holds.apply']), replayOf });
export type AuditOutboxMessage = z.infer<typeof auditOutboxMessage> | ReadMessage;

/** "Somebody looked at what is observed": the record is made of it. */
export const readMessage = z.strictObject({
  v: z.literal(1),
  kind: z.literal('audit.read'),
  /** UUIDv7 whose instant is `readAt`. */
  id: z.uuid(),
  readAt: z.iso.datetime({ precision: 3 }),
  adminId: z.guid(),
  actorEmail: z.string(),
  actorRole: z.string(),
  action: z.enum(['system.health.read', 'observability.metrics.read', 'observability.status.read']),
  ipAddress: z.string(),
  requestId: z.string(),
  traceId: z.string(),
  sessionId: z.string(),
  replayOf,
});
export type ReadMessage = z.infer<typeof readMessage>;

/** "Go on with this export": everything else is in its row. */
export const exportMessage = z.object({
  v: z.literal(1),
  kind: z.literal('export.run'),
  exportId: z.uuid(),
  traceparent,
  replayOf,
});
export type ExportMessage = z.infer<typeof exportMessage>;

/** "Go on with this operation": everything else is in its row. */
export const operationMessage = z.object({
  v: z.literal(1),
  kind: z.literal('operation.run'),
  operationId: z.uuid(),
  traceparent,
  replayOf,
});
export type OperationMessage = z.infer<typeof operationMessage>;

export const DRAIN: AuditOutboxMessage = { v: 1, kind: 'audit.drain' };
export const APPLY_HOLDS: AuditOutboxMessage = { v: 1, kind: 'holds.apply' };

export const runOperationMessage = (operationId: string, traceparent?: string): OperationMessage => ({
  v: 1,
  kind: 'operation.run',
  operationId,
  traceparent,
});

export const runExportMessage = (exportId: string, traceparent?: string): ExportMessage => ({
  v: 1,
  kind: 'export.run',
  exportId,
  traceparent,
});

const uuid = z.guid();
const isInstant = (rfc3339: string) =>
  !Number.isNaN(Date.parse(rfc3339)) && new Date(rfc3339).toISOString() === rfc3339;
/**
 * UTC, as ClickHouse reads it: `2026-11-22 08:41:01.123`. An instant there is: texts must sort as instants do. Not after 2099:
 * a TTL counts in 32 bits, and a row beyond them would be gone at once.
 */
const time = z
  .string()
  .regex(/^(?:19[7-9]|20\d)\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/)
  .refine((value) => isInstant(`${value.replace(' ', 'T')}Z`), 'is no instant');
const text = z.string();
const address = z.union([z.ipv6(), z.ipv4()]);

/** A row of audit_db.admin_ui_events as it travels; `properties` is JSON text. */
export const uiEventRow = z.strictObject({
  id: uuid,
  timestamp: time,
  session_id: text,
  actor_id: uuid,
  actor_email: text,
  actor_role: text,
  event_type: text,
  component_name: text,
  page_path: text,
  properties: text,
  user_agent: text,
  ip_address: address,
  service_id: uuid,
  trace_id: text,
  span_id: text,
});
export type UiEventRow = z.infer<typeof uiEventRow>;

/** A row of audit_db.admin_api_logs as it travels. */
export const apiLogRow = z.strictObject({
  id: uuid,
  timestamp: time,
  trace_id: text,
  span_id: text,
  service_id: uuid,
  endpoint: text,
  method: text,
  status_code: z.int().min(0).max(65_535),
  duration_ms: z.int().min(0).max(4_294_967_295),
  actor_id: uuid,
  actor_email: text,
  request_body: text,
  response_body: text,
  ip_address: address,
  actor_role: text,
  session_id: text,
  request_id: text,
  error_code: text,
  user_agent: text,
});
export type ApiLogRow = z.infer<typeof apiLogRow>;

/**
 * Accepted events, redacted already, each with the id it got at acceptance. `packId` names the message for good: by it ClickHouse
 * is asked whether the rows are there. `acceptedAt`: RFC 3339.
 */
export const eventsMessage = z.strictObject({
  v: z.literal(1),
  kind: z.literal('audit.events'),
  // Lower case, as ClickHouse writes it: it is compared with what ClickHouse answers.
  packId: uuid.lowercase(),
  acceptedAt: z.iso.datetime({ precision: 3 }),
  uiEvents: z.array(uiEventRow),
  apiLogs: z.array(apiLogRow),
  replayOf,
});
export type EventsMessage = z.infer<typeof eventsMessage>;

/** A request of OTLP/JSON, redacted, for the deployment's own receiver. */
export const forwardMessage = z.strictObject({
  v: z.literal(1),
  kind: z.literal('telemetry.forward'),
  signal: z.enum(['logs', 'traces']),
  request: z.record(z.string(), z.unknown()),
  replayOf,
});
export type ForwardMessage = z.infer<typeof forwardMessage>;

/**
 * Something happened that somebody outside may want to know of; what `data` holds is declared by domain/notifications/events.ts. The same
 * id for every channel and every try, so that a receiver can tell repeats.
 */
const announcement = z.strictObject({
  v: z.literal(1),
  kind: z.literal('notification.announce'),
  notification: z.strictObject({
    id: z.uuid(),
    type: text,
    occurredAt: z.iso.datetime({ precision: 3 }),
    data: z.record(z.string(), z.unknown()),
  }),
  replayOf,
});
export type AnnounceMessage = z.infer<typeof announcement>;

/** "This delivery is due": everything else is in its row. */
const delivery = z.strictObject({
  v: z.literal(1),
  kind: z.literal('notification.send'),
  deliveryId: z.uuid(),
  replayOf,
});

export const notificationMessage = z.discriminatedUnion('kind', [announcement, delivery]);
export type NotificationMessage = z.infer<typeof notificationMessage>;

export const sendNotificationMessage = (deliveryId: string): NotificationMessage => ({
  v: 1,
  kind: 'notification.send',
  deliveryId,
});
