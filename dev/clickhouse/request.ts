import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ClickHouseError, malformed, unsupported } from './errors.ts';
import { parseStatement, type Statement } from './statement.ts';

const MOST_BODY_BYTES = 256 * 1024 * 1024;
/** Bodies held at one time, over all requests. */
const MOST_HELD_BYTES = 1024 * 1024 * 1024;
/** An INSERT names its format early: only this much of a body is searched for it before all of it is. */
const HEAD_BYTES = 256 * 1024;

let held = 0;

export type Query = {
  statement: Statement;
  /** The statement's bytes, up to where data begins. */
  sql: Buffer;
  /** Rows of an INSERT … FORMAT. */
  data: Buffer;
  /** `param_*` and other fields of a multipart body. */
  fields: Array<[string, string]>;
  /** Must be called once the bytes are no longer needed. */
  free(): void;
};

/** Reads the query: from the URL, from the body, or its statement from the URL and its data from the body. */
export async function readQuery(req: IncomingMessage, url: URLSearchParams): Promise<Query> {
  const body = await readBody(req);
  const free = () => {
    held -= body.length;
  };
  try {
    const form = await readForm(req, body);
    const inUrl = form?.query ?? url.get('query');
    const rest = form === undefined ? body : Buffer.alloc(0);
    return { ...split(inUrl, rest), fields: form?.fields ?? [], free };
  } catch (error) {
    free();
    throw error;
  }
}

function split(inUrl: string | null, body: Buffer): { statement: Statement; sql: Buffer; data: Buffer } {
  const head = Buffer.from(inUrl ?? '');
  if (inUrl !== null && inUrl !== '') {
    const statement = parseIfInsertWithData(head);
    if (statement?.insert !== undefined) {
      const { dataAt } = statement.insert;
      const inline = head.subarray(dataAt);
      const data = inline.length === 0 ? body : Buffer.concat([inline, body]);
      return { statement, sql: head.subarray(0, dataAt), data };
    }
  }
  const whole = head.length === 0 ? body : Buffer.concat([head, body]);
  const early = parseIfInsertWithData(whole.subarray(0, HEAD_BYTES));
  const statement = early ?? parseStatement(whole.toString('latin1'));
  const dataAt = statement.insert?.source === 'format' ? statement.insert.dataAt : whole.length;
  return { statement, sql: whole.subarray(0, dataAt), data: whole.subarray(dataAt) };
}

/** The statement if it is an INSERT … FORMAT, which alone can be read without reading what follows. */
function parseIfInsertWithData(head: Buffer): Statement | undefined {
  const text = head.toString('latin1');
  if (!/insert/i.test(text)) return undefined;
  try {
    const statement = parseStatement(text);
    return statement.insert?.source === 'format' ? statement : undefined;
  } catch {
    // Cut off in the middle, or wrong: reading the whole will tell.
    return undefined;
  }
}

async function readBody(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  if (Number(req.headers['content-length'] ?? 0) > MOST_BODY_BYTES) throw tooLarge();
  try {
    // Not destroyed on the way out: the connection still has to carry the answer.
    for await (const chunk of decoded(req).iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      held += chunk.length;
      if (size > MOST_BODY_BYTES) throw tooLarge();
      if (held > MOST_HELD_BYTES) {
        const why = `The requests being read hold more than ${MOST_HELD_BYTES} bytes.`;
        throw new ClickHouseError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', why);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    held -= size;
    if (error instanceof ClickHouseError) throw error;
    throw new ClickHouseError(271, 'CANNOT_DECOMPRESS', 'The request body broke off or is not what it says it is.');
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
}

function tooLarge(): ClickHouseError {
  const why = `The request body is larger than ${MOST_BODY_BYTES} bytes.`;
  return new ClickHouseError(223, 'QUERY_IS_TOO_LARGE', why);
}

function decoded(req: IncomingMessage): Readable {
  const encoding = req.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return req;
  if (encoding !== 'gzip') throw unsupported(`Content-Encoding ${JSON.stringify(encoding)}: send gzip or nothing.`);
  const gunzip = createGunzip();
  req.on('error', (error) => gunzip.destroy(error));
  req.on('close', () => {
    if (!req.complete) gunzip.destroy(new Error('aborted'));
  });
  return req.pipe(gunzip);
}

/** client-web sends long query parameters as a form. */
async function readForm(req: IncomingMessage, body: Buffer) {
  const type = req.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) return undefined;
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  } catch {
    throw malformed('The multipart body cannot be read.');
  }
  const fields: Array<[string, string]> = [];
  for (const [name, value] of form) {
    if (typeof value !== 'string') throw unsupported('External tables: put the rows into a temporary table.');
    fields.push([name, value]);
  }
  const query = fields.find(([name]) => name === 'query')?.[1] ?? null;
  return { query, fields: fields.filter(([name]) => name !== 'query') };
}
