/**
 * An object store in a process of its own that speaks the R2 binding's wire format for create-only puts, and writes files.
 * Miniflare's R2 runs inside workerd and costs several times what the Worker itself does: behind this one only the Worker shows.
 *   forked with the folder to write into; says its port
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const folder = process.argv[2] ?? '';
const taken = new Set<string>();
const PRECONDITION_FAILED = { status: 412, v4code: 10031 };
const BAD_DIGEST = { status: 400, v4code: 10037 };

interface Put {
  method: string;
  object: string;
  sha256?: string;
  httpFields?: object;
}

const METADATA_SIZE = 'cf-r2-metadata-size';

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const metadataSize = Number(request.headers[METADATA_SIZE]);
  if (request.method !== 'PUT') return refuse(response, { status: 405, v4code: 10001 });
  const file = createWriteStream(join(folder, String(taken.size)));
  const hash = createHash('sha256');
  let head = Buffer.alloc(0);
  let bytes = 0;
  let put: Put | undefined;
  for await (const part of request as AsyncIterable<Buffer>) {
    let value = part;
    if (!put) {
      head = Buffer.concat([head, part]);
      if (head.length < metadataSize) continue;
      put = JSON.parse(head.toString('utf8', 0, metadataSize)) as Put;
      value = head.subarray(metadataSize);
    }
    bytes += value.length;
    hash.update(value);
    if (!file.write(value)) await once(file, 'drain');
  }
  file.end();
  const sha256 = hash.digest('hex');
  if (put?.method !== 'put') return refuse(response, { status: 400, v4code: 10001 });
  if (put.sha256 && put.sha256 !== sha256) return refuse(response, BAD_DIGEST);
  if (taken.has(put.object)) return refuse(response, PRECONDITION_FAILED);
  taken.add(put.object);
  answer(response, put, bytes, sha256);
}

function answer(response: ServerResponse, put: Put, size: number, sha256: string): void {
  const [version, etag] = [randomBytes(16).toString('hex'), sha256.slice(0, 32)];
  const object = { name: put.object, version, size, etag, uploaded: Date.now(), httpFields: put.httpFields ?? {} };
  const text = JSON.stringify({ ...object, customFields: [], checksums: { 2: sha256 } });
  const length = Buffer.byteLength(text);
  response.writeHead(200, { 'content-length': length, 'cf-r2-metadata-size': length }).end(text);
}

function refuse(response: ServerResponse, { status, v4code }: { status: number; v4code: number }): void {
  response.writeHead(status, { 'cf-r2-error': JSON.stringify({ version: 1, v4code, message: 'refused' }) }).end();
}

mkdirSync(folder, { recursive: true });
const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));
