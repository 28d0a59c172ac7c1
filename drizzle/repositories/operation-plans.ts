import { type SQL, sql } from 'drizzle-orm';
import { type Call, call, type Database, type Statement, statement } from '../client.ts';
import { adminOperationChunks, adminOperations, idempotencyKeys, operationSchedules } from '../schema/index.ts';
import { type Access, accessCte, type CallerInput, insertAudit } from './access.ts';
import { type OperationRow, operationColumns } from './operation-reads.ts';
import { digestOf, SELECTIONS, type Selection, type SelectionName } from './operation-targets.ts';

const p = sql.placeholder;

/** What a plan is made of. */
export interface PlanInput extends CallerInput {
  operationId: string;
  type: string;
  /** JSON. */
  parameters: string;
  /** JSON: what is asked about. */
  ask: string;
  /** JSON array of what is named one by one; empty where `ask` says it all. */
  list: string;
  /** JSON: kind → what its targets are to become, where that is the same for all. */
  patches: string;
  /** NULL: about services, which the caller's grants choose; the nil UUID: only grants that hold everywhere count. */
  serviceId: string | null;
  /** More are refused. */
  mostTargets: number;
  /** What is not there is left out, instead of refusing it all. */
  partial: boolean;
  /** Remarks on targets that no plan may have. */
  forbidden: readonly string[];
}

export interface Planned {
  total: number;
  /** SHA-256, hexadecimal; see `HASH`. */
  hash: string | null;
  /** How many of each kind. */
  kinds: Record<string, number> | null;
  /** How many targets have which remark. */
  flags: Record<string, number> | null;
  /** The first ones, for people. */
  sample: { kind: string; id: string; label: string; flag: string | null }[] | null;
  /** Places in the list, from 1, of what there is not; at most a thousand. */
  unknown: number[] | null;
  unknown_count: number;
  /** Places in the list whose target an earlier place has named. */
  duplicates: number;
}

const CHUNK = sql.raw('1000');
const SAMPLE = sql.raw('10');
const ORDER = sql.raw('ord, sort COLLATE "C", id COLLATE "C"');

const ABOUT = {
  resource: 'operation',
  resourceId: sql`${p('operationId')}`,
  serviceId: sql`${p('serviceId')}::uuid`,
  attempted: sql`jsonb_build_object('type', ${p('type')}::text, 'target', ${p('ask')}::jsonb, 'parameters', ${p('parameters')}::jsonb)`,
};

/**
 * The hash that approvers sign is the SHA-256 of digests, one after the other: of the lines type, target and parameters (as Postgres
 * writes jsonb), and of each row of the plan, in order (`digestOf`; a row is one target, or one admin's sessions). Of digests, because lines
 * need not be kept until they are sorted.
 */
const HASH = sql`encode(sha256(
    sha256(convert_to(concat_ws(E'\n', ${p('type')}::text, asked.v::text, ${p('parameters')}::jsonb::text), 'UTF8')) ||
    coalesce((SELECT string_agg(digest, ''::bytea ORDER BY ${ORDER}) FROM placed), '')), 'hex')`;

const OWN_DIGEST = digestOf({ kind: sql`kind`, version: sql`version`, args: sql`args`, join: () => sql`id` });

const inRows = ({ rows, members }: Selection): SQL =>
  members
    ? sql`SELECT ord, kind, id, n, coalesce(digest, ${OWN_DIGEST}) AS digest, version, label, subject, service_id, args, flag, sort FROM (${rows}) r`
    : sql`SELECT ord, kind, id, 1 AS n, ${OWN_DIGEST} AS digest, version, label, subject, service_id, args, flag, sort FROM (${rows}) r`;

/** Of the row `placed`: SQL text[]; at most `limit` of them, if it is given. */
const idsOf = ({ members }: Selection, limit = sql``): SQL =>
  members
    ? sql`CASE WHEN placed.n = 1 THEN ARRAY[placed.id] ELSE ARRAY(${members}${limit}) END`
    : sql`ARRAY[placed.id]`;

