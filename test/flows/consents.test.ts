import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';
import { newPlace } from '../consents.ts';

let app: App;
let owner: Person;
beforeAll(async () => {
  app = await commonApp();
  owner = await app.person('owner');
});
afterAll(() => app.stop());

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('consents.happy', () => {
  it('goes from draft to published to the next revision, each step recorded whole', async () => {
    const { path, create, call, trail } = await newPlace(app, owner);
    const made = await create(
      { code: 'marketing', texts: { 'EN-us': 'Send me news.', de: 'Schickt mir Neues.' }, effectiveFrom: null },
      { 'Audit-Reason': 'legal asked' },
    );
    expect([made.status, made.headers.get('location'), made.headers.get('etag')]).toEqual([
      201,
      `${path}/${made.json.id}`,
      '"1"',
    ]);
    expect(made.json).toMatchObject({
      code: 'marketing',
      revision: 1,
      texts: { 'en-US': 'Send me news.', de: 'Schickt mir Neues.' },
      required: false,
      effectiveFrom: null,
      status: 'draft',
      publishedAt: null,
      version: 1,
    });
    const { id } = made.json;
    const patched = await call(
      'PATCH',
      id,
      { required: true, effectiveFrom: '2031-05-01T02:00:00+02:00' },
      { 'If-Match': '"1"' },
    );
    expect([patched.status, patched.json.required, patched.json.effectiveFrom]).toEqual([
      200,
      true,
      '2031-05-01T00:00:00.000Z',
    ]);
    const same = await call('PATCH', id, { effectiveFrom: '2031-05-01T00:00:00.000999Z' });
    expect([same.status, same.headers.get('etag')]).toEqual([200, '"2"']);
    expect((await call('PATCH', id, { required: false }, { 'If-Match': '"1"' })).status).toBe(412);
    const published = await call('POST', `${id}/publish`, undefined, { 'If-Match': '"2"' });
    expect(published.status).toBe(200);
    expect(published.json).toMatchObject({
      status: 'published',
      effectiveFrom: '2031-05-01T00:00:00.000Z',
      version: 3,
    });
    expect(published.json.publishedAt).toMatch(UTC);
    expect((await call('GET', id)).json).toEqual(published.json);

    const next = await create({ code: 'marketing', texts: { en: 'Send me more.' } });
    expect(next.json.revision).toBe(2);
    const now = await call('POST', `${next.json.id}/publish`);
    expect(now.json.effectiveFrom).toBe(now.json.publishedAt);

    const records = await trail(id);
    expect(records.map(({ action }) => action)).toEqual([
      'service.consent.create',
      'service.consent.update',
      'service.consent.publish',
    ]);
    expect(records[0]).toMatchObject({ reason: 'legal asked', before_state: null });
    expect(records[2].before_state).toMatchObject({ status: 'draft', publishedAt: null });
    expect(records[2].after_state).toEqual({
      code: 'marketing',
      revision: 1,
      texts: { 'en-US': 'Send me news.', de: 'Schickt mir Neues.' },
      required: true,
      effectiveFrom: '2031-05-01T00:00:00.000Z',
      status: 'published',
      publishedAt: published.json.publishedAt,
    });
  });

  it('lists by code and revision, with the languages and not the texts', async () => {
    const { path, draft } = await newPlace(app, owner);
    for (const code of ['terms', 'cookies', 'terms', 'cookies', 'terms'])
      await draft({ code, texts: { fr: 'x', de: 'y' } });
    const seen: { code: string; revision: number; locales: string[]; texts?: object }[] = [];
    let cursor = '';
    do {
      const page = await app.call('GET', `${path}?limit=2${cursor && `&cursor=${cursor}`}`, { as: owner });
      seen.push(...page.json.items);
      cursor = page.json.nextCursor;
    } while (cursor);
    expect(seen.map(({ code, revision }) => `${code} ${revision}`)).toEqual([
      'cookies 1',
      'cookies 2',
      'terms 1',
      'terms 2',
      'terms 3',
    ]);
    expect(seen[0]).toMatchObject({ locales: ['de', 'fr'], status: 'draft', version: 1 });
    expect(seen.every((item) => item.texts === undefined)).toBe(true);
  });

  it('removes a draft', async () => {
    const { call, draft, trail } = await newPlace(app, owner);
    const id = await draft();
    expect((await call('DELETE', id, undefined, { 'If-Match': '"7"' })).status).toBe(412);
    expect((await call('DELETE', id)).status).toBe(204);
    expect((await call('GET', id)).status).toBe(404);
    expect((await trail(id)).at(-1)).toMatchObject({ action: 'service.consent.delete', after_state: null });
  });
});

