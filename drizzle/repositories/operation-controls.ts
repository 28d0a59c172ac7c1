import { type SQL, sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { adminOperationApprovals, adminOperations, admins, grants, idempotencyKeys, roles } from '../schema/index.ts';
import { type Access, accessCte, type CallerInput, insertAudit } from './access.ts';
import { driftedOf, VERSIONED_KINDS } from './operation-kinds.ts';
import { ASKED_OPERATION, mayKnow, type OperationRow, operationColumns } from './operation-reads.ts';
import type { Moves } from './operation-runs.ts';

const p = sql.placeholder;
const OWNER = sql.raw(`'01900000-0000-7000-8000-000000000001'::uuid`);

export interface ControlInput extends CallerInput, Moves {
  operationId: string;
  route: string;
  idempotencyKey: string | null;
  requestHash: string;
}

export interface ControlledRow extends Access, OperationRow {
  /** changed, or what refused it; `phase`: it may not happen where the operation stands. */
  outcome: string | null;
  /** How many targets have changed since the plan, of a refusal `drifted`. */
  drifted: number | null;
  prior_hash: string | null;
}

interface Control {
  /** The permission for all the operation is about. */
  needs: 'operations.execute' | 'operations.approve';
  /** What refuses, in this order → SQL boolean over `found`, which has what the operation has. */
  guards?: Record<string, SQL>;
  /** SQL assignments besides phase and status. */
  set?: SQL;
  /** What the caller says about the plan. */
  votes?: 'approve' | 'reject';
  /** SQL text of the kind of move in `moves` → its own table; absent: there is one. */
  which?: SQL;
  /** Looks at all its targets once more. */
  showsDrift?: true;
}

/** First in the transaction of a control: two at the same moment come one after the other, and the later one sees what the earlier one wrote. */
export const lockOperation = statement<{ operationId: string }, unknown>(
  sql`SELECT FROM ${adminOperations} o WHERE o.id = ${p('operationId')}::uuid FOR UPDATE`,
);

/** `who`: SQL of an admin's id. */
const inRoles = (
  who: SQL,
) => sql`(cardinality(found.approver_roles) = 0 OR EXISTS (SELECT FROM ${grants} g JOIN ${roles} r ON r.id = g.role_id
  WHERE g.admin_id = ${who} AND r.name = ANY (found.approver_roles) AND (g.service_id IS NULL OR found.scope <@ ARRAY[g.service_id])))`;

const DRIFT = sql`(SELECT sum(d.n) FROM (${sql.join(VERSIONED_KINDS.map(driftedOf), sql` UNION ALL `)}) d)`;

/** Approvals that still count: of this plan, by admins who may still give them. */
const standing = sql`(SELECT count(*) FROM ${adminOperationApprovals} d JOIN ${admins} a ON a.id = d.admin_id
  WHERE d.operation_id = found.id AND d.decision = 'approve' AND d.plan_hash = found.plan_hash AND a.status = 'active'
    AND admin_may(a.id, 'operations.approve', found.scope) AND ${inRoles(sql`a.id`)})`;

const isOwner = sql`EXISTS (SELECT FROM ${grants} g WHERE g.admin_id = access.admin_id AND g.role_id = ${OWNER} AND g.service_id IS NULL)`;
const state = (o: string) =>
  sql.raw(`jsonb_build_object('type', ${o}.type, 'phase', ${o}.phase, 'status', ${o}.status,
  'planHash', ${o}.plan_hash, 'itemsTotal', ${o}.items_total, 'itemsDone', ${o}.items_done, 'itemsFailed', ${o}.items_failed)`);

const vote = (decision: 'approve' | 'reject') => sql`voted AS (
  INSERT INTO ${adminOperationApprovals} (operation_id, admin_id, decision, plan_hash, reason)
  SELECT changed.id, access.admin_id, ${sql.raw(`'${decision}'`)}, changed.plan_hash, ${p('reason')} FROM changed CROSS JOIN access RETURNING *
)`;

/**
 * Something done to an operation: authorised, checked, written and recorded in one statement. What is refused is recorded too:
 * denied where somebody may not, a failure where the operation does not allow it.
 */
function control<Own extends object>({ needs, guards = {}, set = sql``, votes, which, showsDrift }: Control) {
  const moves = which ? sql`(${p('moves')}::jsonb->(${which}))` : sql`${p('moves')}::jsonb`;
  const refusals = sql.join(
    Object.entries(guards).map(([code, when]) => sql`WHEN (${when}) IS NOT FALSE THEN ${sql.raw(`'${code}'`)} `),
    sql``,
  );
  const may = sql`admin_may(access.admin_id, ${sql.raw(`'${needs}'`)}, found.scope) IS NOT TRUE`;
  return statement<ControlInput & Own, ControlledRow>(sql`
WITH ${accessCte(ASKED_OPERATION)}, found AS MATERIALIZED (
  SELECT o.* FROM access JOIN ${adminOperations} o ON o.id = ${p('operationId')}::uuid WHERE access.verdict = 'ok' AND ${mayKnow('o')} FOR UPDATE OF o
), prior AS (
  SELECT k.request_hash FROM access JOIN ${idempotencyKeys} k ON k.admin_id = access.admin_id AND k.route = ${p('route')} AND k.key = ${p('idempotencyKey')}
), drift AS (SELECT ${showsDrift ? sql`coalesce(${DRIFT}, 0)` : sql`0`}::int AS n), moving AS (SELECT found.*, ${moves}->found.phase AS next FROM found CROSS JOIN access),
chk AS (
  SELECT CASE WHEN EXISTS (SELECT FROM prior) THEN 'prior' WHEN ${may} THEN 'lacks'
    WHEN admin_may(access.admin_id, found.permission, found.scope) IS NOT TRUE AND ${sql.raw(needs === 'operations.execute' ? 'true' : 'false')} THEN 'lacks_type'
    WHEN found.next IS NULL THEN 'phase' ${refusals}ELSE 'changed' END AS outcome
  FROM moving found CROSS JOIN access
), keyed AS (
  INSERT INTO ${idempotencyKeys} (admin_id, route, key, request_hash, resource_id)
  SELECT access.admin_id, ${p('route')}, ${p('idempotencyKey')}, ${p('requestHash')}, ${p('operationId')}::uuid FROM access CROSS JOIN chk
  WHERE chk.outcome = 'changed' AND ${p('idempotencyKey')}::text IS NOT NULL ON CONFLICT DO NOTHING RETURNING 1
), changed AS (
  UPDATE ${adminOperations} o SET phase = found.next->>'phase', status = (found.next->>'status')::operation_status, progress_at = now()${set}
  FROM moving found CROSS JOIN chk CROSS JOIN access
  WHERE o.id = found.id AND chk.outcome = 'changed' AND (${p('idempotencyKey')}::text IS NULL OR EXISTS (SELECT FROM keyed)) RETURNING o.*
), recorded AS (${insertAudit({
    ...ASKED_OPERATION,
    serviceId: sql`(SELECT CASE WHEN cardinality(found.scope) = 1 THEN found.scope[1] END FROM found)`,
    outcome: sql`CASE WHEN EXISTS (SELECT FROM changed) THEN 'success' WHEN (SELECT outcome FROM chk) IN ('lacks', 'lacks_type', 'own_plan', 'own_start', 'not_owner', 'not_approver')
      OR NOT EXISTS (SELECT FROM found) THEN 'denied' ELSE 'failure' END`,
    before: sql`(SELECT ${state('found')} FROM found)`,
    after: sql`coalesce((SELECT ${state('changed')} FROM changed), (SELECT jsonb_build_object('refused', outcome) FROM chk))`,
    from: sql`WHERE access.verdict = 'ok' AND coalesce((SELECT outcome FROM chk), '') <> 'prior'
      AND (EXISTS (SELECT FROM found) OR EXISTS (SELECT FROM ${adminOperations} x WHERE x.id = ${p('operationId')}::uuid))`,
  })})${votes ? sql`, ${vote(votes)}` : sql``}, o AS (
  SELECT * FROM changed UNION ALL SELECT found.* FROM found WHERE NOT EXISTS (SELECT FROM changed)
)
SELECT access.verdict, access.admin_id, CASE chk.outcome WHEN 'lacks' THEN ${sql.raw(`'${needs}'`)} WHEN 'lacks_type' THEN o.permission ELSE access.missing END AS missing,
  ${operationColumns('o', votes ? '(SELECT * FROM admin_operation_approvals UNION ALL SELECT * FROM voted)' : undefined)}, CASE WHEN chk.outcome = 'changed' AND NOT EXISTS (SELECT FROM changed) THEN 'busy' ELSE chk.outcome END AS outcome,
  drift.n AS drifted, (SELECT request_hash FROM prior) AS prior_hash
FROM access CROSS JOIN drift LEFT JOIN o ON true LEFT JOIN chk ON true`);
}

const drifted = sql`(SELECT n FROM drift) > 0`;
const late = sql`coalesce(found.approve_by <= now(), false)`;
const OTHER_PLAN = sql`${p('planHash')}::text IS DISTINCT FROM found.plan_hash`;

/** `moves`: two tables, `approve` for a word that does not make the quorum yet and `agree` for the one that does. */
export const approveOperation = control<{ planHash: string }>({
  needs: 'operations.approve',
  which: sql`CASE WHEN (SELECT ${standing} FROM found) + 1 >= found.approvals_needed THEN 'agree' ELSE 'approve' END`,
  guards: {
    own_plan: sql`found.actor_admin_id = access.admin_id`,
    not_approver: sql`NOT ${inRoles(sql`access.admin_id`)}`,
    twice: sql`EXISTS (SELECT FROM ${adminOperationApprovals} d WHERE d.operation_id = found.id AND d.admin_id = access.admin_id)`,
    late,
    other_plan: OTHER_PLAN,
    drifted,
  },
  votes: 'approve',
  showsDrift: true,
});

/** The requester takes a plan back by cancelling it. */
export const rejectOperation = control<object>({
  needs: 'operations.approve',
  guards: {
    own_plan: sql`found.actor_admin_id = access.admin_id`,
    twice: sql`EXISTS (SELECT FROM ${adminOperationApprovals} d WHERE d.operation_id = found.id AND d.admin_id = access.admin_id)`,
  },
  set: sql`, finished_at = now(), failure_reason = 'Rejected by ' || access.email || '.'`,
  votes: 'reject',
});

const STARTER = sql`, started_by = access.admin_id, actor_role = access.role`;

export const startOperation = control<object>({
  needs: 'operations.execute',
  guards: { late, unapproved: sql`${standing} < found.approvals_needed`, drifted },
  set: STARTER,
  showsDrift: true,
});

/** A start without the others' word: an owner's, and flagged until another owner has looked at it. */
export const breakGlass = control<object>({
  needs: 'operations.execute',
  guards: { not_owner: sql`NOT ${isOwner}`, late, drifted },
  set: sql`${STARTER}, break_glass_by = access.admin_id`,
  showsDrift: true,
});

/** Whom a broken glass is told. */
export const activeOwners = statement<object, { id: string }>(sql`
SELECT DISTINCT a.id FROM ${admins} a JOIN ${grants} g ON g.admin_id = a.id AND g.role_id = ${OWNER} AND g.service_id IS NULL
WHERE a.status = 'active' ORDER BY a.id`);

export const pauseOperation = control<object>({ needs: 'operations.execute' });
export const resumeOperation = control<object>({ needs: 'operations.execute', set: STARTER });
export const cancelOperation = control<object>({
  needs: 'operations.execute',
  set: sql`, finished_at = CASE found.next->>'phase' WHEN 'cancelled' THEN now() END, failure_reason = 'Cancelled by ' || access.email || '.'`,
});

/** `undoable`: the types that put anything back. */
export const undoOperation = control<{ undoable: readonly string[] }>({
  needs: 'operations.execute',
  guards: { irreversible: sql`found.type <> ALL (${p('undoable')}::text[])`, nothing: sql`found.items_left = 0` },
  set: sql`${STARTER}, undo_seq = o.items_total, active_ms = 0, finished_at = NULL, failure_reason = NULL, last_error = NULL`,
});

/** What failed has its turn again, and what had none yet. */
export const retryFailed = control<object>({
  needs: 'operations.execute',
  guards: { undo_begun: sql`found.items_undone > 0` },
  set: sql`${STARTER}, round = o.round + 1, next_seq = 0, active_ms = 0, finished_at = NULL, failure_reason = NULL, last_error = NULL`,
});

/** Another owner has looked at what was started without the others' word. */
export const reviewOperation = control<object>({
  needs: 'operations.execute',
  guards: {
    not_flagged: sql`found.break_glass_by IS NULL OR found.reviewed_at IS NOT NULL`,
    own_start: sql`found.break_glass_by = access.admin_id OR found.actor_admin_id = access.admin_id`,
    not_owner: sql`NOT ${isOwner}`,
  },
  set: sql`, reviewed_by = access.admin_id, reviewed_at = now()`,
});
