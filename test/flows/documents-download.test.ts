import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';
import { at, fileOf, newPlace, PDF, pdf, sha256 } from '../documents.ts';

let app: App;
let owner: Person;
beforeAll(async () => {
  app = await commonApp();
  owner = await app.person('owner');
});
afterAll(() => app.stop());

describe('documents.happy', () => {
  it('serves the file by its link, safe to open, and records the download', async () => {
    const { call, upload, draft, trail } = await newPlace(app, owner);
    const content = pdf(300_000);
    const { json } = await upload(content, PDF, 'code=privacy&locale=fr&title=x');
    const { downloadUrl } = (await call('GET', json.id)).json;
    const file = await fileOf(app, downloadUrl);
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
    expect((await fileOf(app, downloadUrl, { Authorization: `Bearer ${owner.token}` })).status).toBe(200);
    const records = (await trail(json.id)).slice(1);
    expect(records.map((r) => [r.action, r.outcome, r.actor_id])).toEqual(
      Array(2).fill(['service.document.download', 'success', owner.id]),
    );
    const markdown = (await call('GET', await draft())).json.downloadUrl;
    const { headers } = await fileOf(app, markdown);
    expect([headers.get('content-type'), headers.get('content-disposition')]).toEqual([
      'text/markdown; charset=utf-8',
      'attachment; filename="terms-de-1.md"',
    ]);
  });
});

describe('documents.link', () => {
  it('opens nothing with any one bit of it changed, and each attempt is recorded', async () => {
    const { call, draft } = await newPlace(app, owner);
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
    const { call, draft, path, trail } = await newPlace(app, owner);
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
    const { service, path, draft, trail } = await newPlace(app, owner);
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
    console.log(
      'a link’s admin authorised anew: tried 7, opened while it may 3, refused when it may not 4, otherwise 0',
    );
  });
});
