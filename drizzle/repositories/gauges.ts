import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { adminExports, adminOperations, auditOutbox, deadLetters } from '../schema/index.ts';

/** Audit records on their way. Ages are seconds, 0 where nothing waits. */
export interface OutboxGauges {
  /** At most 10,001. */
  records: number;
  age: number;
}

/** What else Postgres holds that waits for something. Counts are by phase or queue; ages are seconds. */
export interface WorkGauges {
  exports: Record<string, number>;
  export_age: number;
  operations: Record<string, number>;
  dead_letters: Record<string, number>;
}

const age = (instant: string) =>
  sql.raw(`coalesce(greatest(0, extract(epoch FROM now() - min(${instant}))), 0)::float8`);

/** For the drainer. What is counted are an index's few entries, or it stops: a look must cost the same in every state. */
export const readOutboxGauges = statement<object, OutboxGauges>(sql`
SELECT least(count(*), 10001)::int AS records, ${age('accepted_at')} AS age FROM (
  (SELECT accepted_at FROM ${auditOutbox} WHERE sent_at IS NULL AND batch_id IS NULL ORDER BY accepted_at LIMIT 10001)
  UNION ALL
  (SELECT accepted_at FROM ${auditOutbox} WHERE sent_at IS NULL AND batch_id IS NOT NULL LIMIT 10001)
) AS unsent`);

/** The same for the API's role. */
export const readWorkGauges = statement<object, WorkGauges>(sql`
WITH exports AS (
  SELECT CASE WHEN paused_at IS NOT NULL THEN 'paused' WHEN status = 'queued' THEN 'waiting' ELSE 'running' END AS phase,
    count(*)::int AS n, ${age('created_at')} AS age
  FROM ${adminExports} WHERE status IN ('queued', 'processing') GROUP BY 1
), operations AS (
  SELECT phase, count(*)::int AS n
  FROM (SELECT phase FROM ${adminOperations} WHERE status IN ('pending', 'running') LIMIT 10001) AS open GROUP BY phase
), letters AS (
  SELECT queue, count(*)::int AS n
  FROM (SELECT queue FROM ${deadLetters} WHERE replayed_at IS NULL LIMIT 10001) AS kept GROUP BY queue
)
SELECT coalesce((SELECT json_object_agg(phase, n) FROM exports), '{}') AS exports,
  coalesce((SELECT max(age) FROM exports WHERE phase <> 'paused'), 0)::float8 AS export_age,
  coalesce((SELECT json_object_agg(phase, n) FROM operations), '{}') AS operations,
  coalesce((SELECT json_object_agg(queue, n) FROM letters), '{}') AS dead_letters`);

/** Milliseconds since the epoch. */
export const readClock = statement<object, { clock: number }>(sql`
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS clock`);
