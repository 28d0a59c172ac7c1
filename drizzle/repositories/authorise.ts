import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { type Access, accessCte, type CallerInput } from './access.ts';

const p = sql.placeholder;

export interface AuthorisedRow extends Access {
  /** The services the permissions are held for; null = every one. */
  scope: string[] | null;
}

/** One trip that decides and records a refusal: for work whose data is not in Postgres, and for what the guard would refuse. */
export const authorise = statement<
  CallerInput & { serviceId: string | null; resource: string; resourceId: string },
  AuthorisedRow
>(sql`
WITH ${accessCte({
  resource: sql`${p('resource')}`,
  resourceId: sql`${p('resourceId')}`,
  serviceId: sql`${p('serviceId')}`,
})}
SELECT access.verdict, access.admin_id, access.missing, access.scope FROM access`);

export interface StandingRow {
  admin_id: string | null;
  email: string | null;
  name: string | null;
  status: 'active' | 'locked' | 'removed' | null;
  not_before: number | null;
  session_ended: boolean;
  grants: { serviceId: string | null; role: string; permissions: string[] }[];
}

/** Who the subject is and what it may do; lists a session that was never seen before. */
export const readStanding = statement<
  { subject: string; sessionId: string; ipAddress: string; userAgent: string },
  StandingRow
>(sql`SELECT * FROM standing(${p('subject')}, ${p('sessionId')}, ${p('ipAddress')}, ${p('userAgent')})`);
