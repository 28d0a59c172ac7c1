import { type SQL, sql } from 'drizzle-orm';
import {
  adminExports,
  adminOperations,
  adminSessions,
  admins,
  auditHolds,
  deadLetters,
  grants,
  serviceConfig,
  serviceFeatures,
  services,
  serviceTesterAdmins,
  serviceTesterUsers,
} from '../schema/index.ts';
import { ROW_KINDS, type RowKindName } from './operation-kinds.ts';

/**
 * What an operation may be about: statements that name targets.
 *
 * `rows` may use `access` (the caller, with `scope`), `asked.v` (jsonb: what is asked about), `listed` (n, v: the elements of the list
 * that came with it, from 1) and the placeholder `patches` (jsonb: kind → what its targets are to become). It gives: ord (the order of kinds), kind, id, version, label,
 * subject (of the admin whose guard must hear of it), service_id, args (jsonb: what is done to this one), flag (a remark), sort.
 * `members`: a row may stand for targets that have all else in common, none of which is in another row, and gives two columns more: n, how
 * many they are, and digest, what `digestOf` makes of them (NULL where it stands for itself). Its id is the first of them, and `members`
 * the query (of text) for them, in order, given such a row as `placed`.
 * `known`: whether `listed` names something that there is, for the caller.
 */
export interface Selection {
  rows: SQL;
  members?: SQL;
  known?: SQL;
}

/**
 * What the hash of a plan takes of targets that differ in their ids alone: the SHA-256 of a line for each of them, in order: kind, id,
 * version and arguments, separated by tabs. What comes between two ids is the same everywhere: joining a hundred of them costs what a line
 * alone would. `join`: SQL text, the ids with `between`.
 */
export function digestOf(o: { kind: SQL; version: SQL; args: SQL; join: (between: SQL) => SQL }): SQL {
  const before = sql`${o.kind} || E'\t'`;
  const after = sql`E'\t' || ${o.version} || coalesce(E'\t' || ${o.args}::text, '')`;
  return sql`sha256(convert_to(${before} || ${o.join(sql`${after} || E'\n' || ${before}`)} || ${after}, 'UTF8'))`;
}

const p = sql.placeholder;
const inScope = (serviceId: string) => sql.raw(`(access.scope IS NULL OR ${serviceId} = ANY (access.scope))`);
/** Nothing would change. */
const same = (kind: RowKindName, alias: string) => {
  const state = ROW_KINDS[kind].state(alias);
  return sql`${state} || coalesce(${p('patches')}::jsonb->'${sql.raw(kind)}', '{}') = ${state}`;
};
const OWNER = sql.raw(`'01900000-0000-7000-8000-000000000001'::uuid`);
/** Of an active admin `person`: nobody else is an active owner. */
const isLastOwner = sql`EXISTS (SELECT FROM ${grants} g WHERE g.admin_id = person.id AND g.role_id = ${OWNER} AND g.service_id IS NULL)
      AND NOT EXISTS (SELECT FROM ${grants} g JOIN ${admins} a ON a.id = g.admin_id
        WHERE g.role_id = ${OWNER} AND g.service_id IS NULL AND a.status = 'active' AND a.id <> person.id)`;
const listedId = (field: string) => sql.raw(`(listed.v->>'${field}')::uuid`);

/** What is asked for, read once: the planner takes it for a constant, not for a column to join with. */
const askedFor = (field: string) => sql.raw(`(SELECT (asked.v->>'${field}')::uuid FROM asked)`);

const TO_END = sql`s.revoked_at IS NULL AND s.id <> ${p('sessionId')}`;
const DIGEST_OF_SESSIONS = digestOf({
  kind: sql`'session'`,
  version: sql`''`,
  args: sql`NULL`,
  join: (between) => sql`string_agg(s.id, ${between} ORDER BY s.id COLLATE "C")`,
});