describe('consents.refused', () => {
  it('says which field is wrong', async () => {
    const { create, call, draft } = await newPlace(app, owner);
    const texts = { en: 'x' };
    const wrong: [body: object | string, field: string][] = [
      [{ code: 'Terms', texts }, 'code'],
      [{ code: 'a--b', texts }, 'code'],
      [{ texts }, 'code'],
      [{ code: 'terms' }, 'texts'],
      [{ code: 'terms', texts: {} }, 'texts'],
      [{ code: 'terms', texts: null }, 'texts'],
      [{ code: 'terms', texts: ['x'] }, 'texts'],
      [{ code: 'terms', texts: 'x' }, 'texts'],
      [{ code: 'terms', texts: { english: 'x' } }, 'texts.english'],
      [{ code: 'terms', texts: { en: '  ' } }, 'texts.en'],
      [{ code: 'terms', texts: { en: 7 } }, 'texts.en'],
      [{ code: 'terms', texts: { en: 'x'.repeat(20_001) } }, 'texts.en'],
      [{ code: 'terms', texts: { en: 'the key is AKIAABCDEFGHIJKLMNOP' } }, 'texts.en'],
      [{ code: 'terms', texts: { he: 'x', iw: 'y' } }, 'texts.iw'],
      [{ code: 'terms', texts: { 'en-US': 'x', 'EN-us': 'y' } }, 'texts.EN-us'],
      ['{"code":"terms","texts":{"__proto__":"x"}}', 'texts.__proto__'],
      ['{"code":"terms","texts":{"en":"x","__proto__":{"status":"published"}}}', 'texts.__proto__'],
      ['{"code":"terms","texts":{"constructor":"x"}}', 'texts.constructor'],
      ['{"code":"terms","texts":{"en":"x"},"__proto__":{"status":"published"}}', '__proto__'],
      [{ code: 'terms', texts, effectiveFrom: 'tomorrow' }, 'effectiveFrom'],
      [{ code: 'terms', texts, effectiveFrom: '2031-02-30T00:00:00Z' }, 'effectiveFrom'],
      [{ code: 'terms', texts, effectiveFrom: '1969-12-31T23:59:59Z' }, 'effectiveFrom'],
      [{ code: 'terms', texts, effectiveFrom: '9999-12-31T23:59:59-01:00' }, 'effectiveFrom'],
      [{ code: 'terms', texts, required: 'yes' }, 'required'],
      [{ code: 'terms', texts, status: 'published' }, 'status'],
      [{ code: 'terms', texts, revision: 9 }, 'revision'],
    ];
    for (const [body, field] of wrong) {
      const answer = await create(body as object);
      expect([field, answer.json]).toMatchObject([field, { status: 422, code: 'invalid_field', errors: [{ field }] }]);
    }
    const id = await draft();
    expect((await call('PATCH', id, { code: 'other' })).json.errors[0].field).toBe('code');
    expect((await call('PATCH', id, { texts: {} })).status).toBe(422);
    expect((await call('GET', randomUUID())).status).toBe(404);
    expect((await call('POST', `${randomUUID()}/publish`)).status).toBe(404);
    expect((await call('GET', id)).json).toMatchObject({ texts: { en: 'I agree.' }, revision: 1 });
    console.log(`wrong bodies: tried ${wrong.length}, accepted 0`);
  });

  it('hides another service’s consents, also under an own service’s path', async () => {
    const mine = await newPlace(app, owner);
    const id = await mine.draft();
    const own = await app.service();
    const stranger = await app.person('service-manager', own);
    const ownPath = `/v1/admin/services/${own}/consents`;
    const calls = [mine.path, ownPath].flatMap((path) => [
      app.call('GET', `${path}/${id}`, { as: stranger }),
      app.call('PATCH', `${path}/${id}`, { as: stranger, body: { required: true } }),
      app.call('POST', `${path}/${id}/publish`, { as: stranger }),
      app.call('DELETE', `${path}/${id}`, { as: stranger }),
    ]);
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(8).fill(404));
    expect((await app.call('GET', mine.path, { as: stranger })).status).toBe(404);
    expect((await app.call('GET', ownPath, { as: stranger })).json.items).toEqual([]);
    expect((await mine.row(id)).status).toBe('draft');
    const viewer = await app.person('viewer', mine.service);
    expect((await app.call('POST', `${mine.path}/${id}/publish`, { as: viewer })).status).toBe(403);
    const { rows } = await app.db.query(
      `SELECT outcome FROM audit_outbox WHERE actor_id = $1 AND action = 'service.consent.publish'`,
      [viewer.id],
    );
    expect(rows).toEqual([{ outcome: 'denied' }]);
  });
});

describe('consents.concurrency', () => {
  it('gives 20 drafts at once 20 revisions', async () => {
    const { create } = await newPlace(app, owner);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => create({ code: 'terms', texts: { en: `text ${i}` } })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
    const revisions = new Set(answers.map(({ json }) => json.revision));
    expect(revisions.size).toBe(20);
    console.log(`drafts at once: tried 20, failed 0, revisions ${revisions.size}`);
  });
});
