import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { statement } from '../client.ts';
import {
  adminOperationChunks,
  adminOperationItems,
  adminOperations,
  admins,
  auditOutbox,
  operationLocks,
} from '../schema/index.ts';
import { keyOf, ROW_KINDS, type RowKind, type RowKindName, tableOf } from './operation-kinds.ts';
import { readField } from './row-json.ts';

const p = sql.placeholder;
const NOWHERE = sql.raw(`'00000000-0000-0000-0000-000000000000'::uuid`);

/** What every batch carries: it counts only under all of the operation's locks and for exactly the next targets. */
export interface Hold {
  operationId: string;
  locks: readonly string[];
  tokens: readonly number[];
}

export interface BatchInput extends Hold {
  /** `next_seq` of an apply, `undo_seq` of an undo, as it was read. */
  from: number;
  limit: number;
  /** UUIDv7s for as many audit records as `limit`. */
  eventIds: readonly string[];
  requestId: string;
  activeMs: number;
}

/** How far the operation is after a batch. No row: the batch did not count. */
export interface MovedRow {
  next_seq: number;
  undo_seq: number;
  items_total: number;
  items_done: number;
  items_failed: number;
  items_skipped: number;
  items_undone: number;
  items_left: number;
  active_ms: number;
  /** What comes next; null: nothing does. */
  kind: string | null;
  /** `sub` of the admins it concerns. */
  subjects: string[];
  /** Those of them whose guards may know something. */
  known: string[];
}

export interface BatchRow extends MovedRow {
  /** Services whose gate must hear of it. */
  service_ids: string[];
  /** What changed, of kinds that something follows from. */
  changed_ids: string[];
}

/**
 * The chunk `c` of an operation that holds a place, or is the last one before it. By its key: to ask every chunk how far it reaches would
 * be to read the ids of all.
 */
const holds = (operationId: SQL, seq: SQL): SQL => sql`c.operation_id = ${operationId} AND c.seq_from = (
  SELECT max(b.seq_from) FROM ${adminOperationChunks} b WHERE b.operation_id = ${operationId} AND b.seq_from <= ${seq})`;

/** Of the operation `o`, whichever way it goes. */
export const MOVED =
  sql.raw(`o.next_seq, o.undo_seq, o.items_total, o.items_done, o.items_failed, o.items_skipped, o.items_undone,
  o.items_left, o.active_ms::float8, next.kind, coalesce(next.subjects, '{}') AS subjects,
  coalesce(next.known, '{}') AS known`);
export const NEXT_CHUNK = sql`LEFT JOIN LATERAL (
  SELECT c.kind, c.subjects, ARRAY(SELECT a.subject FROM ${admins} a WHERE a.subject = ANY (c.subjects) AND a.known_until > now()) AS known
  FROM (SELECT CASE o.phase WHEN 'undoing' THEN o.undo_seq - 1 ELSE o.next_seq END AS seq) at
    JOIN ${adminOperationChunks} c ON ${holds(sql.raw('o.id'), sql.raw('at.seq'))} AND c.seq_from + cardinality(c.ids) > at.seq
) next ON true`;

/**
 * Before a batch that concerns admins, in its transaction: whose guards may know something. Until its end no other guard learns anything
 * of them: the function `standing` has to write to the rows that are locked here before it reads. Materialized, because a condition that
 * the planner moves below the lock is decided before the wait for it.
 */
export const lockKnown = statement<{ subjects: readonly string[] }, { subject: string }>(sql`
WITH locked AS MATERIALIZED (
  SELECT a.subject, a.known_until FROM ${admins} a WHERE a.subject = ANY (${p('subjects')}::text[]) ORDER BY a.id FOR NO KEY UPDATE
) SELECT locked.subject FROM locked WHERE locked.known_until > now()`);

