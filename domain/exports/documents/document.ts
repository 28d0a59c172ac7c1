import { DocumentRefused } from './refused.ts';

export interface DocumentColumn {
  name: string;
  kind: 'uuid' | 'time' | 'text' | 'word' | 'integer' | 'boolean' | 'address' | 'json' | 'list';
}

/** JSON and lists come as their text, times as RFC 3339, integers beyond 2^53 as decimal text. */
export type Cell = string | number | boolean | null;

/** What a PDF or XLSX file is made of. The same input gives the same bytes: nothing here is read from a clock or drawn by lot. */
export interface DocumentInput {
  /** Also the name of the sheet: 1 to 31 characters, none of []:*?/\ */
  title: string;
  requestedBy: string;
  /** What narrowed the selection, as it was asked for. */
  filter: [name: string, value: string][];
  /** RFC 3339. */
  cutoff: string;
  /** Exactly how many rows `cells` gives. */
  rows: number;
  columns: readonly DocumentColumn[];
  /** Batches of rows, each row with one cell a column. How rows are cut into batches changes nothing. */
  cells: AsyncIterable<Cell[][]>;
}

/** The source gave more or fewer rows than it counted: the document would state a wrong number. */
export class RowCountMismatch extends DocumentRefused {
  override name = 'RowCountMismatch';

  constructor(expected: number, found: number) {
    super(`the document was announced with ${expected} rows, but ${found} came`);
  }
}

/** What a reader must know about the file, in the order it is shown. */
export function particulars({ title, requestedBy, filter, cutoff, rows }: DocumentInput): [string, string][] {
  return [
    ['Export', title],
    ['Requested by', requestedBy],
    ['Accepted up to', cutoff],
    ['Rows', String(rows)],
    ...(filter.length ? filter.map(([name, value]): [string, string] => [`Filter: ${name}`, value]) : NO_FILTER),
  ];
}

const NO_FILTER: [string, string][] = [['Filter', 'none']];

/** Every row of `input.cells` with its number, the first being 1. @throws RowCountMismatch */
export async function forEachRow(
  { cells, rows }: Pick<DocumentInput, 'cells' | 'rows'>,
  prepare: (batch: Cell[][]) => Promise<void> | undefined,
  write: (row: Cell[], number: number) => void,
): Promise<void> {
  let count = 0;
  for await (const batch of cells) {
    await prepare(batch);
    for (const row of batch) {
      count++;
      if (count > rows) throw new RowCountMismatch(rows, count);
      write(row, count);
    }
  }
  if (count !== rows) throw new RowCountMismatch(rows, count);
}
