import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Summary } from './answer.ts';
import type { Connection } from './engine.ts';
import { quote } from './settings.ts';
import type { Insert } from './statement.ts';
import type { Token } from './tokens.ts';

/**
 * Writes the rows; resolves when they are in the table.
 *
 * They go through a file. chdb's other ways put rows and statement into one text, and whatever follows an empty line
 * in that text is run as SQL: wrong for CSV, and an injection for everything. A file is as fast, and takes any format.
 */
export async function insertRows(
  connection: Connection,
  spool: string,
  insert: Insert,
  sql: Buffer,
  data: Buffer,
): Promise<Summary> {
  if (data.length === 0) return {};
  const path = join(spool, `${randomUUID()}.data`);
  await writeFile(path, data);
  try {
    const statement = [
      `INSERT ${slice(sql, [...insert.target, ...insert.columns])}`,
      `FROM INFILE ${quote(path)} COMPRESSION 'none'`,
      insert.settings.length === 0 ? '' : `SETTINGS ${slice(sql, insert.settings)}`,
      `FORMAT ${insert.format}`,
    ];
    const { rowsRead, bytesRead } = await connection.queryAsync(statement.join(' '), { format: 'TSV' });
    return { writtenRows: rowsRead, writtenBytes: bytesRead, resultRows: rowsRead, resultBytes: bytesRead };
  } finally {
    await rm(path, { force: true });
  }
}

/** The text of the statement from the first of these tokens to the last. */
function slice(sql: Buffer, tokens: Token[]): string {
  const [first] = tokens;
  const last = tokens.at(-1);
  return first === undefined || last === undefined ? '' : sql.subarray(first.at, last.end).toString('utf8');
}