/** `go`: the operation, if it may go on: in `phase`, at `from`, and under locks nobody has taken since. */
const goCte = (phase: string, position: string): SQL => sql`held AS (
  SELECT l.name FROM ${operationLocks} l JOIN unnest(${p('locks')}::text[], ${p('tokens')}::bigint[]) AS mine (name, token)
    ON mine.name = l.name AND mine.token = l.token WHERE l.operation_id = ${p('operationId')}::uuid FOR SHARE OF l
), go AS MATERIALIZED (
  SELECT o.* FROM ${adminOperations} o WHERE o.id = ${p('operationId')}::uuid AND ${sql.raw(phase)} AND o.${sql.raw(position)} = ${p('from')}::int
    AND o.locks <@ ARRAY(SELECT held.name FROM held) FOR UPDATE
)`;

/** The targets at `from` that have no outcome yet, or failed in an earlier round. All are of one kind. */
const TARGETS = sql`chunk AS (
  SELECT c.* FROM go JOIN ${adminOperationChunks} c ON ${holds(sql.raw('go.id'), sql.raw('go.next_seq'))}
), bounds AS (
  SELECT go.next_seq AS low, least(go.next_seq + ${p('limit')}::int, chunk.seq_from + cardinality(chunk.ids)) AS high FROM go, chunk
), target AS MATERIALIZED (
  SELECT t.*, row_number() OVER (ORDER BY t.seq) AS nr FROM go CROSS JOIN bounds
    CROSS JOIN LATERAL operation_targets(go.id, bounds.low, bounds.high, go.round) t
)`;

/** The items below `from` that succeeded and were not reversed yet. All are of one kind. */
const REVERSIBLE = sql`chunk AS (
  SELECT c.* FROM go JOIN ${adminOperationChunks} c ON ${holds(sql.raw('go.id'), sql.raw('go.undo_seq - 1'))}
), bounds AS (
  SELECT greatest(go.undo_seq - ${p('limit')}::int, chunk.seq_from) AS low, go.undo_seq AS high FROM go, chunk
), target AS MATERIALIZED (
  SELECT t.*, row_number() OVER (ORDER BY t.seq) AS nr FROM go CROSS JOIN bounds
    CROSS JOIN LATERAL operation_reversible(go.id, bounds.low, bounds.high) t
)`;

/** One audit record for each item of `done` that changed, with the actor of the operation; in the transaction of the change. */
const recordEach = (o: { action: SQL; resource: SQL; reason: SQL }): SQL => sql`
  INSERT INTO ${auditOutbox} (id, occurred_at, actor_id, actor_email, actor_role, action, resource, resource_id, service_id, outcome,
    before_state, after_state, reason, ip_address, request_id, trace_id)
  SELECT e.id, time_of_id(e.id), go.started_by, a.email, go.actor_role, ${o.action}, ${o.resource}, done.record_id,
    nullif(done.service_id, ${NOWHERE}), 'success', done.before, done.after, ${o.reason}, '::', ${p('requestId')}, go.trace_id
  FROM go JOIN ${admins} a ON a.id = go.started_by CROSS JOIN done
    JOIN unnest(${p('eventIds')}::uuid[]) WITH ORDINALITY AS e (id, nr) ON e.nr = done.nr
  WHERE done.changed`;

const BECAUSE = sql`left(concat_ws(' ', nullif(go.reason, ''), '[operation ' || go.id || ']'), 1100)`;
const UNDOING = sql`'Undone. [operation ' || go.id || ']'`;

const keepItems = (from: SQL) => sql`
  INSERT INTO ${adminOperationItems} (operation_id, seq, kind, target_id, outcome, error, before, after, version_after, round)
  SELECT go.id, done.seq, chunk.kind, done.target_id, done.outcome, done.error, done.before,
    CASE WHEN done.changed THEN done.after END, done.version_after, go.round ${from}
  ON CONFLICT (operation_id, seq) DO UPDATE SET outcome = excluded.outcome, error = excluded.error, before = excluded.before,
    after = excluded.after, version_after = excluded.version_after, round = excluded.round, done_at = now()`;

