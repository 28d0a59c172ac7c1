import { type SQL, sql } from 'drizzle-orm';
import { call, statement } from '../client.ts';
import { admins, grants, roles } from '../schema/index.ts';
import { resource } from './resource.ts';

export interface AdminItem {
  id: string;
  subject: string;
  email: string;
  name: string;
  status: 'active' | 'locked' | 'removed';
  sessionsNotBefore: string | null;
  createdAt: string;
  updatedAt: string;
  version: number;
}

export interface RoleItem {
  id: string;
  name: string;
  description: string | null;
  permissions: string[];
  rank: number;
  builtIn: boolean;
  createdAt: string;
  updatedAt: string;
  version: number;
}

export interface GrantItem {
  id: string;
  adminId: string;
  roleId: string;
  serviceId: string | null;
  createdBy: string | null;
  createdAt: string;
  version: number;
  role: string;
  email: string;
}

const p = sql.placeholder;
const OWNER = sql.raw(`'01900000-0000-7000-8000-000000000001'::uuid`);

/** First in a transaction that could take the last owner away: two of them one after the other. */
export const lockOwners = () =>
  call(statement<object, unknown>(sql`SELECT pg_advisory_xact_lock(hashtextextended('steward owners', 0))`), {});

/** Active admins who hold the role owner everywhere, but for one grant or admin. */
const noOtherOwner = (but: SQL) => sql`NOT EXISTS (SELECT FROM ${grants} g JOIN ${admins} a ON a.id = g.admin_id
  WHERE g.role_id = ${OWNER} AND g.service_id IS NULL AND a.status = 'active' AND NOT (${but}))`;

const isOwner = sql`EXISTS (SELECT FROM ${grants} g WHERE g.admin_id = chg.id AND g.role_id = ${OWNER} AND g.service_id IS NULL)`;

const admin = resource<AdminItem, { adminId: string }>({
  name: 'admin',
  table: admins,
  fields: ['subject', 'email', 'name'],
  changeable: ['email', 'name', 'status'],
  // When guards may know something of the admin is no state of theirs.
  hidden: ['knownUntil'],
  key: { adminId: admins.id },
  about: 'everywhere',
});

export const listAdmins = admin.list<{ search: string | null; status: string | null }>({
  order: ['email'],
  filter: sql`(${p('search')}::text IS NULL OR strpos(lower(t.email), lower(${p('search')}::text)) > 0
      OR strpos(lower(t.name), lower(${p('search')}::text)) > 0)
    AND (${p('status')}::text IS NULL OR t.status = ${p('status')}::admin_status)`,
});
export const readAdmin = admin.read();
export const insertAdmin = admin.insert<object>({ set: { status: sql`'active'::admin_status` } });
/** After lockOwners. */
export const updateAdmin = admin.update({
  guards: {
    last_owner: sql`chg.after->>'status' <> 'active' AND chg.status = 'active' AND ${isOwner} AND ${noOtherOwner(sql`a.id = chg.id`)}`,
  },
});

/** `sub` of an admin: the name of its guard. */
export const subjectOf = statement<{ adminId: string }, { subject: string }>(
  sql`SELECT subject FROM ${admins} WHERE id = ${p('adminId')}::uuid`,
);

/** The caller's own permissions that hold everywhere; an owner may give whatever there is. */
const gives = (
  permissions: SQL,
) => sql`NOT EXISTS (SELECT FROM ${grants} g WHERE g.admin_id = access.admin_id AND g.role_id = ${OWNER}
    AND g.service_id IS NULL)
  AND NOT (${permissions} <@ ARRAY(SELECT unnest(r.permissions) FROM ${grants} g JOIN ${roles} r ON r.id = g.role_id
    WHERE g.admin_id = access.admin_id AND g.service_id IS NULL))`;

const role = resource<RoleItem, { roleId: string }>({
  name: 'role',
  table: roles,
  fields: ['name', 'description', 'permissions', 'rank'],
  changeable: ['name', 'description', 'permissions', 'rank'],
  key: { roleId: roles.id },
  about: 'everywhere',
});

export const listRoles = role.list<object>({ order: ['rank', 'name'] });
export const readRole = role.read();
export const insertRole = role.insert<object>({
  set: { builtIn: sql`false` },
  guards: { escalation: gives(sql`draft.permissions`) },
});
export const updateRole = role.update({
  guards: {
    built_in: sql`chg.built_in`,
    escalation: gives(sql`ARRAY(SELECT jsonb_array_elements_text(chg.after->'permissions'))`),
  },
});
export const removeRole = role.remove({
  guards: {
    built_in: sql`chg.built_in`,
    in_use: sql`EXISTS (SELECT FROM ${grants} g WHERE g.role_id = chg.id)`,
  },
});

/** Whose guards must hear of a change of the role. */
export const holdersOf = statement<{ roleId: string }, { subject: string }>(
  sql`SELECT DISTINCT a.subject FROM ${grants} g JOIN ${admins} a ON a.id = g.admin_id WHERE g.role_id = ${p('roleId')}::uuid`,
);

const grant = resource<GrantItem, { grantId: string }>({
  name: 'grant',
  table: grants,
  fields: ['adminId', 'roleId', 'serviceId'],
  key: { grantId: grants.id },
  about: 'everywhere',
  derived: {
    role: (alias) => `(SELECT name FROM roles WHERE id = ${alias}.role_id)`,
    email: (alias) => `(SELECT email FROM admins WHERE id = ${alias}.admin_id)`,
  },
});

export const listGrants = grant.list<{ adminId: string | null; roleId: string | null; serviceId: string | null }>({
  order: ['id'],
  filter: sql`(${p('adminId')}::uuid IS NULL OR t.admin_id = ${p('adminId')}::uuid)
    AND (${p('roleId')}::uuid IS NULL OR t.role_id = ${p('roleId')}::uuid)
    AND (${p('serviceId')}::uuid IS NULL OR t.service_id = ${p('serviceId')}::uuid)`,
});
export const readGrant = grant.read();
export const insertGrant = grant.insert<object>({
  guards: {
    admin_unknown: sql`NOT EXISTS (SELECT FROM ${admins} a WHERE a.id = draft.admin_id AND a.status <> 'removed')`,
    role_unknown: sql`NOT EXISTS (SELECT FROM ${roles} r WHERE r.id = draft.role_id)`,
    service_unknown: sql`draft.service_id IS NOT NULL AND NOT EXISTS (SELECT FROM services s WHERE s.id = draft.service_id)`,
    escalation: gives(sql`(SELECT r.permissions FROM ${roles} r WHERE r.id = draft.role_id)`),
  },
});
/** After lockOwners. */
export const removeGrant = grant.remove({
  guards: {
    last_owner: sql`chg.role_id = ${OWNER} AND chg.service_id IS NULL AND ${noOtherOwner(sql`g.id = chg.id`)}
      AND EXISTS (SELECT FROM ${admins} a WHERE a.id = chg.admin_id AND a.status = 'active')`,
  },
});
/** `sub` of a grant's admin. */
export const subjectOfGrant = statement<{ grantId: string }, { subject: string }>(
  sql`SELECT a.subject FROM ${grants} g JOIN ${admins} a ON a.id = g.admin_id WHERE g.id = ${p('grantId')}::uuid`,
);
