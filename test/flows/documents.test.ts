import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person, until } from '../app.ts';
import { bytesOf, fileOf, MARKDOWN, newPlace, sha256, TEXT } from '../documents.ts';

let app: App;
let owner: Person;
beforeAll(async () => {
  app = await commonApp();
  owner = await app.person('owner');
});
afterAll(() => app.stop());

describe('documents.happy', () => {
  it('keeps a file as it came, from draft to published, each step recorded', async () => {
    const { service, path, call, upload, trail, objects } = await newPlace(app, owner);
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

  it('counts revisions for each code and locale, and lists them so', async () => {
    const { path, upload } = await newPlace(app, owner);
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
    const { call, draft, trail, objects } = await newPlace(app, owner);
    const id = await draft();
    expect((await call('DELETE', id, undefined, { 'If-Match': '"7"' })).status).toBe(412);
    expect(await objects()).toHaveLength(1);
    const { downloadUrl } = (await call('GET', id)).json;
    expect((await call('DELETE', id)).status).toBe(204);
    expect((await call('GET', id)).status).toBe(404);
    await until(async () => (await objects()).length === 0, 'the object is gone');
    expect((await fileOf(app, downloadUrl)).status).toBe(404);
    expect((await trail(id)).map(({ action, outcome }) => [action, outcome])).toEqual([
      ['service.document.create', 'success'],
      ['service.document.delete', 'success'],
      ['service.document.download', 'failure'],
    ]);
  });
});

describe('documents.refused', () => {
  it('never changes what is published', async () => {
    const { call, draft, row, trail, objects } = await newPlace(app, owner);
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

  it('hides another service’s documents, also under an own service’s path', async () => {
    const mine = await newPlace(app, owner);
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
    expect((await fileOf(app, url)).status).toBe(200);
    expect((await mine.row(id)).status).toBe('draft');
  });
});

describe('documents.concurrency', () => {
  it('never changes a title after publication, nor loses a published file', async () => {
    const { draft, call, row, objects, service } = await newPlace(app, owner);
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
