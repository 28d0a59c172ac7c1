import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { statement } from '../client.ts';
import { serviceConfig } from '../schema/index.ts';
import { type Access, accessCte, type CallerInput, insertAudit } from './access.ts';

const {
  id: _id,
  serviceId: _serviceId,
  version: _version,
  updatedAt: _updatedAt,
  ...settings
} = getTableColumns(serviceConfig);

/** The fields a caller may see and set: an allow-list, so that a new column reaches audit only when it is named here. */
export type ConfigState = { -readonly [K in keyof typeof settings]: (typeof serviceConfig.$inferSelect)[K] };

const entries = Object.entries(settings) as [keyof ConfigState, PgColumn][];

const stateOf = (alias: string) =>
  sql.raw(
    `jsonb_build_object(${entries.map(([field, column]) => `'${field}', ${alias}."${column.name}"`).join(', ')})`,
  );

const rfc3339 = (time: SQL) => sql`to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const readField = (field: string, column: PgColumn) => {
  const type = column.getSQLType();
  return type === 'text[]'
    ? `ARRAY(SELECT jsonb_array_elements_text(chg.after->'${field}'))`
    : `(chg.after->>'${field}')::${type}`;
};

const assignments = sql.raw(
  entries.map(([field, column]) => `"${column.name}" = ${readField(field, column)}`).join(', '),
);

const p = sql.placeholder;
const SERVICE = sql`${p('serviceId')}::uuid`;
const ABOUT = { resource: 'service_config', resourceId: sql`${p('serviceId')}`, serviceId: SERVICE };
const ACCESS = accessCte(ABOUT);

export interface ConfigRow extends Access {
  id: string | null;
  state: ConfigState | null;
  version: number | null;
  /** RFC 3339. */
  updated_at: string | null;
}

/** One row always. A refused read leaves its audit record behind. */
export const readConfig = statement<CallerInput & { serviceId: string }, ConfigRow>(sql`
WITH ${ACCESS}
SELECT access.verdict, access.admin_id, access.missing, c.id, ${stateOf('c')} AS state, c.version, ${rfc3339(sql`c.updated_at`)} AS updated_at
FROM access LEFT JOIN ${serviceConfig} c ON c.service_id = ${SERVICE} AND access.verdict = 'ok'`);

export interface UpdatedConfigRow extends ConfigRow {
  /** False when If-Match named another version: nothing was written. */
  matched: boolean | null;
  changed: boolean | null;
  /** True when the IP whitelist, as changed, would leave the caller out: nothing was written. */
  locked_out: boolean | null;
}

const whitelist = (state: string) => sql.raw(`(${state}->'ipWhitelistEnabled', ${state}->'ipWhitelist')`);

/** Not knowing the caller's address counts as being left out. Ranges of one family hold no addresses of the other. */
const LEAVES_CALLER_OUT = sql`(NOT ${p('force')}::boolean AND (chg.after->>'ipWhitelistEnabled')::boolean
    AND ${whitelist('chg.after')} IS DISTINCT FROM ${whitelist('chg.before')}
    AND (${p('callerAddress')}::inet IS NULL OR NOT EXISTS (
      SELECT FROM jsonb_array_elements_text(chg.after->'ipWhitelist') AS r (range) WHERE ${p('callerAddress')}::inet <<= r.range::inet)))`;

/**
 * Authorise, lock, compare the version, merge, write and audit: one statement, one round trip.
 *
 * `upd` joins the locked `cur` instead of filtering the table: otherwise a concurrent update could write its row and lose
 * its audit record, depending on the order of evaluation. `patch` holds validated fields of ConfigState only.
 */
export const updateConfig = statement<
  CallerInput & {
    serviceId: string;
    ifMatch: readonly number[] | null;
    patch: string;
    callerAddress: string | null;
    force: boolean;
  },
  UpdatedConfigRow
>(sql`
WITH ${ACCESS}, cur AS (
  SELECT c.id, c.version, c.updated_at, ${stateOf('c')} AS before
  FROM access JOIN ${serviceConfig} c ON c.service_id = ${SERVICE} WHERE access.verdict = 'ok' FOR UPDATE OF c
), chg AS (
  SELECT cur.*, cur.before || ${p('patch')}::jsonb AS after,
    (cur.before || ${p('patch')}::jsonb) IS DISTINCT FROM cur.before AS changed,
    (${p('ifMatch')}::int[] IS NULL OR cur.version = ANY (${p('ifMatch')}::int[])) AS matched
  FROM cur
), chk AS (SELECT chg.id, ${LEAVES_CALLER_OUT} AS locked_out FROM chg
), upd AS (
  UPDATE ${serviceConfig} c SET ${assignments}, "version" = c.version + 1, "updated_at" = now()
  FROM chg JOIN chk ON chk.id = chg.id WHERE c.id = chg.id AND chg.changed AND chg.matched AND NOT chk.locked_out RETURNING c.id, c.version, c.updated_at
), recorded AS (${insertAudit({
  ...ABOUT,
  outcome: sql`'success'`,
  before: sql`chg.before`,
  after: sql`chg.after`,
  from: sql`CROSS JOIN chg JOIN upd ON upd.id = chg.id`,
})})
SELECT access.verdict, access.admin_id, access.missing, chg.id, chg.after AS state, chg.matched, chg.changed, chk.locked_out,
  coalesce(upd.version, chg.version) AS version, ${rfc3339(sql`coalesce(upd.updated_at, chg.updated_at)`)} AS updated_at
FROM access LEFT JOIN chg ON true LEFT JOIN chk ON true LEFT JOIN upd ON upd.id = chg.id`);
