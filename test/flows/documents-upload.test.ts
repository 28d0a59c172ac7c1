import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type App, commonApp, type Person, until } from '../app.ts';
import { type Body, type Headers, MARKDOWN, newPlace, PDF, pdf, sha256, TEXT } from '../documents.ts';

let app: App;
let owner: Person;
beforeAll(async () => {
  app = await commonApp();
  owner = await app.person('owner');
});
afterAll(() => app.stop());

const MAX = 10 * 1024 * 1024;

describe('documents.happy', () => {
  it('gives the first answer again for the same Idempotency-Key, with one object', async () => {
    const { upload, objects, rows } = await newPlace(app, owner);
    const headers = { ...MARKDOWN, 'Idempotency-Key': randomUUID() };
    const answers = await Promise.all(Array.from({ length: 6 }, () => upload(TEXT, headers)));
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(201));
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1);
    expect((await upload('other', headers)).json).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect(await rows()).toBe(1);
    await until(async () => (await objects()).length === 1, 'the other uploads’ objects are gone');
    console.log('one Idempotency-Key: tried 6 at once and 1 of another file, documents 1, objects 1');
  });
});

describe('documents.refused', () => {
  it('takes PDF and Markdown by their content, and nothing else', async () => {
    const { upload, objects, rows } = await newPlace(app, owner);
    const utf16 = Buffer.from(`\ufeff${TEXT}`, 'utf16le');
    const zip = Buffer.from('UEsDBBQAAAAIAAAAIQAAAAAAAAAAAAAAAAAJAAAA', 'base64');
    const wrong: [what: string, body: Body, headers: Headers, status: number, words: string][] = [
      ['PDF as Markdown', pdf(1000), MARKDOWN, 415, 'the file is application/pdf'],
      ['Markdown as PDF', TEXT, PDF, 415, 'the file is text/markdown'],
      ['HTML as Markdown', '<!DOCTYPE html><p>x', MARKDOWN, 415, 'neither'],
      ['HTML as PDF', '<html></html>', PDF, 415, 'neither'],
      ['ZIP as Markdown', zip, MARKDOWN, 415, 'neither'],
      ['ZIP as PDF', zip, PDF, 415, 'neither'],
      ['ZIP as ZIP', zip, { 'Content-Type': 'application/zip' }, 415, 'application/pdf'],
      ['UTF-16', utf16, MARKDOWN, 415, 'UTF-8'],
      ['declared UTF-16', utf16, { 'Content-Type': 'text/markdown; charset=utf-16' }, 415, 'UTF-8'],
      ['NUL', 'a\u0000b', MARKDOWN, 415, 'neither'],
      ['plain', TEXT, { 'Content-Type': 'text/plain' }, 415, 'text/markdown'],
      ['JSON', '{}', { 'Content-Type': 'application/json' }, 415, 'text/markdown'],
      ['a form', new URLSearchParams({ a: 'b' }), {}, 415, 'text/markdown'],
      ['empty', '', MARKDOWN, 400, 'empty'],
      ['nothing', null, MARKDOWN, 400, 'empty'],
    ];
    for (const [what, body, headers, status, words] of wrong) {
      const { json } = await upload(body, headers);
      expect([what, json.status, json.code]).toEqual([
        what,
        status,
        status === 415 ? 'unsupported_media_type' : 'malformed_request',
      ]);
      expect([what, json.detail]).toEqual([what, expect.stringContaining(words)]);
    }
    const leaked = await upload(`# Terms\n\nWrite to terms@example.com.\n\npassword: Tr0ub4dor\n`);
    expect([leaked.json.status, leaked.json.code]).toEqual([422, 'invalid_field']);
    expect(leaked.json.detail).toContain('looks like it holds a secret');
    const query = 'code=terms&locale=de&title=x';
    const queries: [query: string, code: string][] = [
      ['code=Terms&locale=de&title=x', 'malformed_request'],
      ['code=../x&locale=de&title=x', 'malformed_request'],
      ['code=terms&locale=xx&title=x', 'malformed_request'],
      ['code=terms&locale=de', 'malformed_request'],
      ['code=terms&locale=de&title=', 'malformed_request'],
      [`code=terms&locale=de&title=${'x'.repeat(201)}`, 'malformed_request'],
      ['code=terms&locale=de&title=ghp_abcdefghijklmnopqrstuvwxyz0123456789', 'malformed_request'],
      [`${query}&revision=7`, 'unknown_parameter'],
      ['', 'malformed_request'],
    ];
    for (const [text, code] of queries) {
      const { json } = await upload(TEXT, MARKDOWN, text);
      expect([text, json.status, json.code]).toEqual([text, 400, code]);
    }
    expect([await rows(), await objects()]).toEqual([0, []]);
    console.log(`wrong files: tried ${wrong.length}, accepted 0; wrong queries: tried ${queries.length}, accepted 0`);
  });

  /** The answer comes while the file is still being sent: whether the client reads it before it finds nobody reads on is a race. */
  const heard = async (send: () => Promise<Answer>): Promise<Answer> => {
    for (let tries = 1; ; tries++)
      try {
        return await send();
      } catch (error) {
        if (tries === 10 || (error as { cause?: { code?: string } }).cause?.code !== 'EPIPE') throw error;
      }
  };

  it('takes 10 MiB and not a byte more, declared or not', async () => {
    const { upload, rows, objects } = await newPlace(app, owner);
    const streamed = (bytes: Uint8Array) => {
      let at = 0;
      return new ReadableStream<Uint8Array>({
        pull(controller) {
          if (at >= bytes.length) return controller.close();
          controller.enqueue(bytes.subarray(at, at + 1_000_003));
          at += 1_000_003;
        },
      });
    };
    const largest = pdf(MAX);
    const made = await upload(largest, PDF);
    expect([made.status, made.json.bytes, made.json.sha256]).toEqual([201, MAX, sha256(largest)]);
    const chunked = await upload(streamed(largest), PDF);
    expect([chunked.status, chunked.json.bytes, chunked.json.sha256]).toEqual([201, MAX, sha256(largest)]);
    const over = pdf(MAX + 1);
    for (const body of [() => over, () => streamed(over)]) {
      const { json } = await heard(() => upload(body(), PDF));
      expect([json.status, json.code, json.detail]).toEqual([413, 'body_too_large', `The file may have ${MAX} bytes.`]);
    }
    expect([await rows(), (await objects()).length]).toEqual([2, 2]);
    console.log('10 MiB: tried 2, accepted 2; 10 MiB + 1: tried 2, accepted 0');
  });

  it('keeps nothing of a body that is cut off', async () => {
    const { path, draft, rows, objects } = await newPlace(app, owner);
    const { hostname, port } = new URL(app.worker().url);
    const cut = (framing: string, part: string) =>
      new Promise<void>((resolve, reject) => {
        const socket = connect(Number(port), hostname, () => {
          socket.write(
            `POST ${path}?code=terms&locale=de&title=x HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${owner.token}\r\nContent-Type: text/markdown\r\n${framing}\r\n\r\n${part}`,
            () => socket.end(),
          );
        });
        socket.on('close', () => resolve()).on('error', reject);
        socket.resume();
      });
    const half = TEXT.repeat(1000);
    for (let i = 0; i < 5; i++) {
      await cut(`Content-Length: ${2 * Buffer.byteLength(half)}`, half);
      await cut('Transfer-Encoding: chunked', `${Buffer.byteLength(half).toString(16)}\r\n${half}\r\n`);
    }
    // By the time a whole one is through, the others would have been, too.
    await draft();
    expect([await rows(), (await objects()).length]).toEqual([1, 1]);
    console.log('cut off on the way: tried 10, kept 0');
  });

  it('removes the object of an upload that is refused, and keeps it while nobody knows', async () => {
    const { upload, rows, objects } = await newPlace(app, owner);
    const headers = { ...MARKDOWN, 'Idempotency-Key': randomUUID() };
    expect((await upload(TEXT, headers)).status).toBe(201);
    expect((await upload('another', headers)).json.code).toBe('idempotency_key_reused');
    await until(async () => (await objects()).length === 1, 'the refused upload’s object is gone');
    await app.db.query('ALTER TABLE service_documents ADD CONSTRAINT no_more CHECK (revision < 0) NOT VALID');
    const broken = await upload(TEXT);
    await app.db.query('ALTER TABLE service_documents DROP CONSTRAINT no_more');
    expect(broken.status).toBe(500);
    expect([await rows(), (await objects()).length]).toEqual([1, 2]);
  });
});

describe('documents.concurrency', () => {
  it('gives 20 uploads at once 20 revisions', async () => {
    const { upload, objects } = await newPlace(app, owner);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => upload(`text ${i}`)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
    expect(new Set(answers.map(({ json }) => json.revision)).size).toBe(20);
    expect(await objects()).toHaveLength(20);
    console.log('uploads at once: tried 20, failed 0, revisions 20, objects 20');
  });
});
