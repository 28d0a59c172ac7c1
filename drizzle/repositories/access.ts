import { type SQL, sql } from 'drizzle-orm';
import { auditOutbox } from '../schema/index.ts';

/** Who asks, as the verified token and the request say. Every statement that authorises takes these. */
export interface CallerInput {
  /** `sub` of the token. */
  subject: string;
  /** `sid` of the token. */
  sessionId: string;
  /** `iat` of the token, seconds. */
  issuedAt: number;
  /** All of them are needed. */
  permissions: readonly string[];
  /** Anonymised already. */
  ipAddress: string;
  userAgent: string;
  requestId: string;
  traceId: string;
  /** UUIDv7 of the audit record this call may write, and its milliseconds as RFC 3339. */
  eventId: string;
  eventTime: string;
  action: string;
  reason: string;
}

/** Why a caller may or may not go on. `ok` is the only one that lets the rest of a statement do anything. */
export type Verdict = 'ok' | 'unknown_admin' | 'locked' | 'session_ended' | 'not_found' | 'forbidden';

/** What every authorising statement answers beside its own columns. */
export interface Access {
  verdict: Verdict;
  admin_id: string | null;
  /** The permission a `forbidden` caller lacks. */
  missing: string | null;
}

const p = sql.placeholder;

/** What a statement is about; its audit records name it. */
export interface About {
  /** A name of our own, or SQL text. */
  resource: string | SQL;
  resourceId: SQL;
  /** SQL uuid; its value may be NULL: about none. A caller without any grant that reaches it is told `not_found`. */
  serviceId?: SQL;
  /** SQL jsonb: what was asked for, kept as `after_state` of a refusal. */
  attempted?: SQL;
}

/**
 * CTE `access`: identity, session and permissions of the caller in the same statement as the work, and the audit record of
 * a refusal; see the function `authorise` in drizzle/migrations.
 *
 * One row: verdict, missing (the first permission lacked), admin_id, email, role, and scope (null = every service, else
 * those for which all the permissions are held).
 * @param name another one, where the statement decides further
 */
export function accessCte({ resource, resourceId, serviceId, attempted }: About, name = 'access'): SQL {
  return sql`${sql.raw(name)} AS MATERIALIZED (SELECT * FROM authorise(${p('subject')}, ${p('sessionId')}, ${p('issuedAt')}, ${p('permissions')},
  ${serviceId ?? sql`NULL`}, ${p('ipAddress')}, ${p('userAgent')}, ${p('eventId')}, ${p('eventTime')}, ${p('action')},
  ${nameOf(resource)}, ${resourceId}, ${attempted ?? sql`NULL`}, ${p('reason')}, ${p('requestId')}, ${p('traceId')}))`;
}

const nameOf = (resource: string | SQL) => (typeof resource === 'string' ? sql.raw(`'${resource}'`) : resource);

const OUTBOX_COLUMNS = sql.raw(
  [
    auditOutbox.id,
    auditOutbox.occurredAt,
    auditOutbox.actorId,
    auditOutbox.actorEmail,
    auditOutbox.actorRole,
    auditOutbox.action,
    auditOutbox.resource,
    auditOutbox.resourceId,
    auditOutbox.serviceId,
    auditOutbox.outcome,
    auditOutbox.beforeState,
    auditOutbox.afterState,
    auditOutbox.reason,
    auditOutbox.ipAddress,
    auditOutbox.requestId,
    auditOutbox.traceId,
    auditOutbox.sessionId,
  ]
    .map((column) => `"${column.name}"`)
    .join(', '),
);

const NOBODY = sql.raw(`'00000000-0000-0000-0000-000000000000'::uuid`);

export interface AuditedThing extends Omit<About, 'attempted'> {
  outcome: SQL;
  /** Of a record that is not the call's own action. */
  action?: SQL;
  before?: SQL;
  after?: SQL;
  /** Of a further record in the same statement; `time` is the id's. */
  event?: { id: SQL; time: SQL };
  /** FROM and WHERE that yield one row when there is something to record; `access` is joined already. */
  from: SQL;
}

/** `INSERT INTO audit_outbox … SELECT` for the caller of this statement: the record commits with the change or not at all. */
export function insertAudit(thing: AuditedThing): SQL {
  return sql`INSERT INTO ${auditOutbox} (${OUTBOX_COLUMNS})
  SELECT ${thing.event?.id ?? p('eventId')}::uuid, ${thing.event?.time ?? p('eventTime')}::timestamptz, coalesce(access.admin_id, ${NOBODY}), access.email, access.role,
    ${thing.action ?? p('action')}, ${nameOf(thing.resource)}, ${thing.resourceId}, ${thing.serviceId ? sql`nullif(${thing.serviceId}, ${NOBODY})` : sql`NULL`}, ${thing.outcome},
    ${thing.before ?? sql`NULL`}, ${thing.after ?? sql`NULL`}, ${p('reason')}, ${p('ipAddress')}, ${p('requestId')}, ${p('traceId')},
    ${p('sessionId')}
  FROM access ${thing.from}`;
}
