import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp } from '../app.ts';

let app: App;
let owner: Person;
beforeAll(async () => {
  app = await startApp();
  owner = await app.person('owner');
});
afterAll(() => app.stop());

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The consents of a new service. */
async function newPlace() {
  const service = await app.service();
  const path = `/v1/admin/services/${service}/consents`;
  const call = (method: string, id: string, body?: object, headers: Record<string, string> = {}) =>
    app.call(method, `${path}${id && `/${id}`}`, { as: owner, headers, ...(body ? { body } : {}) });
  return {
    service,
    path,
    call,
    create: (body: object, headers: Record<string, string> = {}) => call('POST', '', body, headers),
    draft: async (body: object = {}): Promise<string> =>
      (await call('POST', '', { code: 'terms', texts: { en: 'I agree.' }, ...body })).json.id,
    row: async (id: string) => (await app.db.query('SELECT * FROM service_consents WHERE id = $1', [id])).rows[0],
    trail: async (id: string) =>
      (await app.db.query('SELECT * FROM audit_outbox WHERE resource_id = $1 ORDER BY id', [id])).rows,
  };
}

describe('consents.happy', () => {
  it('goes from draft to published to the next revision, each step recorded whole', async () => {
    const { path, create, call, trail } = await newPlace();
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
    const { path, draft } = await newPlace();
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
    const { call, draft, trail } = await newPlace();
    const id = await draft();
    expect((await call('DELETE', id, undefined, { 'If-Match': '"7"' })).status).toBe(412);
    expect((await call('DELETE', id)).status).toBe(204);
    expect((await call('GET', id)).status).toBe(404);
    expect((await trail(id)).at(-1)).toMatchObject({ action: 'service.consent.delete', after_state: null });
  });
});

describe('consents.refused', () => {
  it('says which field is wrong', async () => {
    const { create, call, draft } = await newPlace();
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

  it('publishes only with a text for the default locale', async () => {
    const { service, call, draft, row, trail } = await newPlace();
    const locales = `/v1/admin/services/${service}/locales`;
    for (const tag of ['de-AT', 'en']) await app.call('POST', locales, { as: owner, body: { tag } });
    const id = await draft({ texts: { de: 'Ja', en: 'Yes' } });
    const refused = await call('POST', `${id}/publish`);
    expect([refused.status, refused.json.code]).toEqual([409, 'conflict']);
    expect(refused.json.detail).toContain('de-AT');
    expect((await row(id)).status).toBe('draft');
    expect(await trail(id)).toHaveLength(1);
    await call('PATCH', id, { texts: { 'de-at': 'Ja, eh' } });
    expect((await call('POST', `${id}/publish`)).status).toBe(200);
  });

  it('never changes what is published', async () => {
    const { call, draft, row, trail } = await newPlace();
    const id = await draft();
    await call('POST', `${id}/publish`);
    const [before, recorded] = [await row(id), (await trail(id)).length];
    const attempts = [
      call('PATCH', id, { texts: { en: 'other' } }),
      call('PATCH', id, { texts: { en: 'I agree.' } }),
      call('PATCH', id, {}),
      call('PATCH', id, { effectiveFrom: null }),
      call('PATCH', id, { required: true }, { 'If-Match': '"2"' }),
      call('POST', `${id}/publish`),
      call('DELETE', id),
    ];
    for (const answer of await Promise.all(attempts))
      expect([answer.status, answer.json.code, answer.json.detail]).toEqual([
        409,
        'conflict',
        'A published version does not change; create the next one with the same code.',
      ]);
    expect(await row(id)).toEqual(before);
    expect(await trail(id)).toHaveLength(recorded);
    await expect(app.db.query(`UPDATE service_consents SET required = true WHERE id = $1`, [id])).rejects.toMatchObject(
      {
        code: '55000',
      },
    );
    console.log(`changes of a published consent: tried ${attempts.length}, taken 0`);
  });

  it('hides another service’s consents, also under an own service’s path', async () => {
    const mine = await newPlace();
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
    const { create } = await newPlace();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => create({ code: 'terms', texts: { en: `text ${i}` } })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
    const revisions = new Set(answers.map(({ json }) => json.revision));
    expect(revisions.size).toBe(20);
    console.log(`drafts at once: tried 20, failed 0, revisions ${revisions.size}`);
  });

  it('shows everybody one text from the moment it is published', async () => {
    const { draft, call, row, trail } = await newPlace();
    let [tried, patched, tooLate, changedAfter] = [0, 0, 0, 0];
    for (let round = 0; round < 20; round++) {
      const id = await draft({ code: `c${round}` });
      const patch = (n: number) => call('PATCH', id, { texts: { en: `text ${n}` } });
      const early = [patch(1), patch(2)].slice(round % 3);
      const publishing = call('POST', `${id}/publish`);
      const [published, ...patches] = await Promise.all([publishing, ...early, patch(3), patch(4)]);
      expect(published.status).toBe(200);
      tried += patches.length;
      patched += patches.filter(({ status }) => status === 200).length;
      tooLate += patches.filter(({ status }) => status === 409).length;
      const kept = await row(id);
      const recorded = (await trail(id)).find(({ action }) => action === 'service.consent.publish');
      const shown = [published.json.texts, recorded?.after_state.texts, (await call('GET', id)).json.texts];
      if (shown.some((texts) => JSON.stringify(texts) !== JSON.stringify(kept.texts))) changedAfter++;
      expect([kept.status, kept.version]).toEqual(['published', published.json.version]);
    }
    expect([changedAfter, patched + tooLate]).toEqual([0, tried]);
    expect(tooLate).toBeGreaterThan(0);
    console.log(
      `publish against PATCH: tried 20 publications and ${tried} patches, before ${patched}, refused ${tooLate}, changed after publication ${changedAfter}`,
    );
  });

  it('either publishes or removes', async () => {
    const { draft, call, row } = await newPlace();
    let [removed, broken] = [0, 0];
    for (let round = 0; round < 20; round++) {
      const id = await draft();
      const publishing = call('POST', `${id}/publish`);
      // With and without a head start, so that either of them is first at times.
      const removing = (round % 2 ? call('GET', id) : Promise.resolve()).then(() => call('DELETE', id));
      const statuses = (await Promise.all([publishing, removing])).map(({ status }) => status).toSorted();
      const left = await row(id);
      if (!left) removed++;
      const expected = left ? [200, 409] : [204, 404];
      if (String(statuses) !== String(expected) || (left && left.status !== 'published')) broken++;
    }
    expect(broken).toBe(0);
    console.log(
      `publish against DELETE: tried 20, removed ${removed}, published ${20 - removed}, neither or both ${broken}`,
    );
  });
});
