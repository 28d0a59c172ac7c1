import Papa from 'papaparse';
import { DomainError, Malformed } from '../../errors.ts';
import { grouped, MAX_RECORD_CHARACTERS } from './limits.ts';
import { countBreaks, DELIMITERS, type Delimiter, findHeader, splitRecords } from './split-records.ts';
import type { CsvTable } from './table.ts';

/** Puts the records of a text, which comes in pieces, into a table. */
export interface RecordReader {
  /**
   * @param isEnough look at what there is, however little came
   * @param isEnd no text will follow
   * @throws DomainError
   */
  take(piece: string, isEnough: boolean, isEnd: boolean): void;
  /** The line that the text so far ends in. */
  lastLine(): number;
  /** A comma until the header is there. */
  delimiter(): Delimiter;
}

const BOM = '\ufeff';

/** @param records each ended by `\n` */
function parse(records: string, delimiter: Delimiter): string[][] {
  // papaparse takes a BOM off whatever it is given, also off the first cell of a row in the middle of a file.
  const text = records.startsWith(BOM) ? BOM + records : records;
  const { data } = Papa.parse<string[]>(text, { delimiter, newline: '\n' });
  // Behind the last line break it sees one more row.
  data.pop();
  return data;
}

/** Of comma, semicolon and tab the one that makes the most columns of the header; the first of them when they are equal. */
function guessDelimiter(header: string): Delimiter {
  const columns = DELIMITERS.map((delimiter) => parse(`${header}\n`, delimiter)[0]?.length ?? 0);
  return DELIMITERS[columns.indexOf(Math.max(...columns))] ?? ',';
}

/** @returns the line behind them */
function putRows(records: string, delimiter: Delimiter, table: CsvTable, from: number): number {
  const rows = parse(records, delimiter);
  // Most files have no line break in quotes: then nothing has to be counted.
  const isPlain = rows.length === countBreaks(records);
  let line = from;
  for (const row of rows) {
    table.take(row, line);
    line += isPlain ? 1 : row.reduce((breaks, cell) => breaks + countBreaks(cell), 1);
  }
  table.settle();
  return line;
}

const unclosed = (began: number) =>
  new Malformed(`A field in quotes begins in line ${began} and its closing quote is missing.`);

const strayQuote = (began: number, line: number) =>
  new Malformed(
    `A field in quotes begins in line ${began} and has a single quote before its end, in line ${line}; write it twice.`,
  );

const tooLong = (line: number) =>
  new DomainError(
    'body_too_large',
    `The row in line ${line} goes on for more than ${grouped(MAX_RECORD_CHARACTERS)} characters; is a closing quote missing?`,
  );

export function createRecordReader(table: CsvTable): RecordReader {
  // The text from the first record on that is not in the table yet, and the line that begins in.
  let text = '';
  let line = 1;
  let delimiter: Delimiter | null = null;
  let enough = 0;

  const lineOf = (at: number) => line + countBreaks(text.slice(0, at));

  function takeHeader(isEnd: boolean): void {
    const header = findHeader(text, isEnd);
    if (header === null) return;
    delimiter = guessDelimiter(text.slice(header.from, header.to));
    // Blank lines before it may be made of another delimiter.
    line = lineOf(header.from);
    text = text.slice(header.from);
  }

  function takeRecords(isEnd: boolean): void {
    if (delimiter === null) return;
    const { records, end, bad } = splitRecords(text, delimiter, isEnd);
    const [began, stray] = bad ? [lineOf(bad.opened), bad.stray === null ? null : lineOf(bad.stray)] : [0, null];
    if (records !== '') line = putRows(records, delimiter, table, line);
    text = text.slice(end);
    if (bad) throw stray === null ? unclosed(began) : strayQuote(began, stray);
  }

  return {
    take(piece, isEnough, isEnd) {
      text += piece;
      if (text.length < enough && !isEnough) return;
      if (delimiter === null) takeHeader(isEnd);
      takeRecords(isEnd);
      if (text.trimStart().length > MAX_RECORD_CHARACTERS) throw tooLong(line);
      // A long row is looked at anew only when there is twice as much of it: each piece anew would take quadratic time.
      enough = 2 * text.length;
    },
    lastLine: () => lineOf(text.length),
    delimiter: () => delimiter ?? ',',
  };
}
