/** For the tests beside it: files, and the ways they arrive. */
import { DomainError } from '../../errors.ts';
import { createCsvReader } from './csv-reader.ts';
import type { CsvColumns, CsvFile } from './table.ts';

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const optional = (...names: string[]): CsvColumns => ({
  fields: names.map((name) => ({ name, isRequired: false })),
});

/** Cuts anywhere, also in the middle of a character or of a CRLF; empty pieces are pieces too. */
export function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((to, i) => bytes.subarray(places[i], to));
}

export function readPieces(pieces: readonly Uint8Array[], columns: CsvColumns): CsvFile {
  const reader = createCsvReader(columns);
  for (const piece of pieces) reader.write(piece);
  return reader.end();
}

export const readText = (text: string, columns: CsvColumns): CsvFile => readPieces([utf8(text)], columns);

/** What a reading comes to: the file, or the answer to it. Anything else that is thrown goes on. */
export function outcomeOf(read: () => CsvFile): CsvFile | { refused: string } {
  try {
    return read();
  } catch (error) {
    if (error instanceof DomainError) return { refused: `${error.code}: ${error.message}` };
    throw error;
  }
}

/** A body that arrives in these pieces, and then fails if it is to. */
export function arriving(pieces: readonly Uint8Array[], fails = false) {
  const state = { sent: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[state.sent];
        if (piece !== undefined) {
          state.sent++;
          controller.enqueue(piece);
        } else if (fails) controller.error(new Error('the connection is gone'));
        else controller.close();
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, state };
}
