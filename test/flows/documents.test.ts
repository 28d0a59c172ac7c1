import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type App, type Person, startApp, until } from '../app.ts';

let app: App;
let owner: Person;
beforeAll(async () => {
  app = await startApp();
  owner = await app.person('owner');
});
afterAll(() => app.stop());

const MAX = 10 * 1024 * 1024;
const MARKDOWN = { 'Content-Type': 'text/markdown' };
const PDF = { 'Content-Type': 'application/pdf' };
const TEXT = '# Terms\n\nGrüße.\n';
const bytesOf = (text: string) => new TextEncoder().encode(text);
const pdf = (size: number) => {
  const bytes = randomBytes(size);
  bytes.set(bytesOf('%PDF-1.7\n'));
  return bytes;
};
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

type Headers = Record<string, string>;
type Body = Uint8Array<ArrayBuffer> | ReadableStream | URLSearchParams | string | null;

/** The documents of a new service. */
async function newPlace() {
  const service = await app.service();
  const path = `/v1/admin/services/${service}/documents`;
  const call = (method: string, id: string, body?: object, headers: Headers = {}) =>
    app.call(method, `${path}${id && `/${id}`}`, { as: owner, headers, ...(body ? { body } : {}) });
  const upload = async (body: Body, headers: Headers = MARKDOWN, query = 'code=terms&locale=de&title=AGB') => {
    const response = await fetch(new URL(`${path}?${query}`, app.worker().url), {
      method: 'POST',
      body,
      headers: { Authorization: `Bearer ${owner.token}`, ...headers },
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    } as RequestInit);
    return { status: response.status, headers: response.headers, json: await response.json() } as Answer;
  };
  return {
    service,
    path,
    call,
    upload,
    draft: async (text = TEXT): Promise<string> => (await upload(text)).json.id,
    row: async (id: string) => (await app.db.query('SELECT * FROM service_documents WHERE id = $1', [id])).rows[0],
    rows: async () =>
      (await app.db.query('SELECT count(*)::int AS n FROM service_documents WHERE service_id = $1', [service])).rows[0]
        .n,
    trail: async (id: string) =>
      (await app.db.query('SELECT * FROM audit_outbox WHERE resource_id = $1 ORDER BY id', [id])).rows,
    objects: async () => {
      const bucket = await app.worker().miniflare.getR2Bucket('BUCKET');
      return (await bucket.list({ prefix: `documents/${service}/` })).objects.map(({ key }) => key);
    },
  };
}

const at = (url: string) => new URL(url).pathname + new URL(url).search;

async function fileOf(url: string, headers: Headers = {}) {
  const response = await fetch(new URL(at(url), app.worker().url), { headers });
  return { status: response.status, headers: response.headers, bytes: new Uint8Array(await response.arrayBuffer()) };
}

