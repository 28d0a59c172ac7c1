import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { auditOutbox, idempotencyKeys } from '../schema/index.ts';
import { isHeld } from './audit-holds.ts';

const p = sql.placeholder;

/** An audit record as ClickHouse takes it (JSONEachRow): times are UTC text, states are JSON text or ''. */
export interface OutboxRow {
  batch_id: string;
  id: string;
  timestamp: string;
  accepted_at: string;
  actor_id: string;
  actor_email: string;
  actor_role: string;
  action: string;
  resource: string;
  resource_id: string;
  service_id: string;
  outcome: string;
  before_state: string;
  after_state: string;
  reason: string;
  ip_address: string;
  request_id: string;
  trace_id: string;
  session_id: string;
  /** 1 when an open hold matches it at this moment. */
  legal_hold: number;
}

const RETURNED = sql`${sql.raw(`o.batch_id, o.id, to_char(o.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') AS timestamp,
  to_char(o.accepted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS accepted_at, o.actor_id, o.actor_email, o.actor_role,
  o.action, o.resource, o.resource_id, coalesce(o.service_id, '00000000-0000-0000-0000-000000000000') AS service_id, o.outcome,
  coalesce(o.before_state::text, '') AS before_state, coalesce(o.after_state::text, '') AS after_state, o.reason, o.ip_address,
  o.request_id, o.trace_id, o.session_id`)}, (${isHeld})::int AS legal_hold`;

const LEASE = sql.raw(`now() + interval '60 seconds'`);

/**
 * Takes up one batch whose drainer went away, whole. Both racers lock in id order and the loser finds the lease renewed, so a
 * batch is never split.
 */
export const reclaimBatch = statement<object, OutboxRow>(sql`
WITH due AS (
  SELECT id FROM ${auditOutbox}
  WHERE sent_at IS NULL AND leased_until < now() AND batch_id = (
    SELECT batch_id FROM ${auditOutbox} WHERE sent_at IS NULL AND batch_id IS NOT NULL AND leased_until < now()
    ORDER BY attempts, batch_id LIMIT 1)
  ORDER BY id FOR UPDATE
)
UPDATE ${auditOutbox} o SET leased_until = ${LEASE}, attempts = attempts + 1 FROM due WHERE o.id = due.id RETURNING ${RETURNED}`);

/** Binds up to `limit` unsent rows to a new batch. */
export const claimBatch = statement<{ batchId: string; limit: number }, OutboxRow>(sql`
WITH due AS (
  SELECT id FROM ${auditOutbox} WHERE sent_at IS NULL AND batch_id IS NULL
  ORDER BY accepted_at LIMIT ${p('limit')}::int FOR UPDATE SKIP LOCKED
)
UPDATE ${auditOutbox} o SET batch_id = ${p('batchId')}::uuid, leased_until = ${LEASE}, attempts = 1
FROM due WHERE o.id = due.id RETURNING ${RETURNED}`);

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
