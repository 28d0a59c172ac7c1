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
  /** None of these; each as the one of the same name without `not`. */
  notActorId?: readonly string[] | undefined;
  notActorEmail?: readonly string[] | undefined;
  notAction?: readonly string[] | undefined;
  notResource?: readonly string[] | undefined;
  notResourceId?: readonly string[] | undefined;
  notServiceId?: readonly string[] | undefined;
  notOutcome?: readonly string[] | undefined;
  notTraceId?: readonly string[] | undefined;
  notRequestId?: readonly string[] | undefined;
  notSessionId?: readonly string[] | undefined;
  /** All of its words occur in the states or the reason. */
  q?: string | null | undefined;
  /** null = every service, the records about none of them too. */
  services?: readonly string[] | null | undefined;
}

type Asked = Omit<AuditFilter, 'q'> & {
  actionPrefix?: string | undefined;
  notActionPrefix?: readonly string[] | undefined;
  words?: string | undefined;
};

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
  notActorId: 'actor_id NOT IN {notActorId:Array(UUID)}',
  notActorEmail: 'NOT has(arrayMap(each -> lower(each), {notActorEmail:Array(String)}), lower(actor_email))',
  notAction: 'action NOT IN {notAction:Array(String)}',
  notActionPrefix: 'NOT arrayExists(each -> startsWith(action, each), {notActionPrefix:Array(String)})',
  notResource: 'resource NOT IN {notResource:Array(String)}',
  notResourceId: 'resource_id NOT IN {notResourceId:Array(String)}',
  notServiceId: 'service_id NOT IN {notServiceId:Array(UUID)}',
  notOutcome: 'outcome NOT IN {notOutcome:Array(String)}',
  notTraceId: 'trace_id NOT IN {notTraceId:Array(String)}',
  notRequestId: 'request_id NOT IN {notRequestId:Array(String)}',
  notSessionId: 'session_id NOT IN {notSessionId:Array(String)}',
  words: 'hasAllTokens(words, lowerUTF8({words:String}))',
  services: 'service_id IN {services:Array(UUID)}',
};

const isPrefix = (action: string) => action.endsWith('.*');
const prefixOf = (action: string) => action.slice(0, -1);
const unlessEmpty = (actions: string[] | undefined) => (actions?.length ? actions : undefined);

/** The filter as SQL over admin_audit_logs, its values as parameters only. */
export function auditCondition({ action, notAction, q, ...rest }: AuditFilter): Condition {
  const named = action && isPrefix(action) ? { actionPrefix: prefixOf(action) } : { action };
  const words = q === null || q === undefined ? undefined : wordsOf(q).join(' ');
  return conditionOf<Asked>(CONDITIONS, {
    ...{ ...rest, ...named, words },
    notAction: unlessEmpty(notAction?.filter((each) => !isPrefix(each))),
    notActionPrefix: unlessEmpty(notAction?.filter(isPrefix).map(prefixOf)),
  });
}