/** Moves the operation past the batch and counts. `done` has outcome and prior. */
const MOVE = sql`UPDATE ${adminOperations} o SET next_seq = bounds.high, progress_at = now(), last_error = NULL,
    active_ms = o.active_ms + ${p('activeMs')}::bigint,
    items_done = o.items_done + n.fresh, items_failed = o.items_failed + n.failed - n.failed_before,
    items_skipped = o.items_skipped + n.skipped, items_left = o.items_left + n.succeeded
  FROM go CROSS JOIN bounds CROSS JOIN (SELECT count(*) FILTER (WHERE prior IS NULL)::int AS fresh,
    count(*) FILTER (WHERE outcome = 'failed')::int AS failed, count(*) FILTER (WHERE prior = 'failed')::int AS failed_before,
    count(*) FILTER (WHERE outcome = 'skipped')::int AS skipped, count(*) FILTER (WHERE outcome = 'succeeded')::int AS succeeded FROM done) n
  WHERE o.id = go.id RETURNING o.*`;

const UNDO_MOVE = sql`UPDATE ${adminOperations} o SET undo_seq = bounds.low, progress_at = now(), last_error = NULL,
    active_ms = o.active_ms + ${p('activeMs')}::bigint, items_undone = o.items_undone + n.undone, items_left = o.items_left - n.undone
  FROM go CROSS JOIN bounds CROSS JOIN (SELECT count(*) FILTER (WHERE outcome = 'undone')::int AS undone FROM done) n
  WHERE o.id = go.id RETURNING o.*`;

const text = (value: string) => sql.raw(`'${value.replaceAll("'", "''")}'`);

/** Locks the rows, decides about each, writes those that change. `wanted`: SQL jsonb over `cur`, what each is to become. */
function changeRows(kind: RowKind, wanted: SQL): SQL {
  if (kind.creates) return createRow(kind, wanted);
  const columns = getTableColumns(kind.table) as Record<string, PgColumn>;
  const written = kind.fields.map(
    (field) => `"${columns[field]?.name}" = ${readField('chg.after', field, columns[field] as PgColumn)}`,
  );
  if (kind.has('version')) written.push('"version" = t.version + 1');
  if (kind.has('updatedAt')) written.push('"updated_at" = now()');
  const pick = (what: (guard: { outcome: string; error: string }) => string) =>
    sql.join(
      (kind.guards ?? []).map((guard) => sql`WHEN ${guard.when} THEN ${text(what(guard))} `),
      sql``,
    );
  const drifted = kind.versioned ? sql`WHEN chg.version::text IS DISTINCT FROM chg.planned THEN 'drifted' ` : sql``;
  const version = kind.has('version') ? sql`upd.version::text` : sql`NULL::text`;
  const service = kind.service ? sql.raw(`chg."${kind.service.name}"`) : sql`NULL::uuid`;
  const named = kind.namedBy
    ? sql.raw(`coalesce(chg."${kind.namedBy.name}"::text, target.target_id)`)
    : sql`target.target_id`;
  return sql`cur AS MATERIALIZED (
  SELECT target.seq AS item_seq, target.planned, ${wanted} AS wanted, t.*, ${kind.state('t')} AS before
  FROM target JOIN ${tableOf(kind)} t ON ${keyOf(kind, 't')} = target.target_id::${sql.raw(kind.key.getSQLType())} ORDER BY t.id FOR UPDATE OF t
), chg AS (SELECT cur.*, ${kind.removes ? sql`NULL::jsonb` : sql`cur.before || cur.wanted`} AS after FROM cur),
chk AS (
  SELECT chg.item_seq, CASE ${drifted}${pick(({ outcome }) => outcome)}WHEN chg.after = chg.before THEN 'unchanged' ELSE 'changed' END AS what,
    CASE ${drifted}${pick(({ error }) => error)}ELSE '' END AS why FROM chg
), upd AS (
  ${kind.removes ? sql`DELETE FROM ${tableOf(kind)} t USING` : sql`UPDATE ${tableOf(kind)} t SET ${sql.raw(written.join(', '))} FROM`} chg JOIN chk USING (item_seq)
  WHERE t.id = chg.id AND chk.what = 'changed' RETURNING t.*
), seen AS (
  SELECT target.*, ${named} AS record_id, coalesce(chk.what, 'gone') AS what, chk.why, chg.before, chg.after, ${service} AS service_id,
    ${version} AS version_after, upd.id IS NOT NULL AS changed
  FROM target LEFT JOIN chg ON chg.item_seq = target.seq LEFT JOIN chk ON chk.item_seq = target.seq LEFT JOIN upd ON upd.id = chg.id
)`;
}

