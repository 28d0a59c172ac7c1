import * as z from 'zod';
import { wordsOf } from '../../clickhouse/queries/audit-words.ts';
import { instantText } from '../instant.ts';
import type { Change } from './field-diff.ts';

const text = z.string().min(1).max(200);
const MOST_WORDS = 10;

/** Words to search for. */
const words = text.superRefine((value, context) => {
  const count = wordsOf(value).length;
  const refuse = (message: string) => context.addIssue({ code: 'custom', message });
  if (count === 0) refuse('holds no word to search for: letters or digits are needed');
  if (count > MOST_WORDS) refuse(`holds ${count} words; at most ${MOST_WORDS} can be searched for at once`);
});

const action = text.regex(
  /^[^*]+$|^[^*]+\.\*$/,
  'must be an action, such as service.config.update, or the beginning of some: service.*',
);
const outcome = z.enum(['success', 'denied', 'failure']);

const MOST_EXCLUDED = 20;

/** One value or several of them: in a query a parameter that is there once comes as a text, not as a list. */
const several = <Item extends z.ZodType>(item: Item) =>
  z.preprocess((given) => (typeof given === 'string' ? [given] : given), z.array(item).min(1).max(MOST_EXCLUDED));

/** What leaves records out that the rest of the filter finds. */
const excluded = {
  notActorId: several(z.guid()).optional(),
  notActorEmail: several(text).optional(),
  notAction: several(action).optional(),
  notResource: several(text).optional(),
  notResourceId: several(text).optional(),
  notServiceId: several(z.guid()).optional(),
  notOutcome: several(outcome).optional(),
  notTraceId: several(text).optional(),
  notRequestId: several(text).optional(),
  notSessionId: several(text).optional(),
};

/** What narrows audit records: the query of GET /v1/audit/logs and the parameters of its export. Times are RFC 3339. */
export const auditLogFilter = z.strictObject({
  from: instantText.optional(),
  to: instantText.optional(),
  actorId: z.guid().optional(),
  actorEmail: text.optional(),
  action: action.optional(),
  resource: text.optional(),
  resourceId: text.optional(),
  serviceId: z.guid().optional(),
  outcome: outcome.optional(),
  traceId: text.optional(),
  requestId: text.optional(),
  sessionId: text.optional(),
  q: words.optional(),
  ...excluded,
});

export const auditLogQuery = auditLogFilter.extend({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1000).optional(),
});
export type AuditLogQuery = z.infer<typeof auditLogQuery>;

export const volumeQuery = auditLogFilter.extend({
  interval: z.enum(['auto', 'minute', 'hour', 'day', 'week']).default('auto'),
});
export type VolumeQuery = z.infer<typeof volumeQuery>;

/** Of a live stream: from now on, whatever its length. */
export const liveQuery = auditLogFilter.omit({ from: true, to: true });
export type LiveQuery = z.infer<typeof liveQuery>;

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
  sessionId: string;
}

export interface AuditLogView extends AuditLogSummaryView {
  before: unknown;
  after: unknown;
  changes: Change[];
  /** There are more changes than are listed. */
  changesTruncated: boolean;
}
