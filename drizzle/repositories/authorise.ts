import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { type Access, accessCte, type CallerInput } from './access.ts';

const p = sql.placeholder;

export interface AuthorisedRow extends Access {
  /** The services the permissions are held for; null = every one. */
  scope: string[] | null;
}

/** For work whose data is not in Postgres: one trip that decides, and records a refusal. */
export const authorise = statement<CallerInput & { serviceId: string | null }, AuthorisedRow>(sql`
WITH ${accessCte({ resource: 'audit_log', resourceId: sql`''`, serviceId: sql`${p('serviceId')}` })}
SELECT access.verdict, access.admin_id, access.missing, access.scope FROM access`);
