import { getTableColumns, sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import {
  serviceConfig,
  serviceDomains,
  serviceFeatures,
  services,
  serviceTesterAdmins,
  serviceTesterUsers,
} from '../schema/index.ts';

type Config = typeof serviceConfig.$inferSelect;

const FIELDS = [
  'jwtValidation',
  'domainValidation',
  'ipWhitelistEnabled',
  'ipWhitelist',
  'rateLimitEnabled',
  'rateLimitRequests',
  'rateLimitWindow',
  'maintenanceMode',
  'maintenanceMessage',
  'auditLevel',
] as const satisfies readonly (keyof Config)[];

/** Everything a decision needs of one service. Plain JSON: a copy of it is kept outside Postgres. */
export interface GateSnapshot {
  archived: boolean;
  config: Pick<Config, (typeof FIELDS)[number]>;
  domains: string[];
  /** `expiresAt` in milliseconds since the epoch. */
  testerUsers: {
    userId: string;
    bypassDomain: boolean;
    bypassIP: boolean;
    bypassRateLimit: boolean;
    expiresAt: number | null;
  }[];
  testerAdmins: { adminId: string; expiresAt: number | null }[];
  features: { id: string; parentId: string | null; code: string; isActive: boolean }[];
}

const columns = getTableColumns(serviceConfig);
const configOf = sql.raw(
  `jsonb_build_object(${FIELDS.map((name) => `'${name}', c."${columns[name].name}"`).join(', ')})`,
);
const EXPIRES = sql.raw(`'expiresAt', floor(extract(epoch FROM t.expires_at) * 1000)::bigint`);
const p = sql.placeholder;

/** No row when there is no such service. Lists are ordered, so that equal snapshots are equal texts. */
export const readGateSnapshot = statement<{ serviceId: string }, { snapshot: GateSnapshot }>(sql`
SELECT jsonb_build_object(
  'archived', s.archived_at IS NOT NULL,
  'config', ${configOf},
  'domains', (SELECT coalesce(jsonb_agg(t.domain ORDER BY t.domain), '[]') FROM ${serviceDomains} t WHERE t.service_id = s.id),
  'testerUsers', (SELECT coalesce(jsonb_agg(jsonb_build_object('userId', t.user_id, 'bypassDomain', t.bypass_domain,
      'bypassIP', t.bypass_ip, 'bypassRateLimit', t.bypass_rate_limit, ${EXPIRES}) ORDER BY t.user_id), '[]')
    FROM ${serviceTesterUsers} t WHERE t.service_id = s.id),
  'testerAdmins', (SELECT coalesce(jsonb_agg(jsonb_build_object('adminId', t.admin_id, ${EXPIRES}) ORDER BY t.admin_id), '[]')
    FROM ${serviceTesterAdmins} t WHERE t.service_id = s.id),
  'features', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'parentId', t.parent_id, 'code', t.code,
      'isActive', t.is_active) ORDER BY t.id), '[]')
    FROM ${serviceFeatures} t WHERE t.service_id = s.id)
) AS snapshot
FROM ${services} s JOIN ${serviceConfig} c ON c.service_id = s.id WHERE s.id = ${p('serviceId')}::uuid`);
