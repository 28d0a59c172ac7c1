import * as z from 'zod';
import { instantText } from '../instant.ts';

const text = z.string().min(1).max(200);

/** The query of GET /v1/audit/ui-events. Times are RFC 3339. */
export const uiEventQuery = z.strictObject({
  from: instantText.optional(),
  to: instantText.optional(),
  actorId: z.guid().optional(),
  actorEmail: text.optional(),
  eventType: text
    .regex(/^[^*]+(?:\.\*)?$/, 'must be a name, such as app.widget.click, or the beginning of names, such as app.*')
    .optional(),
  componentName: text.optional(),
  pagePath: z.string().min(1).max(500).optional(),
  serviceId: z.guid().optional(),
  sessionId: text.optional(),
  traceId: text.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1000).optional(),
});
export type UiEventQuery = z.infer<typeof uiEventQuery>;

/** What a browser said an admin did, under the admin's own session. */
export interface UiEventView {
  id: string;
  timestamp: string;
  sessionId: string;
  actorId: string;
  actorEmail: string;
  actorRole: string;
  eventType: string;
  componentName: string;
  pagePath: string;
  properties: Record<string, unknown>;
  userAgent: string;
  ipAddress: string;
  serviceId: string | null;
  traceId: string;
  spanId: string;
}