/** Admins' sessions: first their epoch, which ends all that began before the plan, then each session that is known. */
const sessionsOf = (chosen: SQL): SQL => sql`
  WITH person AS MATERIALIZED (
    SELECT a.id, a.id::text AS name, a.email, a.subject, a.id = (SELECT access.admin_id FROM access) AS self FROM ${admins} a
    WHERE a.status <> 'removed' AND ${chosen}
  )
  SELECT 0 AS ord, 'admin_epoch' AS kind, person.name AS id, 1 AS n, NULL::bytea AS digest, '' AS version, person.email AS label, person.subject,
    NULL::uuid AS service_id, NULL::jsonb AS args, CASE WHEN person.self THEN 'self' END AS flag, person.name AS sort FROM person
  UNION ALL
  SELECT 2, 'session', s.id, 1, NULL, '', person.email, person.subject, NULL, NULL, 'own_session', person.name
  FROM ${adminSessions} s JOIN person ON person.id = s.admin_id WHERE s.id = ${p('sessionId')} AND s.revoked_at IS NULL
  UNION ALL
  SELECT 2, 'session', s.id, s.n, s.digest, '', person.email, person.subject, NULL, NULL, NULL, person.name
  FROM person CROSS JOIN LATERAL (
    SELECT min(s.id COLLATE "C") AS id, count(*)::int AS n, ${DIGEST_OF_SESSIONS} AS digest
    FROM ${adminSessions} s WHERE s.admin_id = person.id AND ${TO_END} HAVING count(*) > 0) s`;

const sessionsOfPlaced = sql`SELECT s.id FROM ${adminSessions} s WHERE s.admin_id = placed.sort::uuid AND ${TO_END} ORDER BY s.id COLLATE "C"`;

const notMe = sql.raw(
  `a.id IS DISTINCT FROM (SELECT access.admin_id FROM access CROSS JOIN asked WHERE (asked.v->>'exceptMe')::boolean)`,
);

