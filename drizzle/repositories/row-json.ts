import type { PgColumn } from 'drizzle-orm/pg-core';

/** Columns that say nothing about the state of a thing. */
export const META = new Set(['id', 'serviceId', 'version', 'createdAt', 'updatedAt', 'createdBy']);

const isTime = (column: PgColumn) => column.getSQLType().startsWith('timestamp');

export const shown = (alias: string, column: PgColumn) =>
  isTime(column)
    ? `to_char(${alias}."${column.name}" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
    : `${alias}."${column.name}"`;

export const jsonOf = (build: 'json' | 'jsonb', alias: string, columns: [string, PgColumn][]) =>
  `${build}_build_object(${columns.map(([field, column]) => `'${field}', ${shown(alias, column)}`).join(', ')})`;

/** SQL that reads a column's value out of a jsonb object. */
export function readField(json: string, field: string, column: PgColumn): string {
  const type = column.getSQLType();
  if (type === 'text[]') return `ARRAY(SELECT jsonb_array_elements_text(${json}->'${field}'))`;
  if (type === 'jsonb') return `${json}->'${field}'`;
  return `(${json}->>'${field}')::${type}`;
}
