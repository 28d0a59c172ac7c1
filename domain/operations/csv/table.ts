import { DomainError, Malformed } from '../../errors.ts';
import { grouped, MAX_BLANK_ROWS, MAX_CELL_CHARACTERS, MAX_ROWS } from './limits.ts';
import { addError, type LineError, type LineErrors } from './line-errors.ts';
import { type CsvField, type HeaderMap, mapHeader } from './map-header.ts';
import type { Delimiter } from './split-records.ts';

/** A row as it stands in the file: only the fields that the operation takes and the file has. */
export interface CsvRow {
  /** Where it begins, as an editor counts lines: the file's first is 1. */
  line: number;
  cells: Record<string, string>;
}

export interface CsvFile {
  delimiter: Delimiter;
  header: string[];
  /** By field: the name of its column in the file. */
  columns: Record<string, string>;
  /** Columns of the file that the operation does not take. */
  ignoredColumns: string[];
  /** Without the rows that have errors. */
  rows: CsvRow[];
  /** With them. */
  rowCount: number;
  /** The first thousand. */
  errors: LineError[];
  errorCount: number;
}

/** How a file is to be read. */
export interface CsvColumns {
  /** The columns that the operation takes. */
  fields: readonly CsvField[];
  /** Field → the column's name in this file, for those that have another. */
  mapping?: Readonly<Record<string, string>> | undefined;
}

/** The rows of a file, one after the other. */
export interface CsvTable {
  /** @throws DomainError for a header that does not fit, and for a row too many */
  take(record: string[], line: number): void;
  /** The text that the rows were cut from may go. */
  settle(): void;
  /** @throws Malformed when there were no rows */
  finish(delimiter: Delimiter): CsvFile;
}

/** An empty line, and one of delimiters only: spreadsheets leave those behind. */
const isBlank = (record: readonly string[]) => record.every((cell) => cell.trim() === '');

const tooMany = (max: number, what: string) =>
  new DomainError('body_too_large', `A file may have ${grouped(max)} ${what}.`);

export function createTable({ fields, mapping }: CsvColumns): CsvTable {
  const errors: LineErrors = { listed: [], count: 0 };
  const rows: CsvRow[] = [];
  let unsettled: CsvRow[] = [];
  let [rowCount, blankCount] = [0, 0];
  let map: HeaderMap | null = null;
  let places: [field: string, place: number][] = [];

  function isSound(record: readonly string[], line: number, header: readonly string[]): boolean {
    if (record.length !== header.length) {
      const reason = `has ${record.length} fields and the header ${header.length}`;
      addError(errors, line, () => ({ column: null, reason }));
      return false;
    }
    const long = record.findIndex((cell) => cell.length > MAX_CELL_CHARACTERS);
    if (long < 0) return true;
    const reason = `has ${grouped(record[long]?.length ?? 0)} characters; a cell may have ${grouped(MAX_CELL_CHARACTERS)}`;
    addError(errors, line, () => ({ column: header[long] ?? null, reason }));
    return false;
  }

  return {
    take(record, line) {
      if (isBlank(record)) {
        if (++blankCount > MAX_BLANK_ROWS) throw tooMany(MAX_BLANK_ROWS, 'blank rows; leave them out');
        return;
      }
      if (map === null) {
        map = mapHeader(record, fields, mapping);
        places = [...map.places];
        return;
      }
      if (++rowCount > MAX_ROWS) throw tooMany(MAX_ROWS, 'rows; split it and send one part after the other');
      if (!isSound(record, line, map.header)) return;
      const cells: Record<string, string> = {};
      for (const [field, place] of places) cells[field] = record[place] ?? '';
      unsettled.push({ line, cells });
    },
    settle() {
      // A cell that was cut from a text keeps all of that text in memory. This makes copies.
      for (const row of JSON.parse(JSON.stringify(unsettled)) as CsvRow[]) rows.push(row);
      unsettled = [];
    },
    finish(delimiter) {
      if (map === null)
        throw new Malformed('The file is empty; send one with a header line and a row for each target.');
      if (rowCount === 0) throw new Malformed('The file has a header line and no rows below it.');
      const { header, ignoredColumns } = map;
      const columns = Object.fromEntries(places.map(([field, place]) => [field, header[place] ?? '']));
      return {
        ...{ delimiter, header, columns, ignoredColumns, rows, rowCount },
        ...{ errors: errors.listed, errorCount: errors.count },
      };
    },
  };
}
