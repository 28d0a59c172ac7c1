import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { type Access, accessCtes, type CallerInput, insertAudit } from './access.ts';

const p = sql.placeholder;

export interface AuthorisedRow extends Access {
  /** The services the permissions are held for; null = every one. */
  services: string[] | null;
}

/** For work whose data is not in Postgres: one trip that decides, and records a refusal. */
export const authorise = statement<CallerInput & { serviceId: string | null }, AuthorisedRow>(sql`
WITH ${accessCtes(sql`${p('serviceId')}::uuid`)}, denied AS (${insertAudit({
  resource: 'audit_log',
  resourceId: sql`''`,
  serviceId: sql`${p('serviceId')}::uuid`,
  outcome: sql`'denied'`,
  from: sql`WHERE access.verdict <> 'ok'`,
})})
SELECT access.verdict, access.admin_id, access.missing, access.services FROM access`);
