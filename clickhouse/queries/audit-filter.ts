import { wordsOf } from './audit-words.ts';
import { type Condition, conditionOf } from './condition.ts';

/** What narrows audit records, the same for lists, charts and exports. Times are UTC text with milliseconds; null and absent = any. */
export interface AuditFilter {
  from?: string | null | undefined;
  to?: string | null | undefined;
  actorId?: string | null | undefined;
  /** Whatever its case. */
  actorEmail?: string | null | undefined;
  /** An action, or the beginning of actions: `service.*`. */
  action?: string | null | undefined;
  resource?: string | null | undefined;
  resourceId?: string | null | undefined;
  outcome?: string | null | undefined;
  traceId?: string | null | undefined;
  requestId?: string | null | undefined;
  sessionId?: string | null | undefined;
  /** All of its words occur in the states or the reason. */
  q?: string | null | undefined;
  /** null = every service, the records about none of them too. */
  services?: readonly string[] | null | undefined;
}

type Asked = Omit<AuditFilter, 'q'> & { actionPrefix?: string | undefined; words?: string | undefined };

const CONDITIONS: { [K in keyof Required<Asked>]: string } = {
  from: 'timestamp >= {from:DateTime64(3)}',
  to: 'timestamp <= {to:DateTime64(3)}',
  actorId: 'actor_id = {actorId:UUID}',
  actorEmail: 'lower(actor_email) = lower({actorEmail:String})',
  action: 'action = {action:String}',
  actionPrefix: 'startsWith(action, {actionPrefix:String})',
  resource: 'resource = {resource:String}',
  resourceId: 'resource_id = {resourceId:String}',
  outcome: 'outcome = {outcome:String}',
  traceId: 'trace_id = {traceId:String}',
  requestId: 'request_id = {requestId:String}',
  sessionId: 'session_id = {sessionId:String}',
  words: 'hasAllTokens(words, lowerUTF8({words:String}))',
  services: 'service_id IN {services:Array(UUID)}',
};

/** The filter as SQL over admin_audit_logs, its values as parameters only. */
export function auditCondition({ action, q, ...rest }: AuditFilter): Condition {
  const named = action?.endsWith('.*') ? { actionPrefix: action.slice(0, -1) } : { action };
  const words = q === null || q === undefined ? undefined : wordsOf(q).join(' ');
  return conditionOf<Asked>(CONDITIONS, { ...rest, ...named, words });
}