/** After the CTE `access` (who asks: verdict, admin_id, email, role, scope): up to `planned` (one row, the columns of `Planned`). */
export const planCtes = (selection: Selection): SQL => sql`asked AS (SELECT ${p('ask')}::jsonb AS v),
listed AS MATERIALIZED (SELECT e.n, e.v FROM access CROSS JOIN jsonb_array_elements(${p('list')}::jsonb) WITH ORDINALITY AS e (v, n) WHERE access.verdict = 'ok'),
chosen AS (SELECT c.* FROM (${inRows(selection)}) c WHERE (SELECT access.verdict FROM access) = 'ok' LIMIT ${p('mostTargets')}::int + 1),
placed AS MATERIALIZED (
  SELECT c.*, (sum(n) OVER w)::int - n AS seq
  FROM (SELECT DISTINCT ON (${ORDER}) * FROM chosen ORDER BY ${ORDER}) c WINDOW w AS (ORDER BY ${ORDER} ROWS UNBOUNDED PRECEDING) ORDER BY ${ORDER}
), missing AS (SELECT listed.n FROM access CROSS JOIN listed WHERE NOT (${selection.known ?? sql`true`})),
planned AS MATERIALIZED (SELECT
  (SELECT coalesce(sum(n), 0)::int FROM placed) AS total,
  ${HASH} AS hash,
  (SELECT jsonb_object_agg(kind, n) FROM (SELECT kind, sum(n) AS n FROM placed GROUP BY kind) k) AS kinds,
  (SELECT jsonb_object_agg(flag, n) FROM (SELECT flag, sum(n) AS n FROM placed WHERE flag IS NOT NULL GROUP BY flag) f) AS flags,
  (SELECT jsonb_agg(jsonb_build_object('kind', kind, 'id', t.id, 'label', label, 'flag', flag) ORDER BY seq + t.nr)
    FROM placed CROSS JOIN LATERAL unnest(${idsOf(selection, sql` LIMIT ${SAMPLE}`)}) WITH ORDINALITY AS t (id, nr) WHERE seq < ${SAMPLE} AND seq + t.nr <= ${SAMPLE}) AS sample,
  (SELECT jsonb_agg(n ORDER BY n) FROM (SELECT n FROM missing ORDER BY n LIMIT 1000) m) AS unknown,
  (SELECT count(*)::int FROM missing) AS unknown_count,
  (SELECT count(*)::int - count(DISTINCT v)::int FROM listed) AS duplicates
FROM asked)`;

/** After them: `chunked`, the targets as they are frozen. */
const chunked = (selection: Selection): SQL => sql`chunked AS (
  SELECT min(t.seq)::int AS seq_from, t.kind, array_agg(t.id ORDER BY t.seq) AS ids, array_agg(t.version ORDER BY t.seq) AS versions,
    array_agg(t.label ORDER BY t.seq) AS labels, CASE WHEN count(t.args) > 0 THEN jsonb_agg(t.args ORDER BY t.seq) END AS args,
    coalesce(array_agg(DISTINCT t.subject) FILTER (WHERE t.subject IS NOT NULL), '{}') AS subjects
  FROM (SELECT placed.ord, placed.kind, placed.version, placed.label, placed.args, placed.subject, target.id, placed.seq + target.nr - 1 AS seq,
      (placed.seq - min(placed.seq) OVER (PARTITION BY placed.ord) + target.nr - 1) / ${CHUNK} AS part
    FROM placed CROSS JOIN LATERAL unnest(${idsOf(selection)}) WITH ORDINALITY AS target (id, nr)) t
  GROUP BY t.ord, t.kind, t.part
)`;

export const PLANNED =
  sql.raw(`planned.total, planned.hash, planned.kinds, planned.flags, planned.sample, planned.unknown, planned.unknown_count,
  planned.duplicates`);

export interface PlannedRow extends Access, Planned {}

/** Nothing in it keeps it from being made. */
const MAY_BE = sql`planned.total <= ${p('mostTargets')}::int AND (planned.unknown_count = 0 OR ${p('partial')}::boolean)
    AND NOT coalesce(planned.flags, '{}') ?| ${p('forbidden')}::text[]`;

