import { getTableColumns, getTableName, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import {
  adminExports,
  adminSessions,
  admins,
  auditHolds,
  grants,
  serviceConfig,
  serviceFeatures,
  serviceTesterAdmins,
  serviceTesterUsers,
} from '../schema/index.ts';
import { MAX_OPEN_HOLDS } from './audit-holds.ts';
import { jsonOf, META } from './row-json.ts';

/** Why an item is not changed. */
interface Guard {
  outcome: 'skipped' | 'failed';
  error: string;
  /** SQL boolean over `chg`: the locked row, `before` and `after` (jsonb). */
  when: SQL;
}

/** Rows of Postgres that operations change, a batch a statement. */
interface RowKindShape {
  table: PgTable;
  /** What a target's id is compared with. */
  key: PgColumn;
  /** Fields an operation may change. */
  fields: readonly string[];
  /** Fields that audit records and before-states show. */
  recorded?: readonly string[];
  /** As audit records name them. */
  resource: string;
  action: string;
  /** There is one target, and it is made. */
  creates?: true;
  /** Something follows from each that was changed. */
  tellsIds?: true;
  /** They are removed, not changed. */
  removes?: true;
  /** Column of the service they are about. */
  service?: PgColumn;
  /** Column that audit records name them by, where that is not the target's id. */
  namedBy?: PgColumn;
  guards?: readonly Guard[];
  /** A target that has another version than in the plan is left alone. */
  versioned?: true;
  /** What two of these must not do at once: take the last owner away between them, or make the hold beyond the last. */
  serialised?: 'owners' | 'holds';
}

export interface RowKind extends RowKindShape {
  state(alias: string): SQL;
  has(field: string): boolean;
}

const OWNER = sql.raw(`'01900000-0000-7000-8000-000000000001'::uuid`);

/** Of those who would be left none is an active owner. */
const lastOwners = sql`chg.after->>'status' <> 'active' AND chg.status = 'active'
  AND EXISTS (SELECT FROM ${grants} g WHERE g.admin_id = chg.id AND g.role_id = ${OWNER} AND g.service_id IS NULL)
  AND NOT EXISTS (SELECT FROM ${grants} g JOIN ${admins} a ON a.id = g.admin_id
    WHERE g.role_id = ${OWNER} AND g.service_id IS NULL AND a.status = 'active' AND a.id NOT IN (SELECT c.id FROM chg c))`;

function rowKind(shape: RowKindShape): RowKind {
  const columns = Object.entries(getTableColumns(shape.table)) as [string, PgColumn][];
  const shown = columns.filter(([field]) => (shape.recorded ? shape.recorded.includes(field) : !META.has(field)));
  return {
    ...shape,
    state: (alias) => sql.raw(jsonOf('jsonb', alias, shown)),
    has: (field) => columns.some(([name]) => name === field),
  };
}

const HELD = ['resource', 'resourceId', 'actorId', 'serviceId', 'from', 'to', 'reason'];

const expired = {
  fields: [],
  removes: true,
  guards: [
    {
      outcome: 'skipped',
      error: 'Its time was prolonged.',
      when: sql`chg.expires_at IS NULL OR chg.expires_at > now()`,
    },
  ],
} as const;

export const ROW_KINDS = {
  /** Tokens issued before are refused: ends all sessions that began by then, also those nobody has seen yet. */
  admin_epoch: rowKind({
    table: admins,
    key: admins.id,
    fields: ['sessionsNotBefore'],
    resource: 'admin',
    action: 'admin.update',
    guards: [
      {
        outcome: 'skipped',
        error: 'A later change has ended them already.',
        when: sql`chg.sessions_not_before >= (chg.after->>'sessionsNotBefore')::timestamptz`,
      },
    ],
  }),
  session: rowKind({
    table: adminSessions,
    key: adminSessions.id,
    fields: ['revokedAt'],
    recorded: ['adminId', 'kind', 'ipAddress', 'userAgent', 'revokedAt'],
    resource: 'session',
    action: 'session.revoke',
    guards: [{ outcome: 'skipped', error: 'It has ended already.', when: sql`chg.revoked_at IS NOT NULL` }],
  }),
  admin: rowKind({
    table: admins,
    key: admins.id,
    fields: ['status'],
    resource: 'admin',
    action: 'admin.update',
    versioned: true,
    serialised: 'owners',
    guards: [
      { outcome: 'failed', error: 'This admin was removed.', when: sql`chg.status = 'removed'` },
      { outcome: 'failed', error: 'No active owner would be left.', when: lastOwners },
    ],
  }),
  service_config: rowKind({
    table: serviceConfig,
    key: serviceConfig.serviceId,
    fields: Object.keys(getTableColumns(serviceConfig)).filter((field) => !META.has(field)),
    resource: 'service_config',
    action: 'service.config.update',
    versioned: true,
    service: serviceConfig.serviceId,
  }),
  service_feature: rowKind({
    table: serviceFeatures,
    key: serviceFeatures.id,
    fields: ['isActive'],
    resource: 'service_feature',
    action: 'service.feature.update',
    versioned: true,
    service: serviceFeatures.serviceId,
  }),
  tester_user: rowKind({
    ...expired,
    table: serviceTesterUsers,
    key: serviceTesterUsers.id,
    resource: 'service_tester_user',
    action: 'service.tester-user.delete',
    service: serviceTesterUsers.serviceId,
    namedBy: serviceTesterUsers.userId,
  }),
  tester_admin: rowKind({
    ...expired,
    table: serviceTesterAdmins,
    key: serviceTesterAdmins.id,
    resource: 'service_tester_admin',
    action: 'service.tester-admin.delete',
    service: serviceTesterAdmins.serviceId,
    namedBy: serviceTesterAdmins.adminId,
  }),
  audit_hold: rowKind({
    table: auditHolds,
    key: auditHolds.id,
    fields: ['status', 'releasedBy', 'releasedAt', 'releaseReason'],
    recorded: [...HELD, 'status', 'releasedBy', 'releasedAt', 'releaseReason'],
    resource: 'audit_hold',
    action: 'audit.hold.release',
    tellsIds: true,
    guards: [
      { outcome: 'skipped', error: 'It was released already.', when: sql`chg.status IN ('releasing', 'released')` },
    ],
  }),
  new_hold: rowKind({
    table: auditHolds,
    key: auditHolds.id,
    fields: [...HELD, 'status'],
    recorded: [...HELD, 'status'],
    creates: true,
    tellsIds: true,
    serialised: 'holds',
    resource: 'audit_hold',
    action: 'audit.hold.create',
    guards: [
      {
        outcome: 'failed',
        error: 'There are as many open holds as there may be; release one first.',
        when: sql`(SELECT count(*) FROM ${auditHolds} h WHERE h.status IN ('applying', 'active')) >= ${sql.raw(String(MAX_OPEN_HOLDS))}`,
      },
    ],
  }),
  /** Files: refused from now on; their objects go after that. */
  export: rowKind({
    table: adminExports,
    key: adminExports.id,
    fields: ['status', 'expiresAt'],
    recorded: ['requestedBy', 'exportType', 'status', 'expiresAt', 'rowsDone', 'bytesDone'],
    tellsIds: true,
    resource: 'export',
    action: 'export.expire',
    guards: [{ outcome: 'skipped', error: 'It has no file any more.', when: sql`chg.status <> 'ready'` }],
  }),
} as const satisfies Record<string, RowKind>;

export type RowKindName = keyof typeof ROW_KINDS;

export const tableOf = (kind: RowKind) => sql.raw(`"${getTableName(kind.table)}"`);
export const keyOf = (kind: RowKind, alias: string) => sql.raw(`${alias}."${kind.key.name}"`);

/** SQL text of the targets' versions now, of one kind: those of `chunks` (an alias with kind, ids, versions) that have another one. */
export const driftedOf = (name: RowKindName): SQL => {
  const kind = ROW_KINDS[name];
  return sql`SELECT count(*) AS n FROM found JOIN admin_operation_chunks c ON c.operation_id = found.id AND c.kind = ${sql.raw(`'${name}'`)}
    CROSS JOIN unnest(c.ids, c.versions) AS frozen (id, version) LEFT JOIN ${tableOf(kind)} t ON ${keyOf(kind, 't')} = frozen.id::${sql.raw(kind.key.getSQLType())}
    WHERE t.version::text IS DISTINCT FROM frozen.version`;
};

export const VERSIONED_KINDS = (Object.keys(ROW_KINDS) as RowKindName[]).filter(
  (name) => 'versioned' in ROW_KINDS[name],
);
