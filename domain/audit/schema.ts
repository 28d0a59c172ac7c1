import * as z from 'zod';

const text = z.string().min(1).max(200);

/** What narrows audit records: the query of GET /v1/audit/logs and the parameters of its export. Times are RFC 3339. */
export const auditLogFilter = z.strictObject({
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  actorId: z.guid().optional(),
  action: text.optional(),
  resource: text.optional(),
  resourceId: text.optional(),
  serviceId: z.guid().optional(),
  outcome: z.enum(['success', 'denied', 'failure']).optional(),
});

export const auditLogQuery = auditLogFilter.extend({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});
export type AuditLogQuery = z.infer<typeof auditLogQuery>;

export interface AuditLogSummaryView {
  id: string;
  timestamp: string;
  actorId: string;
  actorEmail: string;
  actorRole: string;
  action: string;
  resource: string;
  resourceId: string;
  serviceId: string | null;
  outcome: string;
  reason: string;
  ipAddress: string;
  requestId: string;
  traceId: string;
}

export interface AuditLogView extends AuditLogSummaryView {
  sessionId: string;
  before: unknown;
  after: unknown;
}
