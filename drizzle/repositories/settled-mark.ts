import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { auditOutbox } from '../schema/index.ts';

const p = sql.placeholder;

/** An instant, UTC text with microseconds, and the transactions that may have accepted records before it. */
export interface Mark {
  cutoff: string;
  xid: string;
}

/**
 * Whether everything accepted by an earlier mark is in ClickHouse, and a mark for the next time. For the exporter's role.
 *
 * `now()` is read before the statement's snapshot is taken: a transaction this snapshot has not seen begin can only accept
 * records after it.
 */
export const settledMark = statement<{ cutoff: string | null; xid: string | null }, Mark & { settled: boolean }>(sql`
SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS cutoff,
  pg_snapshot_xmax(pg_current_snapshot())::text AS xid,
  coalesce(pg_snapshot_xmin(pg_current_snapshot()) >= ${p('xid')}::text::xid8 AND NOT EXISTS (SELECT FROM ${auditOutbox}
    WHERE sent_at IS NULL AND accepted_at <= (${p('cutoff')}::timestamp AT TIME ZONE 'UTC')), false) AS settled`);
