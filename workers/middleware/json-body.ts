import { createMiddleware } from 'hono/factory';
import { DomainError, Malformed } from '../../domain/errors.ts';
import type { HttpEnv } from '../http.ts';

const MAX_BYTES = 256 * 1024;
const MAX_DEPTH = 32;
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);
const JSON_TYPE = /^application\/(?:merge-patch\+)?json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;

/** Refuses at the door what no consumer should ever meet: other types, too much, too deep, NUL, lone surrogates, 1e400. */
export const jsonBody = createMiddleware<HttpEnv>(async (c, next) => {
  if (WITH_BODY.has(c.req.method)) {
    if (!JSON_TYPE.test(c.req.header('content-type') ?? ''))
      throw new DomainError('unsupported_media_type', 'Send JSON: Content-Type: application/json.');
    const text = await readText(c.req.raw);
    checkValue(parse(text), 0);
    // c.req.json() takes it from here; the stream is used up.
    (c.req.bodyCache as { text?: unknown }).text = Promise.resolve(text);
  }
  await next();
});

async function readText(request: Request): Promise<string> {
  const tooLarge = () => new DomainError('body_too_large', `The body may have ${MAX_BYTES} bytes.`);
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BYTES) throw tooLarge();
  if (!request.body) throw new Malformed('The body is empty.');
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(
      await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer(),
    );
  } catch {
    throw new Malformed('The body is not UTF-8.');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Malformed('The body is not JSON.');
  }
}

function checkText(text: string): void {
  if (text.includes('\u0000')) throw new Malformed('Texts may not hold NUL.');
  if (!text.isWellFormed()) throw new Malformed('Texts may not hold half a surrogate pair.');
}

function checkValue(value: unknown, depth: number): void {
  if (typeof value === 'string') checkText(value);
  else if (typeof value === 'number') {
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
      throw new Malformed('A number is too large to be kept exactly; send it as text.');
  } else if (typeof value === 'object' && value !== null) {
    if (depth === MAX_DEPTH) throw new Malformed(`The body nests deeper than ${MAX_DEPTH} levels.`);
    for (const [key, item] of Object.entries(value)) {
      checkText(key);
      checkValue(item, depth + 1);
    }
  }
}