describe('documents.happy', () => {
  it('keeps a file as it came, from draft to published, each step recorded', async () => {
    const { service, path, call, upload, trail, objects } = await newPlace();
    const made = await upload(
      TEXT,
      { ...MARKDOWN, 'Audit-Reason': 'legal asked' },
      'code=terms&locale=DE-at&title=%20AGB',
    );
    expect([made.status, made.headers.get('location'), made.headers.get('etag')]).toEqual([
      201,
      `${path}/${made.json.id}`,
      '"1"',
    ]);
    expect(made.json).toMatchObject({
      code: 'terms',
      locale: 'de-AT',
      revision: 1,
      title: 'AGB',
      contentType: 'text/markdown',
      bytes: bytesOf(TEXT).length,
      sha256: sha256(bytesOf(TEXT)),
      status: 'draft',
      publishedAt: null,
      version: 1,
    });
    const { id } = made.json;
    expect(JSON.stringify(made.json)).not.toContain('objectKey');
    expect(await objects()).toEqual([`documents/${service}/${id}`]);
    const stale = { 'If-Match': '"9"' };
    expect((await call('PATCH', id, { title: 'x' }, stale)).status).toBe(412);
    expect((await call('PATCH', id, { title: 'AGB 2031' }, { 'If-Match': '"1"' })).json.version).toBe(2);
    expect((await call('PATCH', id, { title: 'AGB 2031' })).headers.get('etag')).toBe('"2"');
    expect((await call('POST', `${id}/publish`, undefined, stale)).status).toBe(412);
    const published = await call('POST', `${id}/publish`);
    expect(published.json).toMatchObject({ status: 'published', title: 'AGB 2031', version: 3 });
    const { downloadUrl, downloadUrlExpiresAt, ...read } = (await call('GET', id)).json;
    expect(read).toEqual(published.json);
    const seconds = (Date.parse(downloadUrlExpiresAt) - Date.now()) / 1000;
    expect(seconds > 300 && seconds <= 900).toBe(true);
    expect(downloadUrl).toContain(`http://steward.test${path}/${id}/file?`);
    const records = await trail(id);
    expect(records.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['service.document.create', 'success'],
      ['service.document.update', 'success'],
      ['service.document.publish', 'success'],
    ]);
    expect(records[0]).toMatchObject({ reason: 'legal asked', before_state: null, actor_id: owner.id });
    expect(records[2].after_state).toEqual({
      code: 'terms',
      locale: 'de-AT',
      revision: 1,
      title: 'AGB 2031',
      contentType: 'text/markdown',
      bytes: bytesOf(TEXT).length,
      sha256: sha256(bytesOf(TEXT)),
      status: 'published',
      publishedAt: published.json.publishedAt,
    });
  });

  it('serves the file by its link, safe to open, and records the download', async () => {
    const { call, upload, draft, trail } = await newPlace();
    const content = pdf(300_000);
    const { json } = await upload(content, PDF, 'code=privacy&locale=fr&title=x');
    const { downloadUrl } = (await call('GET', json.id)).json;
    const file = await fileOf(downloadUrl);
    expect(file.status).toBe(200);
    expect(sha256(file.bytes)).toBe(sha256(content));
    expect(Object.fromEntries(file.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': '300000',
      'content-disposition': 'attachment; filename="privacy-fr-1.pdf"',
      etag: `"${sha256(content)}"`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, no-store, no-transform',
    });
    expect((await fileOf(downloadUrl, { Authorization: `Bearer ${owner.token}` })).status).toBe(200);
    const records = (await trail(json.id)).slice(1);
    expect(records.map((r) => [r.action, r.outcome, r.actor_id])).toEqual(
      Array(2).fill(['service.document.download', 'success', owner.id]),
    );
    const markdown = (await call('GET', await draft())).json.downloadUrl;
    const { headers } = await fileOf(markdown);
    expect([headers.get('content-type'), headers.get('content-disposition')]).toEqual([
      'text/markdown; charset=utf-8',
      'attachment; filename="terms-de-1.md"',
    ]);
  });

  it('counts revisions for each code and locale, and lists them so', async () => {
    const { path, upload } = await newPlace();
    for (const query of [
      'code=terms&locale=de',
      'code=terms&locale=en',
      'code=terms&locale=de',
      'code=about&locale=de',
    ])
      expect((await upload(TEXT, MARKDOWN, `${query}&title=x`)).status).toBe(201);
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await app.call('GET', `${path}?limit=2${cursor && `&cursor=${cursor}`}`, { as: owner });
      for (const { code, locale, revision } of page.json.items) seen.push(`${code} ${locale} ${revision}`);
      cursor = page.json.nextCursor;
    } while (cursor);
    expect(seen).toEqual(['about de 1', 'terms de 1', 'terms de 2', 'terms en 1']);
  });

  it('removes a draft with its file', async () => {
    const { call, draft, trail, objects } = await newPlace();
    const id = await draft();
    expect((await call('DELETE', id, undefined, { 'If-Match': '"7"' })).status).toBe(412);
    expect(await objects()).toHaveLength(1);
    const { downloadUrl } = (await call('GET', id)).json;
    expect((await call('DELETE', id)).status).toBe(204);
    expect((await call('GET', id)).status).toBe(404);
    await until(async () => (await objects()).length === 0, 'the object is gone');
    expect((await fileOf(downloadUrl)).status).toBe(404);
    expect((await trail(id)).map(({ action, outcome }) => [action, outcome])).toEqual([
      ['service.document.create', 'success'],
      ['service.document.delete', 'success'],
      ['service.document.download', 'failure'],
    ]);
  });

  it('gives the first answer again for the same Idempotency-Key, with one object', async () => {
    const { upload, objects, rows } = await newPlace();
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
    const { upload, objects, rows } = await newPlace();
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
    const { upload, rows, objects } = await newPlace();
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
    const { path, draft, rows, objects } = await newPlace();
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

  it('never changes what is published', async () => {
    const { call, draft, row, trail, objects } = await newPlace();
    const id = await draft();
    await call('POST', `${id}/publish`);
    const [before, recorded] = [await row(id), (await trail(id)).length];
    const attempts = [
      call('PATCH', id, { title: 'other' }),
      call('PATCH', id, { title: 'AGB' }),
      call('PATCH', id, {}),
      call('POST', `${id}/publish`),
      call('DELETE', id),
    ];
    for (const { json } of await Promise.all(attempts)) expect([json.status, json.code]).toEqual([409, 'conflict']);
    expect((await call('PATCH', id, { sha256: 'x' })).status).toBe(422);
    expect((await call('PATCH', id, { title: '' })).status).toBe(422);
    expect([await row(id), (await trail(id)).length, (await objects()).length]).toEqual([before, recorded, 1]);
    await expect(app.db.query(`DELETE FROM service_documents WHERE id = $1`, [id])).rejects.toMatchObject({
      code: '55000',
    });
  });

  it('removes the object of an upload that is refused, and keeps it while nobody knows', async () => {
    const { upload, rows, objects } = await newPlace();
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

  it('hides another service’s documents, also under an own service’s path', async () => {
    const mine = await newPlace();
    const id = await mine.draft();
    const own = await app.service();
    const stranger = await app.person('service-manager', own);
    const ownPath = `/v1/admin/services/${own}/documents`;
    const calls = [mine.path, ownPath].flatMap((path) => [
      app.call('GET', `${path}/${id}`, { as: stranger }),
      app.call('PATCH', `${path}/${id}`, { as: stranger, body: { title: 'x' } }),
      app.call('POST', `${path}/${id}/publish`, { as: stranger }),
      app.call('DELETE', `${path}/${id}`, { as: stranger }),
    ]);
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(8).fill(404));
    expect((await app.call('GET', ownPath, { as: stranger })).json.items).toEqual([]);
    const viewer = await app.person('viewer', mine.service);
    expect((await app.call('DELETE', `${mine.path}/${id}`, { as: viewer })).status).toBe(403);
    const url = (await app.call('GET', `${mine.path}/${id}`, { as: viewer })).json.downloadUrl;
    expect((await fileOf(url)).status).toBe(200);
    expect((await mine.row(id)).status).toBe('draft');
  });
});

describe('documents.link', () => {
  it('opens nothing with any one bit of it changed, and each attempt is recorded', async () => {
    const { call, draft } = await newPlace();
    const id = await draft();
    const link = at((await call('GET', id)).json.downloadUrl);
    expect((await app.call('GET', link)).status).toBe(200);
    const before = await downloads();
    const opened: string[] = [];
    let [tried, noRoute] = [0, 0];
    const start = link.indexOf('/services/') + 10;
    for (let i = start; i < link.length; i++)
      for (const bit of [1, 4, 16, 32]) {
        const changed = String.fromCharCode(link.charCodeAt(i) ^ bit);
        if (!/[\w=&.~-]/.test(changed)) continue;
        const { status } = await app.call('GET', link.slice(0, i) + changed + link.slice(i + 1));
        tried++;
        if ([400, 401, 404].includes(status)) noRoute++;
        else if (status !== 403) opened.push(`${i}^${bit}: ${status}`);
      }
    expect(opened).toEqual([]);
    const recorded = (await downloads()) - before;
    expect(recorded).toBe(tried - noRoute);
    console.log(`changed links: tried ${tried}, opened 0, recorded ${recorded}, led to no file's path ${noRoute}`);
  });

  const downloads = async () =>
    (
      await app.db.query(
        `SELECT count(*)::int AS n FROM audit_outbox WHERE action = 'service.document.download' AND outcome <> 'success'`,
      )
    ).rows[0].n;

  /** A link as it must be, made by other means. */
  const sign = (path: string, issued: number, expires: number) => {
    const [kid = '', secret = ''] = Object.entries(JSON.parse(app.engines.linkKeys) as Record<string, string>)[0] ?? [];
    const fields = ['GET', path, owner.id, `${issued}`, `${expires}`, 'attachment', kid];
    const hmac = createHmac('sha256', Buffer.from(secret, 'base64'));
    const sig = hmac.update(fields.map((field) => `${field.length}:${field}`).join('')).digest('hex');
    return `${path}?admin=${owner.id}&issued=${issued}&expires=${expires}&kid=${kid}&sig=${sig}`;
  };

  it('ends when it says, is for one document and one method, and not to be reordered', async () => {
    const { call, draft, path, trail } = await newPlace();
    const [id, other] = [await draft(), await draft()];
    const now = Math.floor(Date.now() / 1000);
    const file = `${path}/${id}/file`;
    expect((await app.call('GET', sign(file, now - 600, now + 60))).status).toBe(200);
    const link = at((await call('GET', id)).json.downloadUrl);
    const [pathname = '', search = ''] = link.split('?');
    const wrong = [
      sign(file, now - 600, now),
      sign(file, now - 600, now - 1),
      link.replace(id, other),
      link.replace(id, randomUUID()),
      link.replace(id, id.toUpperCase()),
      `${pathname}?${search.split('&').toReversed().join('&')}`,
      `${link}&sig=${search.slice(-64)}`,
      `${link}&x=1`,
      pathname,
      `/v1/admin/exports/${id}/file?${search}`,
    ];
    for (const each of wrong) expect([each, (await app.call('GET', each)).json.code]).toEqual([each, 'link_invalid']);
    // A genuine signature for a path where the document is not.
    const elsewhere = sign(file.replace(/services\/[^/]+/, `services/${await app.service()}`), now, now + 60);
    expect((await app.call('GET', elsewhere)).json.code).toBe('not_found');
    expect((await app.call('HEAD', link)).status).toBe(403);
    const refused = (await trail(id)).filter(({ action }) => action === 'service.document.download').slice(1);
    expect(refused.map(({ outcome }) => outcome)).toEqual([...Array(6).fill('denied'), 'failure']);
    expect((await trail(other)).at(-1)).toMatchObject({ action: 'service.document.download', outcome: 'denied' });
    console.log(`wrong links: tried ${wrong.length + 2}, opened 0`);
  });

  it('authorises its admin anew', async () => {
    const { service, path, draft, trail } = await newPlace();
    const id = await draft();
    const person = await app.person('viewer', service);
    const url = (await app.call('GET', `${path}/${id}`, { as: person })).json.downloadUrl;
    const [another, elsewhere] = [await app.person('viewer', service), await app.service()];
    const open = async (as?: Person) => (await app.call('GET', at(url), as ? { as } : {})).status;
    expect([await open(), await open(person), await open(another)]).toEqual([200, 200, 403]);
    await app.db.query('UPDATE grants SET service_id = $2 WHERE admin_id = $1', [person.id, elsewhere]);
    expect(await open()).toBe(403);
    await app.db.query('UPDATE grants SET service_id = $2 WHERE admin_id = $1', [person.id, service]);
    expect(await open()).toBe(200);
    await app.db.query(`UPDATE admins SET status = 'locked' WHERE id = $1`, [person.id]);
    expect(await open()).toBe(403);
    await app.db.query(
      `UPDATE admins SET status = 'active', sessions_not_before = now() + interval '5 seconds' WHERE id = $1`,
      [person.id],
    );
    expect(await open()).toBe(403);
    const records = (await trail(id)).filter(({ action }) => action === 'service.document.download');
    expect(records.map(({ outcome, actor_id }) => [outcome, actor_id])).toEqual(
      ['success', 'success', 'denied', 'denied', 'success', 'denied', 'denied'].map((outcome) => [outcome, person.id]),
    );
    await app.drained();
    expect((await app.auditOf(id)).filter(({ action }) => action === 'service.document.download')).toHaveLength(7);
    console.log('a link whose admin may not any more: tried 7, opened 3, denied 4');
  });
});

describe('documents.concurrency', () => {
  it('gives 20 uploads at once 20 revisions', async () => {
    const { upload, objects } = await newPlace();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => upload(`text ${i}`)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
    expect(new Set(answers.map(({ json }) => json.revision)).size).toBe(20);
    expect(await objects()).toHaveLength(20);
    console.log('uploads at once: tried 20, failed 0, revisions 20, objects 20');
  });

  it('never changes a title after publication, nor loses a published file', async () => {
    const { draft, call, row, objects, service } = await newPlace();
    let [tried, tooLate, changedAfter, lost, published] = [0, 0, 0, 0, 0];
    for (let round = 0; round < 20; round++) {
      const id = await draft();
      const patch = (n: number) => call('PATCH', id, { title: `title ${n}` });
      const publishing = call('POST', `${id}/publish`);
      const removing = round % 4 === 3 ? [call('DELETE', id)] : [];
      const [done, ...others] = await Promise.all([publishing, patch(1), patch(2), ...removing]);
      tried += others.length;
      tooLate += others.filter(({ status }) => status === 409).length;
      const kept = await row(id);
      if (done.status !== 200) continue;
      published++;
      if (kept.title !== done.json.title || kept.version !== done.json.version) changedAfter++;
      if (!(await objects()).includes(`documents/${service}/${id}`)) lost++;
    }
    expect([changedAfter, lost]).toEqual([0, 0]);
    console.log(
      `publish against PATCH and DELETE: tried 20 and ${tried}, published ${published}, refused ${tooLate}, changed afterwards ${changedAfter}, files lost ${lost}`,
    );
  });
});