/** One new row, whose id is the operation's: said twice it is one. */
function createRow(kind: RowKind, wanted: SQL): SQL {
  const columns = getTableColumns(kind.table) as Record<string, PgColumn>;
  const names = kind.fields.map((field) => `"${columns[field]?.name}"`).join(', ');
  const values = kind.fields.map((field) => readField('chg.after', field, columns[field] as PgColumn)).join(', ');
  const guards = sql.join(
    (kind.guards ?? []).map(({ when, outcome }) => sql`WHEN ${when} THEN ${text(outcome)} `),
    sql``,
  );
  const whys = sql.join(
    (kind.guards ?? []).map(({ when, error }) => sql`WHEN ${when} THEN ${text(error)} `),
    sql``,
  );
  return sql`chg AS (SELECT target.seq AS item_seq, ${wanted} AS after, go.id, go.started_by FROM go CROSS JOIN target),
chk AS (SELECT chg.item_seq, CASE ${guards}ELSE 'changed' END AS what, CASE ${whys}ELSE '' END AS why FROM chg), upd AS (
  INSERT INTO ${tableOf(kind)} AS t (id, created_by, ${sql.raw(names)}) SELECT chg.id, chg.started_by, ${sql.raw(values)}
  FROM chg JOIN chk USING (item_seq) WHERE chk.what = 'changed' RETURNING t.*
), seen AS (
  SELECT target.*, go.id::text AS record_id, chk.what, chk.why, NULL::jsonb AS before, ${kind.state('upd')} AS after, NULL::uuid AS service_id,
    upd.version::text AS version_after, upd.id IS NOT NULL AS changed
  FROM go CROSS JOIN target JOIN chk ON chk.item_seq = target.seq LEFT JOIN upd ON true
)`;
}

const WHY = (left: string) =>
  sql.raw(`CASE seen.what WHEN 'changed' THEN NULL WHEN 'unchanged' THEN 'It was so already.'
    WHEN 'gone' THEN 'It does not exist any more.' WHEN 'drifted' THEN '${left}' ELSE seen.why END`);

const answer = (tellsIds = false) => sql`SELECT ${MOVED},
  ARRAY(SELECT DISTINCT done.service_id::text FROM done WHERE done.changed AND done.service_id IS NOT NULL) AS service_ids,
  ${tellsIds ? sql`ARRAY(SELECT done.record_id FROM done WHERE done.changed)` : sql`'{}'::text[]`} AS changed_ids
FROM moved o ${NEXT_CHUNK}`;

const record = (kind: RowKind, reason: SQL) =>
  recordEach({ action: text(kind.action), resource: text(kind.resource), reason });

const apply = (kind: RowKind) =>
  statement<BatchInput & { patch: string }, BatchRow>(sql`
WITH ${goCte(`o.phase = 'running'`, 'next_seq')}, ${TARGETS}, ${changeRows(kind, sql`${p('patch')}::jsonb || coalesce(target.args, '{}')`)},
done AS (
  SELECT seen.*, CASE seen.what WHEN 'changed' THEN 'succeeded' WHEN 'unchanged' THEN 'skipped' WHEN 'skipped' THEN 'skipped' ELSE 'failed' END AS outcome,
    ${WHY('It has changed since the plan was made; plan it anew.')} AS error
  FROM seen
), recorded AS (${record(kind, BECAUSE)}), kept AS (${keepItems(sql`FROM go CROSS JOIN chunk CROSS JOIN done`)}), moved AS (${MOVE})
${answer(kind.tellsIds)}`);