export const SELECTIONS = {
  sessions_of_admin: {
    members: sessionsOfPlaced,
    rows: sessionsOf(sql`a.id = ${askedFor('adminId')}`),
    known: sql`EXISTS (SELECT FROM ${admins} a WHERE a.id = ${listedId('adminId')} AND a.status <> 'removed')`,
  },
  sessions_of_role: {
    members: sessionsOfPlaced,
    rows: sessionsOf(
      sql`a.id IN (SELECT g.admin_id FROM ${grants} g WHERE g.role_id = ${askedFor('roleId')}) AND ${notMe}`,
    ),
  },
  /** Of whoever holds a grant for this service; grants that hold everywhere are not meant. */
  sessions_of_service: {
    members: sessionsOfPlaced,
    rows: sessionsOf(
      sql`a.id IN (SELECT g.admin_id FROM ${grants} g WHERE g.service_id = ${askedFor('serviceId')}) AND ${notMe}`,
    ),
  },
  sessions_of_everyone: { members: sessionsOfPlaced, rows: sessionsOf(notMe) },
  /** Named one by one; those that have ended already are no targets. */
  sessions_listed: {
    rows: sql`
  SELECT 0 AS ord, 'session' AS kind, s.id, '' AS version, a.email AS label, a.subject, NULL::uuid AS service_id, NULL::jsonb AS args,
    CASE WHEN s.revoked_at IS NOT NULL THEN 'unchanged' WHEN s.id = ${p('sessionId')} THEN 'own_session' END AS flag, a.id::text AS sort
  FROM access CROSS JOIN listed JOIN ${adminSessions} s ON s.id = listed.v->>'sessionId' JOIN ${admins} a ON a.id = s.admin_id`,
    known: sql`EXISTS (SELECT FROM ${adminSessions} s WHERE s.id = listed.v->>'sessionId')`,
  },
  admins_listed: {
    rows: sql`
  SELECT 0 AS ord, 'admin' AS kind, a.id::text AS id, a.version::text AS version, a.email AS label, a.subject, NULL::uuid AS service_id,
    NULL::jsonb AS args, CASE WHEN a.id = access.admin_id THEN 'self' WHEN ${same('admin', 'a')} THEN 'unchanged' END AS flag, a.email AS sort
  FROM access CROSS JOIN listed JOIN ${admins} a ON a.id = ${listedId('adminId')} AND a.status <> 'removed'`,
    known: sql`EXISTS (SELECT FROM ${admins} a WHERE a.id = ${listedId('adminId')} AND a.status <> 'removed')`,
  },
  /** Configurations of the listed services, or of all that are not archived. */
  configs: {
    rows: sql`
  SELECT 0 AS ord, 'service_config' AS kind, s.id::text AS id, c.version::text AS version, s.slug AS label, NULL::text AS subject,
    s.id AS service_id, NULL::jsonb AS args,
    CASE WHEN ${same('service_config', 'c')} THEN 'unchanged' WHEN s.archived_at IS NOT NULL THEN 'archived' END AS flag, s.slug AS sort
  FROM access JOIN ${services} s ON ${inScope('s.id')} JOIN ${serviceConfig} c ON c.service_id = s.id
  WHERE CASE WHEN EXISTS (SELECT FROM listed) THEN s.id IN (SELECT ${listedId('serviceId')} FROM listed) ELSE s.archived_at IS NULL END`,
    known: sql`EXISTS (SELECT FROM ${services} s WHERE s.id = ${listedId('serviceId')} AND ${inScope('s.id')})`,
  },
  features_listed: {
    rows: sql`
  SELECT 0 AS ord, 'service_feature' AS kind, f.id::text AS id, f.version::text AS version, s.slug || '/' || f.code AS label,
    NULL::text AS subject, s.id AS service_id, jsonb_build_object('isActive', listed.v->'isActive') AS args,
    CASE WHEN f.is_active = (listed.v->>'isActive')::boolean THEN 'unchanged' END AS flag, s.slug || '/' || f.code AS sort
  FROM access CROSS JOIN listed JOIN ${services} s ON s.id = ${listedId('serviceId')} AND ${inScope('s.id')}
    JOIN ${serviceFeatures} f ON f.service_id = s.id AND f.code = listed.v->>'code'`,
    known: sql`EXISTS (SELECT FROM ${serviceFeatures} f WHERE f.service_id = ${listedId('serviceId')} AND f.code = listed.v->>'code'
    AND ${inScope('f.service_id')})`,
  },
  /** Everyone's epoch, the configurations that go into maintenance (the listed ones, or all that are not archived), then everyone's sessions. */
  lockdown: {
    members: sessionsOfPlaced,
    rows: sql`${sessionsOf(notMe)}
  UNION ALL
  SELECT 1, 'service_config', s.id::text, 1, NULL, c.version::text, s.slug, NULL, s.id, NULL, CASE WHEN ${same('service_config', 'c')} THEN 'unchanged' END, s.slug
  FROM access CROSS JOIN asked JOIN ${services} s ON s.archived_at IS NULL JOIN ${serviceConfig} c ON c.service_id = s.id
  WHERE asked.v->>'services' = 'all' OR s.id IN (SELECT ${listedId('serviceId')} FROM listed)`,
    known: sql`EXISTS (SELECT FROM ${services} s WHERE s.id = ${listedId('serviceId')} AND s.archived_at IS NULL)`,
  },
  /** Of the listed services, or of all the caller may change. */
  expired_testers: {
    rows: sql`
  SELECT CASE t.kind WHEN 'tester_user' THEN 0 ELSE 1 END AS ord, t.kind, t.id::text AS id, '' AS version, s.slug || ' ' || t.who AS label,
    NULL::text AS subject, s.id AS service_id, NULL::jsonb AS args, NULL::text AS flag, s.slug AS sort
  FROM access JOIN ${services} s ON ${inScope('s.id')} JOIN (
    SELECT 'tester_user' AS kind, u.id, u.service_id, u.user_id::text AS who FROM ${serviceTesterUsers} u WHERE u.expires_at <= now()
    UNION ALL
    SELECT 'tester_admin', u.id, u.service_id, a.email FROM ${serviceTesterAdmins} u JOIN ${admins} a ON a.id = u.admin_id WHERE u.expires_at <= now()
  ) t ON t.service_id = s.id
  WHERE NOT EXISTS (SELECT FROM listed) OR s.id IN (SELECT ${listedId('serviceId')} FROM listed)`,
    known: sql`EXISTS (SELECT FROM ${services} s WHERE s.id = ${listedId('serviceId')} AND ${inScope('s.id')})`,
  },
  holds_listed: {
    rows: sql`
  SELECT 0 AS ord, 'audit_hold' AS kind, h.id::text AS id, '' AS version, h.reason AS label, NULL::text AS subject, NULL::uuid AS service_id,
    NULL::jsonb AS args, CASE WHEN h.status IN ('releasing', 'released') THEN 'unchanged' END AS flag, h.id::text AS sort
  FROM access CROSS JOIN listed JOIN ${auditHolds} h ON h.id = ${listedId('holdId')}`,
    known: sql`EXISTS (SELECT FROM ${auditHolds} h WHERE h.id = ${listedId('holdId')})`,
  },
  /** What is to be made: one thing. */
  new_hold: {
    rows: sql`
  SELECT 0 AS ord, 'new_hold' AS kind, 'new' AS id, '' AS version, 'a new hold' AS label, NULL::text AS subject, NULL::uuid AS service_id,
    NULL::jsonb AS args, NULL::text AS flag, '' AS sort FROM access`,
  },
  /** Files that can be had now: the listed ones, or all of a type, of a requester, or made before a time. */
  exports: {
    rows: sql`
  SELECT 0 AS ord, 'export' AS kind, e.id::text AS id, '' AS version, e.export_type || ' of ' || a.email AS label, NULL::text AS subject,
    NULL::uuid AS service_id, NULL::jsonb AS args, NULL::text AS flag, e.id::text AS sort
  FROM access CROSS JOIN asked JOIN ${adminExports} e ON e.status = 'ready' JOIN ${admins} a ON a.id = e.requested_by
  WHERE CASE WHEN EXISTS (SELECT FROM listed) THEN e.id IN (SELECT ${listedId('exportId')} FROM listed) ELSE
    (asked.v->>'exportType' IS NULL OR e.export_type = asked.v->>'exportType')
    AND (asked.v->>'requestedBy' IS NULL OR e.requested_by = (asked.v->>'requestedBy')::uuid)
    AND (asked.v->>'before' IS NULL OR e.created_at < (asked.v->>'before')::timestamptz) END`,
    known: sql`EXISTS (SELECT FROM ${adminExports} e WHERE e.id = ${listedId('exportId')} AND e.status = 'ready')`,
  },
  /** Listed, or all of a queue that nobody has put back yet. */
  dead_letters: {
    rows: sql`
  SELECT 0 AS ord, 'dead_letter' AS kind, d.id, '' AS version, d.queue || ': ' || d.reason AS label, NULL::text AS subject, NULL::uuid AS service_id,
    NULL::jsonb AS args, CASE WHEN d.replayed_at IS NOT NULL THEN 'replayed' END AS flag, d.id AS sort
  FROM access CROSS JOIN asked JOIN ${deadLetters} d ON CASE WHEN EXISTS (SELECT FROM listed) THEN d.id IN (SELECT listed.v->>'letterId' FROM listed)
    ELSE d.replayed_at IS NULL AND (asked.v->>'queue' IS NULL OR d.queue = asked.v->>'queue') END`,
    known: sql`EXISTS (SELECT FROM ${deadLetters} d WHERE d.id = listed.v->>'letterId')`,
  },
  /** What a type names itself, which is not in Postgres: kind, id, label, and where it has them args (what `each` is given) and flag. */
  listed: {
    rows: sql`
  SELECT 0 AS ord, listed.v->>'kind' AS kind, listed.v->>'id' AS id, '' AS version, listed.v->>'label' AS label, NULL::text AS subject,
    NULL::uuid AS service_id, listed.v->'args' AS args, listed.v->>'flag' AS flag, listed.v->>'id' AS sort
  FROM access CROSS JOIN listed`,
  },
  /** What the gate has kept of the listed services, or of all. */
  gate_copies: {
    rows: sql`
  SELECT 0 AS ord, 'gate_copy' AS kind, s.id::text AS id, '' AS version, s.slug AS label, NULL::text AS subject, s.id AS service_id, NULL::jsonb AS args,
    NULL::text AS flag, s.slug AS sort
  FROM access JOIN ${services} s ON ${inScope('s.id')}
  WHERE NOT EXISTS (SELECT FROM listed) OR s.id IN (SELECT ${listedId('serviceId')} FROM listed)`,
    known: sql`EXISTS (SELECT FROM ${services} s WHERE s.id = ${listedId('serviceId')} AND ${inScope('s.id')})`,
  },
  /** What there is to export of a person: an admin, removed ones too, or a user who is a tester; `args`: the export's filter. */
  subject_files: {
    rows: sql`
  SELECT 0 AS ord, 'subject_file' AS kind, f.type AS id, '' AS version, f.type || ' of ' || person.label AS label, NULL::text AS subject,
    NULL::uuid AS service_id, jsonb_build_object(CASE WHEN f.type = 'personal_data' THEN person.named ELSE 'actorId' END, person.id) AS args,
    CASE WHEN f.type <> 'personal_data' THEN 'names_others' END AS flag, f.n AS sort
  FROM access CROSS JOIN asked CROSS JOIN LATERAL (
    SELECT a.id, a.email AS label, 'adminId' AS named FROM ${admins} a WHERE a.id = (asked.v->>'adminId')::uuid
    UNION ALL
    SELECT u.user_id, 'user ' || u.user_id, 'userId' FROM ${serviceTesterUsers} u WHERE u.user_id = (asked.v->>'userId')::uuid GROUP BY u.user_id
  ) person JOIN (VALUES ('1', 'personal_data'), ('2', 'audit_logs'), ('3', 'api_logs'), ('4', 'ui_events'), ('5', 'sessions')) AS f (n, type)
    ON f.type = 'personal_data' OR person.named = 'adminId'`,
    known: sql`EXISTS (SELECT FROM ${admins} a WHERE a.id = ${listedId('adminId')})
    OR EXISTS (SELECT FROM ${serviceTesterUsers} u WHERE u.user_id = ${listedId('userId')})`,
  },
  /** What becomes of a person's data in each store, in the order in which it is done; `domain/subjects` does it. */
  subject_stores: {
    rows: sql`
  SELECT s.ord, s.kind, s.id, '' AS version, s.label, NULL::text AS subject, NULL::uuid AS service_id, NULL::jsonb AS args, s.flag, s.ord::text || s.id AS sort
  FROM access CROSS JOIN asked CROSS JOIN LATERAL (
    SELECT a.id, 'admin' AS type, a.email AS name, a.status FROM ${admins} a WHERE a.id = (asked.v->>'adminId')::uuid
    UNION ALL SELECT (asked.v->>'userId')::uuid, 'user', 'user ' || (asked.v->>'userId'), NULL WHERE asked.v->>'userId' IS NOT NULL
  ) person CROSS JOIN LATERAL (VALUES
    (0, 'erased_account', 'account', 'account of ' || person.name || ': pseudonymised; grants, sessions, schedules and test access end',
      CASE WHEN person.id = access.admin_id THEN 'self' WHEN person.status = 'active' AND ${isLastOwner} THEN 'last_owner' END),
    (1, 'erased_files', 'files', 'exports by or about them: removed', NULL),
    (2, 'erased_activity', 'admin_ui_events', 'events of their browsers: removed', NULL),
    (2, 'erased_activity', 'admin_api_logs', 'their API calls: removed', NULL),
    (2, 'erased_activity', 'admin_sessions', 'what happened in their sessions: removed', NULL),
    (3, 'erased_records', 'admin_audit_logs', 'audit records: pseudonymised; those on legal hold stay as they are', NULL),
    (4, 'erased_copies', 'copies', 'plans, labels, reasons and notes that name them: pseudonymised', NULL)
  ) AS s (ord, kind, id, label, flag) WHERE person.type = 'admin' OR s.kind <> 'erased_activity'`,
    known: sql`EXISTS (SELECT FROM ${admins} a WHERE a.id = ${listedId('adminId')})
    OR EXISTS (SELECT FROM ${serviceTesterUsers} u WHERE u.user_id = ${listedId('userId')})
    OR EXISTS (SELECT FROM ${adminOperations} o WHERE o.type = 'subject.erase' AND o.target_type = 'user' AND o.target_id = listed.v->>'userId')`,
  },
} as const satisfies Record<string, Selection>;

export type SelectionName = keyof typeof SELECTIONS;
