import { Malformed } from '../../errors.ts';
import { createUtf8Decoder } from './decode-utf8.ts';
import { createRecordReader } from './record-reader.ts';
import { type CsvColumns, type CsvFile, createTable } from './table.ts';

/** Takes a file in pieces. What it keeps of them is the rows, and the text of a row that is not whole yet. */
export interface CsvReader {
  /** @throws DomainError */
  write(piece: Uint8Array): void;
  /** @throws DomainError */
  end(): CsvFile;
}

export function createCsvReader(columns: CsvColumns): CsvReader {
  const decode = createUtf8Decoder();
  const table = createTable(columns);
  const records = createRecordReader(table);

  function read(piece: Uint8Array, isEnd: boolean): void {
    const { text, isBroken } = decode(piece, isEnd);
    const nul = text.indexOf('\0');
    const fault = nul >= 0 ? 'holds NUL' : isBroken ? 'is not UTF-8' : null;
    // What is wrong with the lines before comes first, so that the answer does not depend on how the file was cut.
    records.take(nul >= 0 ? text.slice(0, nul) : text, isEnd || fault !== null, isEnd && fault === null);
    if (fault)
      throw new Malformed(`Line ${records.lastLine()} ${fault}. Save the file as CSV in UTF-8 and send it again.`);
  }

  return {
    write: (piece) => read(piece, false),
    end() {
      read(new Uint8Array(0), true);
      return table.finish(records.delimiter());
    },
  };
}
