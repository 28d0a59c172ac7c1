/** What is exported, how, and how many rows of it. */
export interface Case {
  /** As figures begin: `csv.clickhouse`. */
  name: string;
  source: Source;
  format: Format;
  rows: number;
}

export type Source = 'clickhouse' | 'postgres';
export type Format = keyof typeof FORMATS;

/** As a request asks for them. */
export const FORMATS = {
  csv: { fileFormat: 'csv', compression: 'none' },
  ndjson: { fileFormat: 'ndjson', compression: 'none' },
  csv_gz: { fileFormat: 'csv', compression: 'gzip' },
  pdf: { fileFormat: 'pdf', compression: 'none' },
  xlsx: { fileFormat: 'xlsx', compression: 'none' },
} as const;

export const EXPORT_TYPES = { clickhouse: 'audit_logs', postgres: 'features' } as const satisfies Record<
  Source,
  string
>;

/** What is measured beside the cases. */
const PARTS = ['handover', 'download', 'fair'] as const;
export type Part = (typeof PARTS)[number];

const QUICK = { clickhouse: 150_000, postgres: 20_000, pdf: 1_000, xlsx: 5_000, download: 150_000 };
const FULL = { clickhouse: 10_000_000, postgres: 1_000_000, pdf: 25_000, xlsx: 100_000, download: 1_000_000 };
/** From so many rows on an export is measured once. */
const MANY = 5_000_000;
const SMALLER = 10;

export interface Plan {
  cases: Case[];
  parts: Part[];
  /** Of csv from ClickHouse; what comes in parts has as many. */
  rows: number;
  /** A tenth, to see what grows. */
  tenth: number;
  downloadRows: number;
  runsOf(rows: number): number;
}

/** @throws Error when `only` names what there is not */
export function planOf(o: {
  full?: boolean;
  only?: string[] | undefined;
  rows?: number | undefined;
  runs?: number | undefined;
}): Plan {
  const sizes = o.full ? FULL : QUICK;
  const rowsOf = (source: Source, format: Format) =>
    format === 'pdf' || format === 'xlsx' ? sizes[format] : (o.rows ?? sizes[source]);
  const all = (Object.keys(EXPORT_TYPES) as Source[]).flatMap((source) =>
    (Object.keys(FORMATS) as Format[]).map((format) => {
      return { name: `${format}.${source}`, source, format, rows: rowsOf(source, format) };
    }),
  );
  const names = [...all.map(({ name }) => name), ...PARTS];
  const unknown = o.only?.filter((name) => !names.includes(name)) ?? [];
  if (unknown.length > 0) throw new Error(`--only takes ${names.join(', ')}; not ${unknown.join(', ')}`);
  const wanted = (name: string) => o.only?.includes(name) ?? true;
  const rows = rowsOf('clickhouse', 'csv');
  return {
    cases: all.filter(({ name }) => wanted(name)),
    parts: PARTS.filter(wanted),
    rows,
    tenth: Math.ceil(rows / SMALLER),
    downloadRows: Math.min(rows, sizes.download),
    runsOf: (count) => o.runs ?? (o.full && count < MANY ? 3 : 1),
  };
}