/** The dry run: writes nothing but its audit record. */
const dryRun = (selection: Selection) =>
  statement<PlanInput, PlannedRow>(sql`
WITH ${accessCte(ABOUT)}, ${planCtes(selection)}, recorded AS (${insertAudit({
    ...ABOUT,
    serviceId: sql`NULL::uuid`,
    outcome: sql`CASE WHEN ${MAY_BE} THEN 'success' ELSE 'failure' END`,
    after: sql`${ABOUT.attempted} || jsonb_build_object('planHash', planned.hash, 'itemsTotal', planned.total)`,
    from: sql`CROSS JOIN planned WHERE access.verdict = 'ok'`,
  })})
SELECT access.verdict, access.admin_id, access.missing, ${PLANNED} FROM access LEFT JOIN planned ON true`);

/** A hundred thousand targets fit into memory: in the 4 MB that Postgres grants by itself they would go through files, twice. */
const ROOM: Call = call(statement<object, unknown>(sql`SELECT set_config('work_mem', '64MB', true)`), {});

/** Runs a statement that plans, still in one round trip. */
export async function planning<Input extends object, Row>(
  db: Database,
  planned: Statement<Input, Row>,
  input: Input,
): Promise<Row | undefined> {
  const [, rows] = await db.batch([ROOM, call(planned, input)]);
  return (rows as Row[])[0];
}

/** What becomes of a plan. */
export interface OperationTerms {
  targetType: string;
  targetId: string | null;
  risk: string;
  /** The type's own. */
  permission: string;
  phase: string;
  locks: readonly string[];
  approvalsNeeded: number;
  approverRoles: readonly string[];
  approveSeconds: number;
  /** Whose time it is made at or beside; null: nobody's. */
  scheduleId: string | null;
}

export interface NewOperationInput extends PlanInput, OperationTerms {
  /** The schedule as it was read: nothing is made for one that has changed since. */
  scheduleVersion: number | null;
  route: string;
  idempotencyKey: string | null;
  requestHash: string;
}

export interface NewOperationRow extends Access, Planned, OperationRow {
  prior_hash: string | null;
  prior_id: string | null;
  /** Whether there is the schedule as it was read. */
  schedule_found: boolean;
}

/** A plan with targets that may be. */
export const SOUND = sql`access.verdict = 'ok' AND planned.total > 0 AND ${MAY_BE}`;

/** `made`, an operation with the plan `sound`, and its targets. `when`: SQL boolean over `access` and `sound`. */
export const madeCtes = (selection: Selection, when: SQL): SQL => sql`${chunked(selection)}, made AS (
  INSERT INTO ${adminOperations} (id, type, actor_admin_id, target_type, target_id, parameters, phase, risk, reason, actor_role, trace_id,
    scope, permission, plan_hash, plan, items_total, locks, approvals_needed, approver_roles, approve_by, started_by, schedule_id)
  SELECT ${p('operationId')}::uuid, ${p('type')}, access.admin_id, ${p('targetType')}, ${p('targetId')}, ${p('parameters')}::jsonb, ${p('phase')},
    ${p('risk')}, ${p('reason')}, access.role, ${p('traceId')},
    CASE WHEN ${p('serviceId')}::uuid IS NULL THEN ARRAY(SELECT DISTINCT placed.service_id FROM placed WHERE placed.service_id IS NOT NULL) END,
    ${p('permission')}, sound.hash, jsonb_build_object('kinds', sound.kinds, 'flags', coalesce(sound.flags, '{}'), 'sample', sound.sample,
      'duplicates', sound.duplicates, 'target', ${p('ask')}::jsonb), sound.total, ${p('locks')}::text[], ${p('approvalsNeeded')}::int, ${p('approverRoles')}::text[],
    CASE WHEN ${p('approvalsNeeded')}::int > 0 THEN now() + ${p('approveSeconds')}::float8 * interval '1 second' END,
    CASE WHEN ${p('phase')} = 'queued' THEN access.admin_id END, ${p('scheduleId')}::uuid
  FROM access CROSS JOIN sound WHERE ${when} RETURNING *
), frozen AS (
  INSERT INTO ${adminOperationChunks} (operation_id, seq_from, kind, ids, versions, labels, args, subjects)
  SELECT made.id, c.seq_from, c.kind, c.ids, c.versions, c.labels, c.args, c.subjects FROM made CROSS JOIN chunked c
)`;

