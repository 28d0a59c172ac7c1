import { getTableColumns, getTableName, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { statement } from '../client.ts';
import { idempotencyKeys } from '../schema/index.ts';
import { type About, type Access, accessCte, type CallerInput, insertAudit } from './access.ts';
import { jsonOf, META, readField, shown } from './row-json.ts';

/**
 * The five statements of an audited resource: list, read, insert, update, remove. Each authorises, works and writes its audit
 * record at once; what is special about a resource comes in as guards.
 *
 * Aliases a guard or filter may use: `t` the table, `access` the caller, `draft` the row to insert, `chg` the locked row
 * (`chg.before`, `chg.after` as jsonb, and its columns).
 */
export interface ResourceShape {
  /** As audit records name it. */
  name: string;
  table: PgTable;
  /** Written by callers at creation. */
  fields: readonly string[];
  /** Those of them that a caller may change later; absent = none. */
  changeable?: readonly string[];
  /** Columns no answer and no audit record shows. */
  hidden?: readonly string[];
  /** Placeholder that names one row → its column. The last one is the audit record's resource id. */
  key: Readonly<Record<string, PgColumn>>;
  /**
   * `service`: rows belong to the service in `serviceId`. `self`: a row is that service. `everywhere`: about all of them.
   * `asked`: each call says in `serviceId` what it is about, a service, none or everywhere; rows belong to nothing.
   */
  about: 'service' | 'self' | 'everywhere' | 'asked';
  /** Field that names a new row in its audit record, where `key` goes by it; absent = its id. */
  namedBy?: string;
  /** Further fields of the answer: SQL over an alias of the row. */
  derived?: Readonly<Record<string, (alias: string) => string>>;
}

/** What a refusing guard is called → when it refuses (SQL boolean; NULL refuses too). Asked in order. */
export type Guards = Readonly<Record<string, SQL>>;

const p = sql.placeholder;
const refusals = (guards: Guards) =>
  sql.join(
    Object.entries(guards).map(([code, refuses]) => sql`WHEN (${refuses}) IS NOT FALSE THEN ${sql.raw(`'${code}'`)} `),
    sql``,
  );

const within = (scope: SQL | undefined) => (scope ? sql` AND ${scope}` : sql``);

const beforehand = (first: SQL | undefined) => (first ? sql`first AS (${first}), ` : sql``);
/** Counting its rows runs it to its end; otherwise the two would be done in any order. */
const finished = (first: SQL | undefined) => (first ? sql` AND (SELECT count(*) FROM first) >= 0` : sql``);

export interface ResourceRow<Item> extends Access {
  /** made | changed | unchanged | removed | absent | stale | prior | busy, or the code of the guard that refused. */
  outcome: string;
  item: Item | null;
  /** The number a refusal has to tell, of statements that count something. */
  detail?: number | null;
}

export interface CreatedRow<Item> extends ResourceRow<Item> {
  /** Of the request that used this Idempotency-Key first. */
  prior_hash: string | null;
}

export interface PageRow<Item> extends Access {
  items: Item[];
  /** Order values of the last row when there are more. */
  next: string[] | null;
}

export interface CreateInput extends CallerInput {
  newId: string;
  /** JSON of every field. */
  values: string;
  route: string;
  idempotencyKey: string | null;
  requestHash: string;
}

export interface ChangeInput extends CallerInput {
  patch: string;
  ifMatch: readonly number[] | null;
}

export interface RemoveInput extends CallerInput {
  ifMatch: readonly number[] | null;
}

export interface ListInput extends CallerInput {
  /** JSON array of the order values to go on after. */
  after: string | null;
  limit: number;
}

export function resource<Item, Key extends object>(shape: ResourceShape) {
  const columns = Object.entries(getTableColumns(shape.table)) as [string, PgColumn][];
  const answered = columns.filter(([field]) => !shape.hidden?.includes(field));
  const recorded = answered.filter(([field]) => !META.has(field) || shape.fields.includes(field));
  const column = (field: string) => {
    const found = columns.find(([name]) => name === field)?.[1];
    if (!found) throw new Error(`${shape.name} has no column ${field}`);
    return found;
  };
  const has = (field: string) => columns.some(([name]) => name === field);
  const table = sql.raw(`"${getTableName(shape.table)}"`);
  const derived = Object.entries(shape.derived ?? {});
  const item = (alias: string) => {
    const more = derived.map(([field, value]) => `, '${field}', ${value(alias)}`).join('');
    return sql.raw(jsonOf('json', alias, answered).replace(/\)$/, `${more})`));
  };
  const state = (alias: string) => sql.raw(jsonOf('jsonb', alias, recorded));
  const serviceId = sql`${p('serviceId')}::uuid`;
  const service = shape.about === 'service' ? serviceId : undefined;
  // The nil UUID stands for "everywhere": grants for one service do not count (see the function authorise).
  const everywhere = sql.raw(`'00000000-0000-0000-0000-000000000000'::uuid`);
  const keys = Object.entries(shape.key);
  const lastKey = keys.at(-1)?.[0] ?? 'serviceId';
  const among = (resourceId: SQL, whole: { serviceId?: SQL }): About => ({
    resource: shape.name,
    resourceId,
    ...(shape.about === 'self' ? whole : { serviceId: shape.about === 'everywhere' ? everywhere : serviceId }),
  });
  /** One existing row, named by its key. */
  const theOne: About = {
    resource: shape.name,
    resourceId: sql`${p(lastKey)}`,
    serviceId: shape.about === 'everywhere' ? everywhere : serviceId,
  };
  const isTheOne = sql.join(
    [
      ...(service ? [sql`t.service_id = ${service}`] : []),
      ...keys.map(([name, col]) => sql`t.${sql.raw(`"${col.name}"`)} = ${p(name)}::${sql.raw(col.getSQLType())}`),
    ],
    sql` AND `,
  );
  const matched = (row: string) =>
    sql`(${p('ifMatch')}::int[] IS NULL OR ${sql.raw(row)}.version = ANY (${p('ifMatch')}::int[]))`;
  const verdict = sql`access.verdict, access.admin_id, access.missing`;

  /** Rows of a page in `order`, whose last column is unique. `filter` narrows. `shows`: JSON of `t` that is answered instead. */
  function list<Own extends object = Key, Shown = Item>(o: {
    order: readonly string[];
    filter?: SQL;
    scope?: SQL;
    shows?: SQL;
  }) {
    const order = o.order.map(column);
    const tuple = sql.raw(order.map(({ name }) => `t."${name}"`).join(', '));
    const after = sql.join(
      order.map((col, i) => sql`(${p('after')}::jsonb->>${sql.raw(String(i))})::${sql.raw(col.getSQLType())}`),
      sql`, `,
    );
    const where = sql.join(
      [
        sql`access.verdict = 'ok'`,
        sql`(${p('after')}::text IS NULL OR (${tuple}) > (${after}))`,
        ...(service ? [sql`t.service_id = ${service}`] : []),
        ...(o.scope ? [o.scope] : []),
        ...(o.filter ? [o.filter] : []),
      ],
      sql` AND `,
    );
    const position = sql.raw(`json_build_array(${order.map((col) => `${shown('t', col)}::text`).join(', ')})`);
    return statement<Own & ListInput, PageRow<Shown>>(sql`
WITH ${accessCte(among(sql`''`, {}))}, found AS (
  SELECT row_number() OVER (ORDER BY ${tuple}) AS nr, ${o.shows ?? item('t')} AS item, ${position} AS position
  FROM access JOIN ${table} t ON true WHERE ${where} ORDER BY ${tuple} LIMIT ${p('limit')}::int + 1
)
SELECT ${verdict}, coalesce((SELECT json_agg(item ORDER BY nr) FROM found WHERE nr <= ${p('limit')}::int), '[]') AS items,
  (SELECT position FROM found WHERE nr = ${p('limit')}::int AND EXISTS (SELECT FROM found WHERE nr > ${p('limit')}::int)) AS next
FROM access`);
  }

  function read<Own extends object = object>(o: { scope?: SQL } = {}) {
    return statement<Key & Own & CallerInput, ResourceRow<Item>>(sql`
WITH ${accessCte(theOne)}
SELECT ${verdict}, CASE WHEN t.id IS NULL THEN 'absent' ELSE 'found' END AS outcome,
  CASE WHEN t.id IS NOT NULL THEN ${item('t')} END AS item
FROM access LEFT JOIN ${table} t ON ${isTheOne} AND access.verdict = 'ok'${within(o.scope)}`);
  }

  /**
   * `set`: SQL for columns that are neither the caller's nor meta. `first`: what must be done before the row is written, as the
   * CTE `first`. `also`: a CTE that goes on from `made`. `replaces`: which row (of `t`, at most one, and only under a lock) goes
   * when the new one comes; the record shows it as the state before. A unique constraint that refuses throws 23505.
   */
  function insert<Own extends object = Key>(
    o: { guards?: Guards; set?: Readonly<Record<string, SQL>>; first?: SQL; also?: SQL; replaces?: SQL } = {},
  ) {
    const meta: Record<string, SQL> = {
      id: sql`${p('newId')}::uuid`,
      serviceId: service ?? sql`NULL::uuid`,
      version: sql`1`,
      createdAt: sql`${p('eventTime')}::timestamptz`,
      updatedAt: sql`${p('eventTime')}::timestamptz`,
      createdBy: sql`access.admin_id`,
    };
    const value = ([field, col]: [string, PgColumn]): SQL => {
      if (o.set?.[field]) return o.set[field];
      if (shape.fields.includes(field)) return sql.raw(readField('given.v', field, col));
      return meta[field] ?? sql.raw(`NULL::${col.getSQLType()}`);
    };
    const draft = sql.join(
      columns.map((each) => sql`${value(each)} AS ${sql.raw(`"${each[1].name}"`)}`),
      sql`, `,
    );
    const names = sql.raw(columns.map(([, col]) => `"${col.name}"`).join(', '));
    const key = sql`${p('idempotencyKey')}::text`;
    const newName = shape.namedBy ? sql`${p('values')}::jsonb->>'${sql.raw(shape.namedBy)}'` : sql`${p('newId')}`;
    const where = among(newName, { serviceId: everywhere });
    const mayWrite = sql`(SELECT outcome FROM chk) = 'made' AND (${key} IS NULL OR EXISTS (SELECT FROM keyed))`;
    // Counting makes the rows go before the new one comes: a unique constraint would refuse it otherwise.
    const afterReplaced = o.replaces ? sql` AND (SELECT count(*) FROM replaced) >= 0` : sql``;
    const replaced = o.replaces
      ? sql`replaced AS (DELETE FROM ${table} t USING draft WHERE ${mayWrite} AND ${o.replaces} RETURNING ${state('t')} AS before), `
      : sql``;
    return statement<Own & CreateInput, CreatedRow<Item>>(sql`
WITH ${accessCte({ ...where, attempted: sql`${p('values')}::jsonb` })}, given AS (SELECT ${p('values')}::jsonb AS v),
draft AS (SELECT ${draft} FROM access, given WHERE access.verdict = 'ok'),
prior AS (
  SELECT k.request_hash, k.answer FROM access JOIN ${idempotencyKeys} k ON k.admin_id = access.admin_id
    AND k.route = ${p('route')} AND k.key = ${key} WHERE access.verdict = 'ok'
), chk AS (
  SELECT CASE WHEN EXISTS (SELECT FROM prior) THEN 'prior' ${refusals(o.guards ?? {})}ELSE 'made' END AS outcome FROM draft CROSS JOIN access
), keyed AS (
  INSERT INTO ${idempotencyKeys} (admin_id, route, key, request_hash, resource_id, answer)
  SELECT access.admin_id, ${p('route')}, ${key}, ${p('requestHash')}, draft.id, ${item('draft')}
  FROM access, draft, chk WHERE chk.outcome = 'made' AND ${key} IS NOT NULL ON CONFLICT DO NOTHING RETURNING 1
), ${beforehand(o.first)}${replaced}made AS (
  INSERT INTO ${table} (${names}) SELECT ${names} FROM draft WHERE ${mayWrite}${afterReplaced}${finished(o.first)} RETURNING id
), recorded AS (${insertAudit({
      ...where,
      outcome: sql`'success'`,
      ...(o.replaces ? { before: sql`(SELECT before FROM replaced)` } : {}),
      after: state('draft'),
      from: sql`CROSS JOIN draft CROSS JOIN made`,
    })})${o.also ? sql`, ${o.also}` : sql``}
SELECT ${verdict}, CASE WHEN made.id IS NOT NULL THEN 'made' WHEN chk.outcome = 'made' THEN 'busy' ELSE chk.outcome END AS outcome,
  coalesce(prior.answer, ${item('draft')}) AS item, prior.request_hash AS prior_hash
FROM access LEFT JOIN draft ON true LEFT JOIN chk ON true LEFT JOIN made ON true LEFT JOIN prior ON true`);
  }

  /**
   * A merge of `patch`. `set`: SQL (it may use `cur`) for fields that are not the caller's, merged over it. `first`: what must be
   * done before the row is written, as the CTE `first`. `also`: a CTE that goes on from there. `detail`: SQL integer (it may use
   * `chg`) that a refusal has to tell. Rows (`t`) outside of `scope` are absent.
   */
  function update<Own extends object = object>(
    o: {
      guards?: Guards;
      set?: Readonly<Record<string, SQL>>;
      first?: SQL;
      also?: SQL;
      detail?: SQL;
      scope?: SQL;
    } = {},
  ) {
    const set = Object.entries(o.set ?? {});
    const changeable = [...(shape.changeable ?? []), ...set.map(([field]) => field)];
    const written = columns.filter(([field]) => changeable.includes(field));
    const assignments = sql.raw(
      written.map(([field, col]) => `"${col.name}" = ${readField('chg.after', field, col)}`).join(', '),
    );
    const touched = has('updatedAt') ? sql`, "updated_at" = now()` : sql``;
    const merges = set.map(([field, value]) => sql` || jsonb_build_object(${sql.raw(`'${field}'`)}, ${value})`);
    const patch = sql`${p('patch')}::jsonb${sql.join(merges, sql``)}`;
    const detail = o.detail ? sql`, ${o.detail} AS detail` : sql``;
    return statement<Key & Own & ChangeInput, ResourceRow<Item>>(sql`
WITH ${accessCte({ ...theOne, attempted: sql`${p('patch')}::jsonb` })}, cur AS (
  SELECT t.*, ${state('t')} AS before FROM access JOIN ${table} t ON ${isTheOne} WHERE access.verdict = 'ok'${within(o.scope)} FOR UPDATE OF t
), merged AS (SELECT cur.*, cur.before || (${patch}) AS after FROM cur),
chg AS (SELECT merged.*, merged.after IS DISTINCT FROM merged.before AS differs FROM merged),
chk AS (
  SELECT chg.id, CASE WHEN NOT ${matched('chg')} THEN 'stale' WHEN NOT chg.differs THEN 'unchanged' ${refusals(o.guards ?? {})}ELSE 'changed' END AS outcome
  FROM chg CROSS JOIN access
), ${beforehand(o.first)}upd AS (
  UPDATE ${table} t SET ${assignments}, "version" = t.version + 1${touched}
  FROM chg JOIN chk ON chk.id = chg.id WHERE t.id = chg.id AND chk.outcome = 'changed'${finished(o.first)} RETURNING t.*
), recorded AS (${insertAudit({
      ...theOne,
      outcome: sql`'success'`,
      before: sql`chg.before`,
      after: sql`chg.after`,
      from: sql`CROSS JOIN upd JOIN chg ON chg.id = upd.id`,
    })})${o.also ? sql`, ${o.also}` : sql``}
SELECT ${verdict}, coalesce(chk.outcome, 'absent') AS outcome,
  CASE WHEN upd.id IS NOT NULL THEN ${item('upd')} WHEN chg.id IS NOT NULL THEN ${item('chg')} END AS item${detail}
FROM access LEFT JOIN chk ON true LEFT JOIN chg ON true LEFT JOIN upd ON true`);
  }

  /** Rows (`t`) outside of `scope` are absent. */
  function remove<Own extends object = object>(o: { guards?: Guards; scope?: SQL } = {}) {
    return statement<Key & Own & RemoveInput, ResourceRow<Item>>(sql`
WITH ${accessCte(theOne)}, chg AS (
  SELECT t.*, ${state('t')} AS before FROM access JOIN ${table} t ON ${isTheOne} WHERE access.verdict = 'ok'${within(o.scope)} FOR UPDATE OF t
), chk AS (
  SELECT chg.id, CASE WHEN NOT ${matched('chg')} THEN 'stale' ${refusals(o.guards ?? {})}ELSE 'removed' END AS outcome
  FROM chg CROSS JOIN access
), gone AS (
  DELETE FROM ${table} t USING chk WHERE t.id = chk.id AND chk.outcome = 'removed' RETURNING t.id
), recorded AS (${insertAudit({
      ...theOne,
      outcome: sql`'success'`,
      before: sql`chg.before`,
      from: sql`CROSS JOIN gone JOIN chg ON chg.id = gone.id`,
    })})
SELECT ${verdict}, coalesce(chk.outcome, 'absent') AS outcome, CASE WHEN chg.id IS NOT NULL THEN ${item('chg')} END AS item
FROM access LEFT JOIN chk ON true LEFT JOIN chg ON true`);
  }

  return { list, read, insert, update, remove, item, state };
}
