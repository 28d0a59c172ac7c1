/** What narrows audit records, the same for lists and exports. Times are UTC text with milliseconds; null and absent = any. */
export interface AuditFilter {
  from?: string | null | undefined;
  to?: string | null | undefined;
  actorId?: string | null | undefined;
  action?: string | null | undefined;
  resource?: string | null | undefined;
  resourceId?: string | null | undefined;
  outcome?: string | null | undefined;
  /** null = every service, the records about none of them too. */
  services?: readonly string[] | null | undefined;
}

export interface Condition {
  sql: string;
  params: Record<string, unknown>;
}

const CONDITIONS: { [K in keyof Required<AuditFilter>]: string } = {
  from: 'timestamp >= {from:DateTime64(3)}',
  to: 'timestamp <= {to:DateTime64(3)}',
  actorId: 'actor_id = {actorId:UUID}',
  action: 'action = {action:String}',
  resource: 'resource = {resource:String}',
  resourceId: 'resource_id = {resourceId:String}',
  outcome: 'outcome = {outcome:String}',
  services: 'service_id IN {services:Array(UUID)}',
};

/** The filter as SQL over admin_audit_logs, its values as parameters only. */
export function auditCondition(filter: AuditFilter): Condition {
  const parts: string[] = [];
  const params: Record<string, unknown> = {};
  for (const [name, sql] of Object.entries(CONDITIONS)) {
    const value = filter[name as keyof AuditFilter];
    if (value === null || value === undefined) continue;
    parts.push(sql);
    params[name] = value;
  }
  return { sql: parts.length > 0 ? parts.join(' AND ') : '1', params };
}