/** Of the record of `made`: SQL jsonb. */
export const MADE_STATE = sql`jsonb_build_object('phase', made.phase, 'risk', made.risk, 'planHash', made.plan_hash, 'itemsTotal', made.items_total)`;
export const MADE_FOR = sql`CASE WHEN cardinality(made.scope) = 1 THEN made.scope[1] END`;

const REQUESTED = {
  ...ABOUT,
  attempted: sql`${ABOUT.attempted} || jsonb_strip_nulls(jsonb_build_object('scheduleId', ${p('scheduleId')}::text))`,
};

/** The plan, frozen, with its operation, its idempotency key and its audit record: in one statement, or nothing of it. */
const insert = (selection: Selection) =>
  statement<NewOperationInput, NewOperationRow>(sql`
WITH ${accessCte(REQUESTED)}, ${planCtes(selection)}, prior AS (
  SELECT k.resource_id, k.request_hash FROM access JOIN ${idempotencyKeys} k
    ON k.admin_id = access.admin_id AND k.route = ${p('route')} AND k.key = ${p('idempotencyKey')} WHERE access.verdict = 'ok'
), cur AS (
  SELECT s.id FROM access JOIN ${operationSchedules} s ON s.owner_id = access.admin_id AND s.id = ${p('scheduleId')}::uuid
    AND s.version = ${p('scheduleVersion')}::int WHERE access.verdict = 'ok' FOR UPDATE OF s
), sound AS (
  SELECT planned.* FROM planned CROSS JOIN access WHERE ${SOUND} AND NOT EXISTS (SELECT FROM prior)
    AND (${p('scheduleId')}::uuid IS NULL OR EXISTS (SELECT FROM cur))
), keyed AS (
  INSERT INTO ${idempotencyKeys} (admin_id, route, key, request_hash, resource_id)
  SELECT access.admin_id, ${p('route')}, ${p('idempotencyKey')}, ${p('requestHash')}, ${p('operationId')}::uuid FROM access CROSS JOIN sound
  WHERE ${p('idempotencyKey')}::text IS NOT NULL ON CONFLICT DO NOTHING RETURNING 1
), ${madeCtes(selection, sql`${p('idempotencyKey')}::text IS NULL OR EXISTS (SELECT FROM keyed)`)}, moved AS (
  UPDATE ${operationSchedules} s SET last_run_at = date_trunc('milliseconds', now()), last_operation_id = made.id, last_error = NULL
  FROM cur CROSS JOIN made WHERE s.id = cur.id
), recorded AS (${insertAudit({
    ...REQUESTED,
    serviceId: MADE_FOR,
    outcome: sql`'success'`,
    after: sql`${REQUESTED.attempted} || ${MADE_STATE}`,
    from: sql`CROSS JOIN made`,
  })}), o AS (
  SELECT * FROM made UNION ALL SELECT x.* FROM ${adminOperations} x JOIN prior ON prior.resource_id = x.id
)
SELECT access.verdict, access.admin_id, access.missing, ${PLANNED}, ${operationColumns('o')}, prior.request_hash AS prior_hash, prior.resource_id AS prior_id,
  EXISTS (SELECT FROM cur) AS schedule_found
FROM access LEFT JOIN planned ON true LEFT JOIN o ON true LEFT JOIN prior ON true`);

export const each = <Made>(make: (selection: Selection) => Made) =>
  Object.fromEntries(
    Object.entries<Selection>(SELECTIONS).map(([name, selection]) => [name, make(selection)]),
  ) as Record<SelectionName, Made>;

export const planTargets = each(dryRun);
export const insertOperation = each(insert);
