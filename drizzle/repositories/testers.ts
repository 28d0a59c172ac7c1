import { type SQL, sql } from 'drizzle-orm';
import { admins, serviceTesterAdmins, serviceTesterUsers } from '../schema/index.ts';
import { resource } from './resource.ts';

interface Tester {
  id: string;
  serviceId: string;
  expiresAt: string | null;
  note: string | null;
  createdBy: string;
  createdAt: string;
  version: number;
  expired: boolean;
}

export interface TesterUserItem extends Tester {
  userId: string;
  bypassDomain: boolean;
  bypassIP: boolean;
  bypassRateLimit: boolean;
}

export interface TesterAdminItem extends Tester {
  adminId: string;
  email: string;
}

export const MAX_TESTERS = 1000;

const expired = (alias: string) => `(${alias}.expires_at <= now()) IS TRUE`;

const user = resource<TesterUserItem, { serviceId: string; userId: string }>({
  name: 'service_tester_user',
  table: serviceTesterUsers,
  fields: ['userId', 'bypassDomain', 'bypassIP', 'bypassRateLimit', 'expiresAt', 'note'],
  key: { userId: serviceTesterUsers.userId },
  namedBy: 'userId',
  about: 'service',
  derived: { expired },
});

const admin = resource<TesterAdminItem, { serviceId: string; adminId: string }>({
  name: 'service_tester_admin',
  table: serviceTesterAdmins,
  fields: ['adminId', 'expiresAt', 'note'],
  key: { adminId: serviceTesterAdmins.adminId },
  namedBy: 'adminId',
  about: 'service',
  derived: { expired, email: (alias) => `(SELECT a.email FROM admins a WHERE a.id = ${alias}.admin_id)` },
});

/** An expired row makes room for the new one in the same statement. */
const expiredOne = (same: SQL) => sql`t.service_id = draft.service_id AND ${same} AND t.expires_at <= now()`;

const guards = (table: typeof serviceTesterUsers | typeof serviceTesterAdmins, same: SQL) => ({
  past: sql`(draft.expires_at <= now()) IS TRUE`,
  listed: sql`EXISTS (SELECT FROM ${table} t WHERE t.service_id = draft.service_id AND ${same}
    AND (t.expires_at IS NULL OR t.expires_at > now()))`,
  full: sql`(SELECT count(*) FROM ${table} t WHERE t.service_id = draft.service_id AND NOT (${same})) >= ${sql.raw(String(MAX_TESTERS))}`,
});

const sameUser = sql`t.user_id = draft.user_id`;
const sameAdmin = sql`t.admin_id = draft.admin_id`;

export const listTesterUsers = user.list<{ serviceId: string }>({ order: ['userId'] });
export const deleteTesterUser = user.remove();
export const listTesterAdmins = admin.list<{ serviceId: string }>({ order: ['adminId'] });
export const deleteTesterAdmin = admin.remove();

// After lockList: the guards look at other rows.

export const insertTesterUser = user.insert<{ serviceId: string }>({
  guards: guards(serviceTesterUsers, sameUser),
  replaces: expiredOne(sameUser),
});

export const insertTesterAdmin = admin.insert<{ serviceId: string }>({
  guards: {
    no_admin: sql`NOT EXISTS (SELECT FROM ${admins} a WHERE a.id = draft.admin_id AND a.status <> 'removed')`,
    ...guards(serviceTesterAdmins, sameAdmin),
  },
  replaces: expiredOne(sameAdmin),
});