const undo = (kind: RowKind) =>
  statement<BatchInput, BatchRow>(sql`
WITH ${goCte(`o.phase = 'undoing'`, 'undo_seq')}, ${REVERSIBLE}, ${changeRows(kind, sql`target.restored`)},
done AS (
  SELECT seen.*, CASE seen.what WHEN 'changed' THEN 'undone' WHEN 'unchanged' THEN 'undone' ELSE 'left' END AS outcome,
    ${WHY('It has changed since.')} AS error
  FROM seen
), recorded AS (${record(kind, UNDOING)}), kept AS (
  UPDATE ${adminOperationItems} i SET undo_outcome = done.outcome, undo_error = CASE WHEN done.outcome = 'left' THEN done.error END, undone_at = now()
  FROM go CROSS JOIN done WHERE i.operation_id = go.id AND i.seq = done.seq
), moved AS (${UNDO_MOVE})
${answer()}`);

const names = Object.keys(ROW_KINDS) as RowKindName[];
const each = <Made>(make: (kind: RowKind) => Made) =>
  Object.fromEntries(names.map((name) => [name, make(ROW_KINDS[name])])) as Record<RowKindName, Made>;

/** Changes the next targets: rows, outcomes, audit records and the operation's position in one statement, or nothing of it. */
export const applyBatch = each(apply);

/** Puts back what the last items before `from` were, where nobody has changed them since. */
export const undoBatch = each(undo);

/** The item at `from` cannot be done; the operation goes on after it. */
export const failItem = statement<BatchInput & { error: string }, BatchRow>(sql`
WITH ${goCte(`o.phase = 'running'`, 'next_seq')}, ${TARGETS}, done AS (
  SELECT target.*, 'failed' AS outcome, ${p('error')}::text AS error, NULL::jsonb AS before, NULL::jsonb AS after, NULL::text AS version_after,
    false AS changed, NULL::uuid AS service_id FROM target
), kept AS (${keepItems(sql`FROM go CROSS JOIN chunk CROSS JOIN done`)}), moved AS (${MOVE})
${answer()}`);

/** The items before `from` are not put back; the undo goes on with what is before them. */
export const leaveBatch = statement<BatchInput & { outcome: 'left' | 'failed'; error: string }, BatchRow>(sql`
WITH ${goCte(`o.phase = 'undoing'`, 'undo_seq')}, ${REVERSIBLE}, done AS (
  SELECT target.*, ${p('outcome')}::text AS outcome, false AS changed, NULL::uuid AS service_id FROM target
), kept AS (
  UPDATE ${adminOperationItems} i SET undo_outcome = ${p('outcome')}::text, undo_error = ${p('error')}::text, undone_at = now()
  FROM go CROSS JOIN done WHERE i.operation_id = go.id AND i.seq = done.seq
), moved AS (${UNDO_MOVE})
${answer()}`);

/** The targets at `from`, for what is done outside of Postgres. Nothing moves. */
export const readTargets = statement<
  Hold & { from: number; limit: number },
  { seq: number; target_id: string; args: unknown }
>(sql`
WITH ${goCte(`o.phase = 'running'`, 'next_seq')}, ${TARGETS}
SELECT target.seq, target.target_id, target.args FROM target ORDER BY target.seq`);

/**
 * Keeps what became of targets that were worked on outside of Postgres, with their audit records. What was in hand when the
 * operation was paused or cancelled is kept too. `outcomes`: JSON array of seq, outcome, error, before, after.
 */
export const keepOutcomes = statement<
  BatchInput & { outcomes: string; action: string; resource: string; ofServices: boolean },
  BatchRow
>(sql`
WITH ${goCte(`o.phase IN ('running', 'paused', 'cancelling')`, 'next_seq')}, ${TARGETS}, done AS (
  SELECT target.*, target.target_id AS record_id, r.outcome, r.error, r.before, r.after, NULL::text AS version_after,
    CASE WHEN ${p('ofServices')}::boolean THEN target.target_id::uuid END AS service_id, r.outcome = 'succeeded' AS changed
  FROM target JOIN jsonb_to_recordset(${p('outcomes')}::jsonb) AS r (seq int, outcome text, error text, before jsonb, after jsonb) ON r.seq = target.seq
), recorded AS (${recordEach({ action: sql`${p('action')}`, resource: sql`${p('resource')}`, reason: BECAUSE })}),
kept AS (${keepItems(sql`FROM go CROSS JOIN chunk CROSS JOIN done`)}), moved AS (${MOVE})
${answer()}`);
