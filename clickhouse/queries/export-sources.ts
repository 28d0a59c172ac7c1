import { type AuditFilter, auditCondition } from './audit-filter.ts';
import type { Condition } from './condition.ts';
import type { RowSource } from './export-rows.ts';
import { type ApiLogFilter, apiLogCondition } from './list-api-logs.ts';
import { type SessionFilter, sessionRows } from './list-sessions.ts';
import { type UiEventFilter, uiEventCondition } from './list-ui-events.ts';

// What is past its retention may vanish with any merge: it belongs to no file.
const RETAINED = 'timestamp > subtractYears({cutoff:DateTime64(6)}, 7)';
const ACCEPTED = 'accepted_at <= {cutoff:DateTime64(6)}';

const lengths = (...columns: string[]) => columns.map((column) => `length(${column})`).join(' + ');

function plain<Filter>(
  table: string,
  where: (filter: Filter) => Condition,
  always: readonly string[],
): RowSource<Filter>['select'] {
  return (filter, cutoff, beyond) => {
    const { sql, params } = where(filter);
    return {
      sql: `SELECT * FROM ${table} WHERE ${[sql, ACCEPTED, ...always, beyond].join(' AND ')}`,
      params: { ...params, cutoff },
    };
  };
}

const AUDIT_TABLE = 'audit_db.admin_audit_logs';
const AUDIT_RETAINED = `(${RETAINED} OR legal_hold = 1)`;
const AUDIT_ORDER: RowSource<AuditFilter>['order'] = [
  { sql: 'toDate(timestamp)', type: 'Date' },
  { sql: 'resource', type: 'String' },
  { sql: 'id', type: 'UUID' },
];
const AUDIT_BYTES = `300 + ${lengths('before_state', 'after_state', 'reason', 'resource_id', 'actor_email')}`;

export const AUDIT_LOGS: RowSource<AuditFilter> = {
  order: AUDIT_ORDER,
  rowBytes: AUDIT_BYTES,
  select: plain(AUDIT_TABLE, auditCondition, [AUDIT_RETAINED]),
};

/** Refusals, sign-ins that failed, sessions that were ended by somebody, and changes of who may do what. */
const SECURITY = `(outcome = 'denied' OR (action = 'session.sign-in' AND outcome != 'success') OR action = 'session.revoke'
  OR startsWith(action, 'admin.') OR startsWith(action, 'role.') OR startsWith(action, 'grant.'))`;

export const SECURITY_EVENTS: RowSource<AuditFilter> = {
  order: AUDIT_ORDER,
  rowBytes: AUDIT_BYTES,
  select: plain(AUDIT_TABLE, auditCondition, [AUDIT_RETAINED, SECURITY]),
};

export const API_LOGS: RowSource<ApiLogFilter> = {
  order: [
    { sql: 'toDate(timestamp)', type: 'Date' },
    { sql: 'service_id', type: 'UUID' },
    { sql: 'id', type: 'UUID' },
  ],
  rowBytes: `400 + ${lengths('request_body', 'response_body', 'endpoint', 'user_agent')}`,
  select: plain('audit_db.admin_api_logs', apiLogCondition, [RETAINED]),
};

export const UI_EVENTS: RowSource<UiEventFilter> = {
  order: [
    { sql: 'toDate(timestamp)', type: 'Date' },
    { sql: 'actor_id', type: 'UUID' },
    { sql: 'id', type: 'UUID' },
  ],
  rowBytes: `400 + ${lengths('properties', 'page_path', 'user_agent')}`,
  select: plain('audit_db.admin_ui_events', uiEventCondition, [RETAINED]),
};

/** How often who did what with which outcome, by day and service. Counted from the records, so it is the same whenever it is. */
export const ACTIVITY_SUMMARY: RowSource<AuditFilter> = {
  order: [
    { sql: 'day', type: 'Date' },
    { sql: 'service_id', type: 'UUID' },
    { sql: 'actor_id', type: 'UUID' },
    { sql: 'action', type: 'String' },
    { sql: 'outcome', type: 'String' },
  ],
  rowBytes: '300',
  select: (filter, cutoff, beyond) => {
    const { sql, params } = auditCondition(filter);
    return {
      // Named only outside: the filter's actor_email is the record's.
      sql: `SELECT day, service_id, actor_id, action, outcome, last_email AS actor_email, records, first_at, last_at
        FROM (SELECT toDate(timestamp) AS day, service_id, actor_id, action, outcome, max((timestamp, actor_email)).2 AS last_email,
            count() AS records, min(timestamp) AS first_at, max(timestamp) AS last_at
          FROM ${AUDIT_TABLE} WHERE ${sql} AND ${ACCEPTED} AND ${AUDIT_RETAINED}
          GROUP BY day, service_id, actor_id, action, outcome HAVING ${beyond})`,
      params: { ...params, cutoff },
    };
  },
};

/** Times are UTC text; absent = any. */
export type SessionExportFilter = Pick<SessionFilter, 'readable' | 'asked' | 'actorId' | 'actorEmail' | 'ended'> & {
  from?: string | undefined;
  to?: string | undefined;
};

const TO_MILLISECONDS = 23;

/** Sessions that began by the cutoff, as they are known when they are read: they go on after it. */
export const SESSIONS: RowSource<SessionExportFilter> = {
  order: [
    { sql: 'started_at', type: 'DateTime64(3)' },
    { sql: 'actor_id', type: 'UUID' },
    { sql: 'session_id', type: 'String' },
  ],
  rowBytes: '400 + length(user_agent)',
  changing: true,
  select: ({ from = '1970-01-01 00:00:00.000', to, ...filter }, cutoff, beyond) => {
    const last = cutoff.slice(0, TO_MILLISECONDS);
    const rows = sessionRows({ ...filter, from, to: to && to < last ? to : last }, beyond);
    return {
      sql: `SELECT session_id, actor_id, email AS actor_email, role AS actor_role, session_kind AS kind, started_at,
          seen_at AS last_seen_at, begun_at AS signed_in_at, left_at AS signed_out_at, ended_at AS revoked_at,
          address AS ip_address, agent AS user_agent, ui_event_count AS ui_events, api_call_count AS api_calls,
          api_error_count AS api_errors, audit_record_count AS audit_records, change_count AS changes, denial_count AS denials
        FROM (${rows.sql})`,
      params: rows.params,
    };
  },
};
