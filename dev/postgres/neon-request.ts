import type { IncomingHttpHeaders } from 'node:http';
import type { Result, Statement } from './neon-exchange.ts';
import type { Login, Script } from './neon-session.ts';

/** A request that Neon would refuse as well; answered 400. */
export class BadRequest extends Error {}

export interface SqlRequest extends Script {
  batch: boolean;
  /** Neon-Array-Mode: rows as arrays; else as objects. */
  arrays: boolean;
}

const ISOLATION: Record<string, string> = {
  ReadUncommitted: 'READ UNCOMMITTED',
  ReadCommitted: 'READ COMMITTED',
  RepeatableRead: 'REPEATABLE READ',
  Serializable: 'SERIALIZABLE',
};

/** Reads the body `{query, params}` or `{queries: […]}` and the Neon-* headers, names in lower case. */
export function parseRequest(headers: IncomingHttpHeaders, body: string): SqlRequest {
  if (headers['neon-raw-text-output'] !== 'true') throw new BadRequest('Only Neon-Raw-Text-Output: true is supported.');
  const arrays = headers['neon-array-mode'] === 'true';
  let parsed: { query?: unknown; params?: unknown; queries?: unknown };
  try {
    parsed = JSON.parse(body) ?? {};
  } catch {
    throw new BadRequest('The body is not JSON.');
  }
  if (!Array.isArray(parsed.queries)) return { batch: false, arrays, statements: [toStatement(parsed)] };
  return { batch: true, arrays, begin: toBegin(headers), statements: parsed.queries.map(toStatement) };
}

/** The JSON the driver reads. */
export function toAnswer(request: SqlRequest, results: Result[]): unknown {
  const answers = results.map((result) => ({
    command: result.command,
    rowCount: result.rowCount,
    rows: request.arrays ? result.rows : toObjects(result),
    fields: result.fields,
    rowAsArray: request.arrays,
  }));
  return request.batch ? { results: answers } : answers[0];
}

/** User, password and database of a connection string; host, port and parameters are ignored. */
export function parseLogin(connectionString: string): Login {
  let url: URL;
  try {
    // Other schemes than http are parsed loosely: user names would not be decoded alike.
    url = new URL(connectionString.replace(/^postgres(ql)?:/, 'http:'));
  } catch {
    throw new BadRequest('Neon-Connection-String is not a URL.');
  }
  const user = decodeURIComponent(url.username);
  const database = decodeURIComponent(url.pathname.slice(1)) || user;
  if (!user || database.includes('\0') || user.includes('\0')) {
    throw new BadRequest('Neon-Connection-String must name a user and a database.');
  }
  return { user, password: decodeURIComponent(url.password), database };
}

function toStatement(value: unknown): Statement {
  const { query, params = [] } = (value ?? {}) as { query?: unknown; params?: unknown };
  if (typeof query !== 'string') throw new BadRequest('A query must be a string.');
  // A zero byte ends a string in the wire protocol: what follows would be read as another message's content.
  if (query.includes('\0')) throw new BadRequest('A query must not hold a zero byte.');
  if (!Array.isArray(params) || params.length > 65_535) throw new BadRequest('params must be an array, at most 65535.');
  return { query, params: params.map(toText) };
}

/** The driver sends text and null. Other JSON values are written as Neon's proxy writes them. */
function toText(value: unknown): string | null {
  if (typeof value === 'string' || value === null) return value;
  if (Array.isArray(value)) return arrayLiteral(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function arrayLiteral(values: unknown[]): string {
  const items = values.map((value) => {
    if (value === null) return 'NULL';
    if (Array.isArray(value)) return arrayLiteral(value);
    return `"${toText(value)?.replace(/["\\]/g, '\\$&')}"`;
  });
  return `{${items.join(',')}}`;
}

function toBegin(headers: IncomingHttpHeaders): string {
  const level = headers['neon-batch-isolation-level'];
  const parts = ['BEGIN'];
  if (level !== undefined) {
    const sql = ISOLATION[String(level)];
    if (sql === undefined) throw new BadRequest(`Unknown isolation level ${String(level)}.`);
    parts.push(`ISOLATION LEVEL ${sql}`);
  }
  if (headers['neon-batch-read-only'] === 'true') parts.push('READ ONLY');
  if (headers['neon-batch-deferrable'] === 'true') parts.push('DEFERRABLE');
  return parts.join(' ');
}

function toObjects(result: Result): Record<string, string | null>[] {
  return result.rows.map((row) => Object.fromEntries(result.fields.map((field, i) => [field.name, row[i] ?? null])));
}
