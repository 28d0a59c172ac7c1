import type * as z from 'zod';
import {
  type Cell as ClickHouseCell,
  type RowSource as ClickHouseSource,
  countRows,
} from '../../../clickhouse/queries/export-rows.ts';
import {
  countRowsNow,
  type Cell as PostgresCell,
  type RowSource as PostgresSource,
} from '../../../drizzle/repositories/export-rows.ts';
import type { Permission } from '../../access/permissions.ts';
import type { Context } from '../../context.ts';
import type { ChunkReader, Encoding, Place } from '../chunk-reader.ts';
import { ClickHouseReader } from '../clickhouse-reader.ts';
import { PostgresReader } from '../postgres-reader.ts';

/** A column of the file. Nothing is exported that is not one. */
export interface ExportColumn {
  name: string;
  kind: ClickHouseCell['kind'];
  /** For who reads the file without knowing us. */
  description: string;
}

/** Which rows: frozen when the export is accepted. */
export interface Wanted {
  parameters: unknown;
  /** null = every service, and what is about none. */
  scope: readonly string[] | null;
  /** UTC text with microseconds. */
  cutoff: string;
}

/** What keeps a file from being complete at its cutoff, and is waited for. */
export type Awaited = 'outbox' | 'outbox-and-events' | 'transactions';

/** Something that can be exported, as the rest of exports sees it. */
export interface ExportType {
  title: string;
  /** On the data itself, beside exports.request and exports.download. */
  permission: Permission;
  /** Only who holds it everywhere: rows are about no service, or the filter asks for what is. */
  everywhere(parameters: unknown): boolean;
  filter: z.ZodObject;
  columns: readonly ExportColumn[];
  /** How the rows are sorted, for people. */
  order: string;
  awaits: Awaited;
  /** The same position always gives the same bytes. Otherwise a chunk nobody committed is left behind, never adopted. */
  stable: boolean;
  /** A reading that broke off can go on where it was; otherwise it begins anew. */
  resumable: boolean;
  count(ctx: Context, wanted: Wanted): Promise<number>;
  read(ctx: Context, wanted: Wanted, encoding: Encoding, place: Place): ChunkReader;
}

type Columns<Kind> = readonly (readonly [name: string, kind: Kind, description: string])[];

interface Declared<Schema extends z.ZodObject, Filter, Source, Kind> {
  title: string;
  permission: Permission;
  everywhere?: true | ((parameters: z.infer<Schema>) => boolean);
  /** What its list can be narrowed by. */
  filter: Schema;
  source: Source;
  /** What `filter` accepted, as the source takes it. */
  narrowed(parameters: z.infer<Schema>, scope: readonly string[] | null): Filter;
  columns: Columns<Kind>;
  order: string;
}

function shared<Schema extends z.ZodObject, Filter, Source, Kind extends ClickHouseCell['kind']>(
  declared: Declared<Schema, Filter, Source, Kind>,
) {
  const { title, permission, filter, order, everywhere = () => false } = declared;
  const columns = declared.columns.map(([name, kind, description]) => ({ name, kind, description }));
  const filterOf = ({ parameters, scope }: Wanted) => declared.narrowed(filter.parse(parameters), scope);
  return {
    type: {
      title,
      permission,
      filter,
      columns,
      order,
      everywhere: (parameters: unknown) => everywhere === true || everywhere(filter.parse(parameters)),
    },
    columns,
    filterOf,
  };
}

/** Rows that ClickHouse writes. */
export function ofClickHouse<Schema extends z.ZodObject, Filter>(
  declared: Declared<Schema, Filter, ClickHouseSource<Filter>, ClickHouseCell['kind']> & {
    awaits: Awaited;
  },
): ExportType {
  const { type, columns, filterOf } = shared(declared);
  const { source, awaits } = declared;
  // The file of what goes on changing after the cutoff is one reading of it.
  const isOneReading = source.changing === true;
  return {
    ...type,
    order: `${type.order} (UUIDs as ClickHouse sorts them, their second half first)`,
    awaits,
    stable: !isOneReading,
    resumable: !isOneReading,
    count: (ctx, wanted) =>
      countRows(ctx.clickhouse.reader, { source, filter: filterOf(wanted), cutoff: wanted.cutoff }),
    read: (ctx, wanted, encoding, place) =>
      new ClickHouseReader(
        ctx,
        { source, filter: filterOf(wanted), cutoff: wanted.cutoff, cells: columns, encoding },
        place,
      ),
  };
}

/** Rows that Postgres writes. */
export function ofPostgres<Schema extends z.ZodObject, Filter>(
  declared: Declared<Schema, Filter, PostgresSource<Filter>, PostgresCell['kind']>,
): ExportType {
  const { type, columns, filterOf } = shared(declared);
  const { source } = declared;
  return {
    ...type,
    awaits: 'transactions',
    stable: false,
    resumable: true,
    count: (ctx, wanted) => countRowsNow(ctx.db.exporter, { source, filter: filterOf(wanted), cutoff: wanted.cutoff }),
    read: (ctx, wanted, encoding, place) =>
      new PostgresReader(
        ctx,
        { source, filter: filterOf(wanted), cutoff: wanted.cutoff, cells: columns as PostgresCell[], encoding },
        place,
      ),
  };
}
