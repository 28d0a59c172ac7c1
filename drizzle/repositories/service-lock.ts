import { sql } from 'drizzle-orm';
import { type Call, call, statement } from '../client.ts';

const p = sql.placeholder;

const lock = statement<{ list: string; serviceId: string }, unknown>(
  sql`SELECT pg_advisory_xact_lock(hashtextextended(${p('list')}::text || ' ' || ${p('serviceId')}::uuid::text, 0))`,
);

/** First in a transaction whose guards look at several rows of one of a service's lists: two of them one after the other. */
export const lockList = (
  list: 'domains' | 'features' | 'testers' | 'locales' | 'consents' | 'documents',
  serviceId: string,
): Call => call(lock, { list, serviceId });
