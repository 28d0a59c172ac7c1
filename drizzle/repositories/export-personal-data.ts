import { type SQL, sql } from 'drizzle-orm';
import type { RowSource } from './export-rows.ts';
import { madeBy } from './export-sources.ts';
import { type PersonFilter, type Store, storesOf } from './personal-data-stores.ts';

const rowsOf = ({ store, from, relations, data, id = sql`t.id::text`, at }: Store): SQL => {
  const all = Object.entries(relations);
  const named = all.map(([name, when]) => sql`CASE WHEN ${when} THEN ${sql.raw(`'${name}'`)} END`);
  return sql`SELECT ${sql.raw(`'${store}'`)} AS store, ${id} AS id, array_remove(ARRAY[${sql.join(named, sql`, `)}], NULL) AS relation,
    t.${sql.raw(at?.name ?? 'created_at')} AS created_at, ${data} AS data
  FROM ${from} t WHERE ${sql.join(
    all.map(([, when]) => when),
    sql` OR `,
  )}`;
};

/** Every row about one person, whatever its table. */
export const PERSONAL_DATA: RowSource<PersonFilter> = {
  order: [
    { column: 'store', type: 'text' },
    { column: 'id', type: 'text' },
  ],
  select: (filter, cutoff) => sql`
SELECT d.store COLLATE "C" AS store, d.id COLLATE "C" AS id, d.relation, d.created_at, d.data
FROM (${sql.join(storesOf(filter).map(rowsOf), sql` UNION ALL `)}) d WHERE ${madeBy('d.created_at', cutoff)}`,
};
