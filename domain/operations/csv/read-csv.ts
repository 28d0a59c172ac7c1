import { DomainError, Malformed } from '../../errors.ts';
import { createCsvReader } from './csv-reader.ts';
import { grouped, MAX_FILE_BYTES } from './limits.ts';
import type { CsvColumns, CsvFile } from './table.ts';

/** Pieces are put together to this size: a file that comes a byte at a time costs no more than others. */
const BLOCK_BYTES = 65_536;

export interface Upload extends CsvColumns {
  /** Its Content-Length, when there is one. */
  declaredBytes?: number | null | undefined;
}

/**
 * Reads a CSV file as it arrives: UTF-8 with or without BOM; lines ended by CRLF, LF or CR; the one of comma, semicolon and tab as
 * delimiter that cuts the header into the most columns; quotes as in RFC 4180. Blank lines are skipped. Rows that do not fit the
 * header are errors of the answer.
 * @throws Malformed for a file that is no CSV, is empty or breaks off; Invalid for a header that does not fit; DomainError
 * body_too_large. What is left of the upload is not read then.
 */
export async function readCsv(
  body: ReadableStream<Uint8Array> | null,
  { declaredBytes = null, ...columns }: Upload,
): Promise<CsvFile> {
  if (declaredBytes !== null && declaredBytes > MAX_FILE_BYTES) throw tooLarge();
  const source = body?.getReader();
  try {
    const reader = createCsvReader(columns);
    const bytes = await readAll(source, reader.write);
    if (declaredBytes !== null && bytes < declaredBytes) throw brokenOff();
    return reader.end();
  } catch (error) {
    await source?.cancel().catch(() => undefined);
    throw error;
  }
}

const tooLarge = () =>
  new DomainError(
    'body_too_large',
    `A file may have ${grouped(MAX_FILE_BYTES)} bytes; split it, or leave out columns that are not needed.`,
  );

const brokenOff = (cause?: unknown) => new Malformed('The file broke off on its way; send it again.', { cause });

type Source = ReadableStreamDefaultReader<Uint8Array> | undefined;

/** @returns how many bytes there were */
async function readAll(source: Source, write: (block: Uint8Array) => void): Promise<number> {
  const block = new Uint8Array(BLOCK_BYTES);
  let [bytes, filled] = [0, 0];
  for (let piece = await next(source); piece; piece = await next(source)) {
    bytes += piece.length;
    if (bytes > MAX_FILE_BYTES) throw tooLarge();
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + BLOCK_BYTES - filled);
      block.set(part, filled);
      at += part.length;
      filled = (filled + part.length) % BLOCK_BYTES;
      if (filled === 0) write(block);
    }
  }
  write(block.subarray(0, filled));
  return bytes;
}

async function next(source: Source): Promise<Uint8Array | undefined> {
  try {
    return (await source?.read())?.value;
  } catch (cause) {
    throw brokenOff(cause);
  }
}
