import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { adminOperations, signingKeys } from '../schema/index.ts';

const p = sql.placeholder;

export interface SigningKeyRow {
  use: 'links' | 'cookies';
  id: string;
  /** null: the row is about a key of the environment. */
  wrapped: string | null;
  wrapped_by: string | null;
  retire_at: Date | null;
}

/** The newest first. Stored keys that ended long ago are left out; what ended a key of the environment stays for good. */
export const readSigningKeys = statement<object, SigningKeyRow>(sql`
SELECT k.use, k.id, k.wrapped, k.wrapped_by, k.retire_at FROM ${signingKeys} k
WHERE k.wrapped IS NULL OR k.retire_at IS NULL OR k.retire_at > now() - interval '1 hour' ORDER BY k.created_at DESC, k.id DESC`);

export interface Rotation {
  operationId: string;
  use: 'links' | 'cookies';
  /** Of the new key. */
  id: string;
  wrapped: string;
  wrappedBy: string;
  /** Ids of all keys the environment has for this use. */
  environment: readonly string[];
  /** So long the keys of before still verify; 0: not at all, and those that were on their way out end with them. */
  lifeSeconds: number;
}

/**
 * The new key and the end of those before it, the environment's among them, in one statement. Said again it is the same key, and
 * nothing ends anew. Nothing is done for an operation that has ended.
 */
export const rotateSigningKey = statement<Rotation, never>(sql`
WITH made AS (
  INSERT INTO ${signingKeys} (use, id, wrapped, wrapped_by, operation_id)
  SELECT ${p('use')}, ${p('id')}, ${p('wrapped')}, ${p('wrappedBy')}, o.id FROM ${adminOperations} o
  WHERE o.id = ${p('operationId')}::uuid AND o.phase IN ('running', 'paused', 'cancelling') ON CONFLICT DO NOTHING RETURNING *
), ends AS (
  SELECT made.use, made.id, made.operation_id AS by, now() + make_interval(secs => ${p('lifeSeconds')}::float8) AS at,
    ${p('lifeSeconds')}::float8 = 0 AS at_once FROM made
), ended AS (
  UPDATE ${signingKeys} k SET retire_at = ends.at, retired_by_operation_id = ends.by FROM ends
  WHERE k.use = ends.use AND k.id <> ends.id AND (k.retire_at IS NULL OR (ends.at_once AND k.retire_at > ends.at))
)
INSERT INTO ${signingKeys} (use, id, operation_id, retire_at, retired_by_operation_id)
SELECT ends.use, e.id, ends.by, ends.at, ends.by FROM ends CROSS JOIN unnest(${p('environment')}::text[]) AS e (id) ON CONFLICT DO NOTHING`);

export interface RotatedRow {
  wrapped_by: string;
  /** What this rotation has ended, and when; RFC 3339. */
  retired: { keyId: string; retireAt: string }[];
}

/**
 * What came of a rotation; no row: nothing. To be said after it, in its transaction: one that found its key made by another run sees
 * only so what that one did.
 */
export const readRotation = statement<Rotation, RotatedRow>(sql`
SELECT k.wrapped_by, (
  SELECT coalesce(jsonb_agg(jsonb_build_object('keyId', r.id, 'retireAt', to_char(r.retire_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    ORDER BY r.id), '[]') FROM ${signingKeys} r WHERE r.retired_by_operation_id = k.operation_id AND r.use = k.use
) AS retired
FROM ${signingKeys} k WHERE k.use = ${p('use')} AND k.id = ${p('id')}`);
