import { SourceFailed } from './clickhouse-reader.ts';
import { DocumentRefused } from './documents/refused.ts';
import { BrokenChunk } from './sealed-reader.ts';
import { ChunkConflict, StoreFailed } from './store-chunk.ts';

/** What broke off a run, in words that say nothing of what is inside: whoever requested the export reads them. */
export function causeOf(error: unknown): string {
  if (error instanceof DocumentRefused) return error.message;
  if (error instanceof ChunkConflict) return 'a part of the file was not what it had been before';
  if (error instanceof StoreFailed) return 'the file store did not take or give a part of the file';
  if (error instanceof BrokenChunk) return `the data store gave no whole answer (${error.message})`;
  if (error instanceof SourceFailed) return 'the audit store was away, refused the query or broke it off';
  if (error instanceof Error && error.name.startsWith('Neon')) return 'the database did not answer';
  return 'a store did not answer';
}
