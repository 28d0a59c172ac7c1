import * as z from 'zod';
import { instantText } from '../instant.ts';

const text = z.string().min(1).max(200);

/** The query of GET /v1/audit/api-logs. Times are RFC 3339. */
export const apiLogQuery = z.strictObject({
  from: instantText.optional(),
  to: instantText.optional(),
  endpoint: z.string().min(1).max(500).optional(),
  method: z
    .string()
    .regex(/^[A-Za-z]{1,20}$/, 'must be a method, such as PATCH')
    .transform((name) => name.toUpperCase())
    .optional(),
  status: z
    .string()
    .regex(/^[1-5](?:\d\d|xx)$/, 'must be a status, such as 404, or a class of them, such as 4xx')
    .optional(),
  minDurationMs: z.coerce.number().int().min(0).max(4_294_967_295).optional(),
  actorId: z.guid().optional(),
  actorEmail: text.optional(),
  serviceId: z.guid().optional(),
  traceId: text.optional(),
  requestId: text.optional(),
  sessionId: text.optional(),
  errorCode: text.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1000).optional(),
});
export type ApiLogQuery = z.infer<typeof apiLogQuery>;

export interface ApiLogSummaryView {
  id: string;
  timestamp: string;
  endpoint: string;
  method: string;
  status: number;
  durationMs: number;
  errorCode: string | null;
  actorId: string;
  actorEmail: string;
  actorRole: string;
  serviceId: string | null;
  sessionId: string;
  requestId: string;
  traceId: string;
  spanId: string;
  ipAddress: string;
  userAgent: string;
}

/** Bodies are redacted text, cut where they were long; null where none was kept. */
export interface ApiLogView extends ApiLogSummaryView {
  requestBody: string | null;
  responseBody: string | null;
}
