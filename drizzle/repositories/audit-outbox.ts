import { type SQL, sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { auditOutbox, idempotencyKeys } from '../schema/index.ts';
import { isHeld } from './audit-holds.ts';

const p = sql.placeholder;

/** Rows that travel together, under one deduplication token. */
export interface Batch {
  batch_id: string;
  rows: number;
  /** One JSON object a line, by id: columns and values of audit_db.admin_audit_logs; times are UTC text, states are JSON text or ''. */
  lines: string;
}

export interface FreshBatch extends Batch {
  /** How many rows were looked at for it, its own among them. */
  seen: number;
}

/** The batch of the rows `taken`, none if there are none. Postgres writes the text: nobody between here and ClickHouse looks into it. */
const batchOf = (
  more: SQL = sql``,
) => sql`SELECT r.batch_id, count(*)::int AS rows, string_agg(to_json(r.line)::text, chr(10) ORDER BY r.id) AS lines${more}
FROM (
  SELECT o.id, o.batch_id, l AS line FROM taken o CROSS JOIN LATERAL (SELECT ${sql.raw(`o.id,
    to_char(o.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') AS timestamp,
    to_char(o.accepted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS accepted_at, o.actor_id, o.actor_email, o.actor_role,
    o.action, o.resource, o.resource_id, coalesce(o.service_id, '00000000-0000-0000-0000-000000000000') AS service_id, o.outcome,
    coalesce(o.before_state::text, '') AS before_state, coalesce(o.after_state::text, '') AS after_state, o.reason, o.ip_address,
    o.request_id, o.trace_id, o.session_id`)}, (${isHeld})::int AS legal_hold) l
) r GROUP BY r.batch_id`;

const LEASE = sql.raw(`now() + interval '60 seconds'`);

/**
 * Takes up one batch whose drainer went away, whole. Both racers lock in id order and the loser finds the lease renewed, so a
 * batch is never split.
 */
export const reclaimBatch = statement<object, Batch>(sql`
WITH due AS (
  SELECT id FROM ${auditOutbox}
  WHERE sent_at IS NULL AND leased_until < now() AND batch_id = (
    SELECT batch_id FROM ${auditOutbox} WHERE sent_at IS NULL AND batch_id IS NOT NULL AND leased_until < now()
    ORDER BY attempts, batch_id LIMIT 1)
  ORDER BY id FOR UPDATE
), taken AS (
  UPDATE ${auditOutbox} o SET leased_until = ${LEASE}, attempts = attempts + 1 FROM due WHERE o.id = due.id RETURNING o.*
) ${batchOf()}`);

/** Roughly what a row is without its states and its reason. */
const ROW_BYTES = 500;
// A state is stored about as long as its text, unless it is compressed: then only the text tells.
const bytesOf = (state: SQL) =>
  sql`CASE WHEN pg_column_compression(${state}) IS NULL THEN pg_column_size(${state}) ELSE octet_length(${state}::text) END`;

/**
 * Binds the oldest unsent rows to a new batch: up to `limit`, and no more than have about `bytes` in all, but one at least. What does
 * not fit stays unclaimed.
 */
export const claimBatch = statement<{ batchId: string; limit: number; bytes: number }, FreshBatch>(sql`
WITH due AS (
  SELECT id, accepted_at, ${sql.raw(String(ROW_BYTES))} + octet_length(reason)
    + coalesce(${bytesOf(sql.raw('before_state'))}, 0) + coalesce(${bytesOf(sql.raw('after_state'))}, 0) AS bytes
  FROM ${auditOutbox} WHERE sent_at IS NULL AND batch_id IS NULL
  ORDER BY accepted_at LIMIT ${p('limit')}::int FOR UPDATE SKIP LOCKED
), sums AS (
  SELECT id, bytes, sum(bytes) OVER (ORDER BY accepted_at, id ROWS UNBOUNDED PRECEDING) AS total FROM due
), fit AS (SELECT id FROM sums WHERE total <= ${p('bytes')}::int OR total = bytes), taken AS (
  UPDATE ${auditOutbox} o SET batch_id = ${p('batchId')}::uuid, leased_until = ${LEASE}, attempts = 1
  FROM fit WHERE o.id = fit.id RETURNING o.*
) ${batchOf(sql`, (SELECT count(*)::int FROM due) AS seen`)}`);

export const acknowledgeBatches = statement<{ batchIds: readonly string[] }, never>(sql`
UPDATE ${auditOutbox} SET sent_at = now(), leased_until = NULL
WHERE batch_id = ANY (${p('batchIds')}::uuid[]) AND sent_at IS NULL`);

/** Lets a failed batch be taken up again after `delaySeconds` instead of after the whole lease. */
export const releaseBatch = statement<{ batchId: string; delaySeconds: number }, never>(sql`
UPDATE ${auditOutbox} SET leased_until = now() + ${p('delaySeconds')}::float8 * interval '1 second'
WHERE batch_id = ${p('batchId')}::uuid AND sent_at IS NULL`);

export const countUnsent = statement<object, { unsent: number }>(sql`
SELECT count(*)::int AS unsent FROM (SELECT FROM ${auditOutbox} WHERE sent_at IS NULL LIMIT 10001) AS waiting`);

/** Rows ClickHouse confirmed a week ago, and first answers older than the 24 hours they are promised for. */
export const purgeSent = statement<object, never>(sql`
DELETE FROM ${auditOutbox} WHERE id IN (
  SELECT id FROM ${auditOutbox} WHERE sent_at < now() - interval '7 days' LIMIT 5000)`);

export const purgeIdempotencyKeys = statement<object, never>(sql`
DELETE FROM ${idempotencyKeys} WHERE created_at < now() - interval '24 hours'`);
