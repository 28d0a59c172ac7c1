import { type SQL, sql } from 'drizzle-orm';
import { call, statement } from '../client.ts';
import { admins, auditHolds, auditOutbox } from '../schema/index.ts';
import type { SystemEvent } from './export-runs.ts';
import { resource } from './resource.ts';
import type { Mark } from './settled-mark.ts';

/** What a hold is about: AND of what is given. Times are RFC 3339 with milliseconds, both ends included. */
export interface HoldCriteria {
  resource: string | null;
  resourceId: string | null;
  actorId: string | null;
  /** nil UUID = records about no service. */
  serviceId: string | null;
  from: string | null;
  to: string | null;
}

export type HoldStatus = 'applying' | 'active' | 'releasing' | 'released';

export interface HoldItem extends HoldCriteria {
  id: string;
  reason: string;
  status: HoldStatus;
  matchedRows: number | null;
  countedAt: string | null;
  createdBy: string;
  createdAt: string;
  releasedBy: string | null;
  releasedAt: string | null;
  releaseReason: string | null;
  updatedAt: string;
  version: number;
}

export const MAX_OPEN_HOLDS = 200;

const p = sql.placeholder;
const NOW = sql`to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const NO_SERVICE = sql.raw(`'00000000-0000-0000-0000-000000000000'::uuid`);
/** Records that match these are held. */
const isOpen = (hold: string) => sql.raw(`${hold}.status IN ('applying', 'active')`);

const hold = resource<HoldItem, { holdId: string }>({
  name: 'audit_hold',
  table: auditHolds,
  fields: ['resource', 'resourceId', 'actorId', 'serviceId', 'from', 'to'],
  key: { holdId: auditHolds.id },
  about: 'everywhere',
});

/** First in a transaction that counts open holds: two of them one after the other. */
export const lockHolds = () =>
  call(statement<object, unknown>(sql`SELECT pg_advisory_xact_lock(hashtextextended('audit holds', 0))`), {});

/** In the order in which they were made. */
export const listHolds = hold.list<{ status: HoldStatus | null }>({
  order: ['id'],
  filter: sql`(${p('status')}::audit_hold_status IS NULL OR t.status = ${p('status')}::audit_hold_status)`,
});

export const readHold = hold.read();

/** After lockHolds. The reason is the record's, redacted as that is. */
export const insertHold = hold.insert<object>({
  guards: {
    full: sql`(SELECT count(*) FROM ${auditHolds} h WHERE ${isOpen('h')}) >= ${sql.raw(String(MAX_OPEN_HOLDS))}`,
  },
  set: { reason: sql`${p('reason')}::text`, status: sql`'applying'::audit_hold_status` },
});

export const releaseHold = hold.update({
  guards: { released: sql`chg.status IN ('releasing', 'released')` },
  set: {
    status: sql`'releasing'::text`,
    releasedBy: sql`(SELECT admin_id FROM access)`,
    releasedAt: NOW,
    releaseReason: sql`${p('reason')}::text`,
  },
});

/** SQL boolean, never NULL: whether an open hold matches the outbox row `o`. */
export const isHeld: SQL = sql`EXISTS (SELECT FROM ${auditHolds} h WHERE ${isOpen('h')}
  AND (h.resource IS NULL OR h.resource = o.resource) AND (h.resource_id IS NULL OR h.resource_id = o.resource_id)
  AND (h.actor_id IS NULL OR h.actor_id = o.actor_id) AND (h.service_id IS NULL OR h.service_id = coalesce(o.service_id, ${NO_SERVICE}))
  AND (h.from_time IS NULL OR o.occurred_at >= h.from_time) AND (h.to_time IS NULL OR o.occurred_at <= h.to_time))`;

const criteriaOf = (alias: string) => {
  const time = (name: string) => `to_char(${alias}.${name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  return sql.raw(`jsonb_build_object('resource', ${alias}.resource, 'resourceId', ${alias}.resource_id, 'actorId', ${alias}.actor_id,
    'serviceId', ${alias}.service_id, 'from', ${time('from_time')}, 'to', ${time('to_time')})`);
};

// The rest is for the drainer's role, which sees what a hold is about and nothing else of it; writes are the API's.

/** Holds that ClickHouse has not been brought to, and active ones nobody has counted for an hour. Oldest first. */
export const pendingHolds = statement<object, { id: string; version: number }>(sql`
SELECT h.id, h.version FROM ${auditHolds} h WHERE h.status IN ('applying', 'releasing')
  OR (h.status = 'active' AND h.counted_at < now() - interval '1 hour')
ORDER BY h.created_at, h.id`);

export interface HoldWork {
  status: HoldStatus;
  criteria: HoldCriteria;
  /** Of the open holds beside this one. */
  others: HoldCriteria[];
  /** Whether everything accepted by the mark is in ClickHouse. */
  settled: boolean;
}

/**
 * One snapshot of it all: a hold that is not among `others` can only have marked records accepted after a settled mark. No row:
 * the hold has changed since `version`, so perhaps since the mark.
 */
export const holdWork = statement<{ holdId: string; version: number } & Mark, HoldWork>(sql`
SELECT h.status, ${criteriaOf('h')} AS criteria,
  (SELECT coalesce(jsonb_agg(${criteriaOf('other')} ORDER BY other.id), '[]') FROM ${auditHolds} other
    WHERE other.id <> h.id AND ${isOpen('other')}) AS others,
  pg_snapshot_xmin(pg_current_snapshot()) >= ${p('xid')}::text::xid8 AND NOT EXISTS (SELECT FROM ${auditOutbox}
    WHERE sent_at IS NULL AND accepted_at <= (${p('cutoff')}::timestamp AT TIME ZONE 'UTC')) AS settled
FROM ${auditHolds} h WHERE h.id = ${p('holdId')}::uuid AND h.version = ${p('version')}::int`);

/** One step on, with its record, unless the hold has changed since `version`. */
export const finishHold = statement<
  SystemEvent & { holdId: string; version: number; matchedRows: number },
  { status: HoldStatus }
>(sql`
WITH done AS (
  UPDATE ${auditHolds} h SET status = CASE h.status WHEN 'applying' THEN 'active' ELSE 'released' END::audit_hold_status,
    matched_rows = ${p('matchedRows')}::bigint, counted_at = now(), updated_at = now(), version = h.version + 1
  WHERE h.id = ${p('holdId')}::uuid AND h.version = ${p('version')}::int AND h.status IN ('applying', 'releasing') RETURNING h.*
), recorded AS (
  INSERT INTO ${auditOutbox} (id, occurred_at, actor_id, actor_email, actor_role, action, resource, resource_id, outcome, after_state,
    reason, ip_address, request_id, trace_id)
  SELECT ${p('eventId')}::uuid, ${p('eventTime')}::timestamptz, a.id, a.email, 'system', ${p('action')}, 'audit_hold', done.id::text,
    'success', ${hold.state('done')}, coalesce(done.release_reason, done.reason), '::', ${p('requestId')}, ${p('traceId')}
  FROM done JOIN ${admins} a ON a.id = coalesce(done.released_by, done.created_by)
)
SELECT status FROM done`);

export const recountHold = statement<{ holdId: string; matchedRows: number }, never>(sql`
UPDATE ${auditHolds} SET matched_rows = ${p('matchedRows')}::bigint, counted_at = now()
WHERE id = ${p('holdId')}::uuid AND status = 'active'`);
