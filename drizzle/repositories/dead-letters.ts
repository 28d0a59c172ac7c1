import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { deadLetters, idempotencyKeys } from '../schema/index.ts';
import { type Access, accessCte, type CallerInput, insertAudit } from './access.ts';
import type { ListInput, PageRow } from './resource.ts';

/** A letter without its body, which can have 128 KB. */
export interface DeadLetterItem {
  id: string;
  queue: string;
  reason: string;
  attempts: number;
  /** Of its body. */
  bytes: number;
  diedAt: string;
  replayedAt: string | null;
  replays: number;
  /** The letter it was before it was replayed and died again. */
  replayOf: string | null;
  /** The letter it became when a replay of it died again; the last one. */
  diedAgainAs: string | null;
}

interface Filter {
  queue: string | null;
  replayed: boolean | null;
}

const p = sql.placeholder;
const EVERYWHERE = sql.raw(`'00000000-0000-0000-0000-000000000000'::uuid`);
const COUNTED = 10_001;

const time = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const item = (
  alias: string,
) => `jsonb_build_object('id', ${alias}.id, 'queue', ${alias}.queue, 'reason', ${alias}.reason,
  'attempts', ${alias}.attempts, 'bytes', octet_length(${alias}.body::text), 'diedAt', ${time(`${alias}.died_at`)},
  'replayedAt', ${time(`${alias}.replayed_at`)}, 'replays', ${alias}.replays, 'replayOf', ${alias}.replay_of,
  'diedAgainAs', (SELECT a.id FROM dead_letters a WHERE a.replay_of = ${alias}.id ORDER BY a.died_at DESC LIMIT 1))`;

const matches = sql`(${p('queue')}::text IS NULL OR t.queue = ${p('queue')}::text)
    AND (${p('replayed')}::boolean IS NULL OR (t.replayed_at IS NOT NULL) = ${p('replayed')}::boolean)`;

/** Keeps a queue message that no delivery could help; a second delivery of the dead letter itself changes nothing. */
export const keepDeadLetter = statement<
  { id: string; queue: string; body: string; attempts: number; reason: string; replayOf: string | null },
  never
>(sql`
INSERT INTO ${deadLetters} (id, queue, body, attempts, reason, replay_of)
VALUES (${p('id')}, ${p('queue')}, ${p('body')}::json, ${p('attempts')}::int, ${p('reason')}, ${p('replayOf')})
ON CONFLICT DO NOTHING`);

/** Newest first. */
export const listDeadLetters = statement<ListInput & Filter, PageRow<DeadLetterItem>>(sql`
WITH ${accessCte({ resource: 'dead_letter', resourceId: sql`''`, serviceId: EVERYWHERE })}, found AS (
  SELECT row_number() OVER (ORDER BY t.died_at DESC, t.id DESC) AS nr, ${sql.raw(item('t'))} AS item,
    json_build_array(${sql.raw(time('t.died_at'))}, t.id) AS position
  FROM access JOIN ${deadLetters} t ON true
  WHERE access.verdict = 'ok' AND ${matches}
    AND (${p('after')}::text IS NULL OR (t.died_at, t.id) < ((${p('after')}::jsonb->>0)::timestamptz, ${p('after')}::jsonb->>1))
  ORDER BY t.died_at DESC, t.id DESC LIMIT ${p('limit')}::int + 1
)
SELECT access.verdict, access.admin_id, access.missing,
  coalesce((SELECT json_agg(item ORDER BY nr) FROM found WHERE nr <= ${p('limit')}::int), '[]') AS items,
  (SELECT position FROM found WHERE nr = ${p('limit')}::int AND EXISTS (SELECT FROM found WHERE nr > ${p('limit')}::int)) AS next
FROM access`);

/** At most 10,001. Only a number: whoever asks is authorised by the list's own statement. */
export const countDeadLetters = statement<Filter, { count: number }>(sql`
SELECT count(*)::int AS count FROM (SELECT FROM ${deadLetters} t WHERE ${matches} LIMIT ${sql.raw(String(COUNTED))}) AS letters`);

export interface ReplayRow extends Access {
  /** replayed | prior | busy | absent */
  outcome: string;
  item: DeadLetterItem | null;
  queue: string | null;
  /** JSON text. */
  body: string | null;
  prior_hash: string | null;
}

/** Marks a letter as put back and gives its body; whoever says so writes the record. `replays`: before this one. */
export const markReplayed = statement<{ letterId: string }, { queue: string; body: string; replays: number }>(sql`
UPDATE ${deadLetters} t SET replayed_at = now(), replays = t.replays + 1 WHERE t.id = ${p('letterId')}
RETURNING t.queue, t.body::text AS body, t.replays - 1 AS replays`);

export interface ReplayInput extends CallerInput {
  letterId: string;
  route: string;
  idempotencyKey: string | null;
  requestHash: string;
}

const state = (alias: string) =>
  `jsonb_build_object('queue', ${alias}.queue, 'reason', ${alias}.reason, 'replayedAt', ${time(`${alias}.replayed_at`)}, 'replays', ${alias}.replays)`;
const key = sql`${p('idempotencyKey')}::text`;

/** Marks a letter as replayed, with the record of it, and gives its body for the queue. */
export const replayDeadLetter = statement<ReplayInput, ReplayRow>(sql`
WITH ${accessCte({ resource: 'dead_letter', resourceId: sql`${p('letterId')}`, serviceId: EVERYWHERE })}, cur AS (
  SELECT t.*, ${sql.raw(item('t'))} || jsonb_build_object('replayedAt', ${p('eventTime')}::text, 'replays', t.replays + 1) AS answer
  FROM access JOIN ${deadLetters} t ON t.id = ${p('letterId')} WHERE access.verdict = 'ok' FOR UPDATE OF t
), prior AS (
  SELECT k.request_hash, k.answer FROM access JOIN ${idempotencyKeys} k ON k.admin_id = access.admin_id
    AND k.route = ${p('route')} AND k.key = ${key} WHERE access.verdict = 'ok'
), keyed AS (
  INSERT INTO ${idempotencyKeys} (admin_id, route, key, request_hash, resource_id, answer)
  SELECT access.admin_id, ${p('route')}, ${key}, ${p('requestHash')}, ${p('eventId')}::uuid, cur.answer::json FROM access, cur
  WHERE ${key} IS NOT NULL AND NOT EXISTS (SELECT FROM prior) ON CONFLICT DO NOTHING RETURNING 1
), upd AS (
  UPDATE ${deadLetters} t SET replayed_at = ${p('eventTime')}::timestamptz, replays = t.replays + 1 FROM cur
  WHERE t.id = cur.id AND NOT EXISTS (SELECT FROM prior) AND (${key} IS NULL OR EXISTS (SELECT FROM keyed)) RETURNING t.*
), recorded AS (${insertAudit({
  resource: 'dead_letter',
  resourceId: sql`${p('letterId')}`,
  outcome: sql`'success'`,
  before: sql.raw(state('cur')),
  after: sql.raw(state('upd')),
  from: sql`CROSS JOIN upd JOIN cur ON cur.id = upd.id`,
})})
SELECT access.verdict, access.admin_id, access.missing, prior.request_hash AS prior_hash, cur.queue, cur.body::text AS body,
  CASE WHEN cur.id IS NULL THEN 'absent' WHEN prior.request_hash IS NOT NULL THEN 'prior' WHEN upd.id IS NULL THEN 'busy'
    ELSE 'replayed' END AS outcome,
  coalesce(prior.answer, cur.answer::json) AS item
FROM access LEFT JOIN cur ON true LEFT JOIN prior ON true LEFT JOIN upd ON true`);
