/**
 * An object store in a process of its own that speaks the R2 binding's wire format for create-only puts, gets and heads, and
 * keeps files. Miniflare's R2 runs inside workerd and costs several times what the Worker itself does: behind this one only the
 * Worker shows.
 *   forked with the folder to write into; says its port; deletes everything at the message 'clear' and says so
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

interface Stored {
  file: string;
  size: number;
  /** As the binding reads it. */
  metadata: object;
}

const folder = process.argv[2] ?? '';
const stored = new Map<string, Stored>();
let written = 0;
const PRECONDITION_FAILED = { status: 412, v4code: 10031 };
const BAD_DIGEST = { status: 400, v4code: 10037 };
const NO_SUCH_KEY = { status: 404, v4code: 10007 };
const NOT_HERE = { status: 405, v4code: 10001 };

interface Put {
  method: string;
  object: string;
  sha256?: string;
  httpFields?: object;
}

interface Get {
  method: string;
  object: string;
  /** Numbers travel as text. */
  range?: { offset?: string; length?: string };
}

const METADATA_SIZE = 'cf-r2-metadata-size';
const READ_BYTES = 256 * 1024;

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') return give(JSON.parse(String(request.headers['cf-r2-request'])) as Get, response);
  if (request.method === 'PUT') return take(request, response);
  refuse(response, NOT_HERE);
}

async function give({ method, object, range }: Get, response: ServerResponse): Promise<void> {
  const found = stored.get(object);
  if (!found) return refuse(response, NO_SUCH_KEY);
  if (method !== 'get' && method !== 'head') return refuse(response, NOT_HERE);
  const offset = Number(range?.offset ?? 0);
  const length = Math.min(Number(range?.length ?? found.size), found.size - offset);
  const text = Buffer.from(JSON.stringify({ ...found.metadata, range: { offset, length } }));
  const sent = text.length + (method === 'get' ? length : 0);
  response.writeHead(200, { 'content-length': sent, [METADATA_SIZE]: text.length });
  if (method === 'head' || length === 0) return void response.end(text);
  response.write(text);
  const place = { start: offset, end: offset + length - 1, highWaterMark: READ_BYTES };
  await pipeline(createReadStream(join(folder, found.file), place), response);
}

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const metadataSize = Number(request.headers[METADATA_SIZE]);
  const file = String(written++);
  const to = createWriteStream(join(folder, file));
  const hash = createHash('sha256');
  let head = Buffer.alloc(0);
  let size = 0;
  let put: Put | undefined;
  for await (const part of request as AsyncIterable<Buffer>) {
    let value = part;
    if (!put) {
      head = Buffer.concat([head, part]);
      if (head.length < metadataSize) continue;
      put = JSON.parse(head.toString('utf8', 0, metadataSize)) as Put;
      value = head.subarray(metadataSize);
    }
    size += value.length;
    hash.update(value);
    if (!to.write(value)) await once(to, 'drain');
  }
  to.end();
  await once(to, 'finish');
  const sha256 = hash.digest('hex');
  if (put?.method !== 'put') return refuse(response, NOT_HERE);
  if (put.sha256 && put.sha256 !== sha256) return refuse(response, BAD_DIGEST);
  if (stored.has(put.object)) return refuse(response, PRECONDITION_FAILED);
  const [version, etag] = [randomBytes(16).toString('hex'), sha256.slice(0, 32)];
  const object = { name: put.object, version, size, etag, uploaded: Date.now(), httpFields: put.httpFields ?? {} };
  const metadata = { ...object, customFields: [], checksums: { 2: sha256 } };
  stored.set(put.object, { file, size, metadata });
  const text = JSON.stringify(metadata);
  const length = Buffer.byteLength(text);
  response.writeHead(200, { 'content-length': length, [METADATA_SIZE]: length }).end(text);
}

function refuse(response: ServerResponse, { status, v4code }: { status: number; v4code: number }): void {
  response.writeHead(status, { 'cf-r2-error': JSON.stringify({ version: 1, v4code, message: 'refused' }) }).end();
}

function clear(): void {
  for (const { file } of stored.values()) rmSync(join(folder, file), { force: true });
  stored.clear();
}

mkdirSync(folder, { recursive: true });
const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('message', () => {
  clear();
  process.send?.('cleared');
});
process.on('disconnect', () => process.exit(0));
