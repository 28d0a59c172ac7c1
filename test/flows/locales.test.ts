import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';

let app: App;
let owner: Person;
beforeAll(async () => {
  app = await commonApp();
  owner = await app.person('owner');
});
afterAll(() => app.stop());

/** The locales of a new service. */
async function newPlace() {
  const service = await app.service();
  const path = `/v1/admin/services/${service}/locales`;
  const call = (method: string, tag: string, body?: object, headers: Record<string, string> = {}) =>
    app.call(method, `${path}${tag && `/${tag}`}`, { as: owner, headers, ...(body ? { body } : {}) });
  return {
    service,
    path,
    call,
    add: (body: object, headers: Record<string, string> = {}) => call('POST', '', body, headers),
    list: async () => (await call('GET', '')).json.items as { tag: string; isDefault: boolean; version: number }[],
    trail: async () =>
      (await app.db.query('SELECT * FROM audit_outbox WHERE service_id = $1 ORDER BY id', [service])).rows,
  };
}
const defaults = (items: { tag: string; isDefault: boolean }[]) =>
  items.filter(({ isDefault }) => isDefault).map(({ tag }) => tag);

describe('locales.happy', () => {
  it('adds, lists in fallback order, changes and removes', async () => {
    const { path, add, call, list, trail } = await newPlace();
    const first = await add({ tag: 'EN-us', fallbackOrder: 5 }, { 'Audit-Reason': 'launch' });
    expect([first.status, first.headers.get('location')]).toEqual([201, `${path}/en-US`]);
    expect(first.json).toMatchObject({ tag: 'en-US', isDefault: true, fallbackOrder: 5, version: 1 });
    expect((await add({ tag: 'zh-hans', fallbackOrder: 1 })).json).toMatchObject({ tag: 'zh-Hans', isDefault: false });
    await add({ tag: 'de', fallbackOrder: 1 });
    expect((await list()).map(({ tag }) => tag)).toEqual(['de', 'zh-Hans', 'en-US']);
    expect((await call('GET', 'ZH-hans')).json.tag).toBe('zh-Hans');
    const moved = await call('PATCH', 'de', { fallbackOrder: 9 }, { 'If-Match': '"1"' });
    expect([moved.status, moved.json.fallbackOrder, moved.headers.get('etag')]).toEqual([200, 9, '"2"']);
    expect((await call('PATCH', 'de', { fallbackOrder: 9 })).headers.get('etag')).toBe('"2"');
    expect((await call('PATCH', 'de', { fallbackOrder: 8 }, { 'If-Match': '"1"' })).status).toBe(412);
    expect((await list()).map(({ tag }) => tag)).toEqual(['zh-Hans', 'en-US', 'de']);
    expect((await call('DELETE', 'de', undefined, { 'If-Match': '"1"' })).status).toBe(412);
    expect((await call('DELETE', 'de')).status).toBe(204);
    expect((await call('GET', 'de')).status).toBe(404);
    const records = await trail();
    expect(records.map(({ action, resource_id }) => [action, resource_id])).toEqual([
      ['service.locale.create', 'en-US'],
      ['service.locale.create', 'zh-Hans'],
      ['service.locale.create', 'de'],
      ['service.locale.update', 'de'],
      ['service.locale.delete', 'de'],
    ]);
    expect(records[0]).toMatchObject({
      reason: 'launch',
      before_state: null,
      after_state: { tag: 'en-US', isDefault: true, fallbackOrder: 5 },
    });
  });

  it('moves the default, and records it for both', async () => {
    const { add, call, list, trail } = await newPlace();
    await add({ tag: 'en' });
    const second = await add({ tag: 'de', isDefault: true });
    expect(second.json.isDefault).toBe(true);
    expect(defaults(await list())).toEqual(['de']);
    const stale = await call('PATCH', 'en', { isDefault: true }, { 'If-Match': '"1"' });
    expect(stale.status).toBe(412);
    expect(defaults(await list())).toEqual(['de']);
    const back = await call('PATCH', 'en', { isDefault: true, fallbackOrder: 2 }, { 'If-Match': '"2"' });
    expect([back.status, back.json.version]).toEqual([200, 3]);
    expect(defaults(await list())).toEqual(['en']);
    const states = (await trail()).map((r) => [
      r.action,
      r.resource_id,
      r.before_state?.isDefault ?? null,
      r.after_state.isDefault,
    ]);
    expect(states.toSorted()).toEqual(
      [
        ['service.locale.create', 'en', null, true],
        ['service.locale.create', 'de', null, true],
        ['service.locale.create', 'en', true, false],
        ['service.locale.update', 'en', false, true],
        ['service.locale.update', 'de', true, false],
      ].toSorted(),
    );
    await app.drained();
    const sent = await app.analytics(
      `SELECT count() AS n FROM audit_db.admin_audit_logs WHERE resource_id IN ('en', 'de') AND actor_id = '${owner.id}' AND resource = 'service_locale'`,
    );
    expect(Number(sent[0]?.n)).toBeGreaterThanOrEqual(5);
  });

  it('gives the first answer again for the same Idempotency-Key, and moves the default once', async () => {
    const { add, list, trail } = await newPlace();
    await add({ tag: 'en' });
    const headers = { 'Idempotency-Key': 'once' };
    const answers = await Promise.all(Array.from({ length: 6 }, () => add({ tag: 'de', isDefault: true }, headers)));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(201));
    expect((await add({ tag: 'fr' }, headers)).json.code).toBe('idempotency_key_reused');
    expect(defaults(await list())).toEqual(['de']);
    expect(await trail()).toHaveLength(3);
  });
});

describe('locales.refused', () => {
  it('says what is wrong', async () => {
    const { path, add, call } = await newPlace();
    const wrong: [body: object, field: string][] = [
      [{ tag: 'english' }, 'tag'],
      [{ tag: 'xx' }, 'tag'],
      [{ tag: 'en_US' }, 'tag'],
      [{ tag: 'en-ZZ' }, 'tag'],
      [{ tag: 'de-Abcd' }, 'tag'],
      [{ tag: '__proto__' }, 'tag'],
      [{ tag: '' }, 'tag'],
      [{ tag: 1 }, 'tag'],
      [{}, 'tag'],
      [{ tag: 'en', isDefault: 1 }, 'isDefault'],
      [{ tag: 'en', fallbackOrder: -1 }, 'fallbackOrder'],
      [{ tag: 'en', fallbackOrder: 1.5 }, 'fallbackOrder'],
      [{ tag: 'en', name: 'English' }, 'name'],
    ];
    for (const [body, field] of wrong)
      expect((await add(body)).json).toMatchObject({ status: 422, code: 'invalid_field', errors: [{ field }] });
    expect((await call('GET', 'xx')).status).toBe(404);
    expect((await call('GET', 'fr')).status).toBe(404);
    expect((await app.call('GET', `${path}?limit=3`, { as: owner })).json.code).toBe('unknown_parameter');
    await add({ tag: 'he' });
    expect((await add({ tag: 'iw' })).json).toMatchObject({ status: 409, code: 'conflict' });
    console.log(`wrong bodies: tried ${wrong.length}, accepted 0`);
  });

  it('keeps a default as long as there is a locale', async () => {
    const { add, call, list, trail } = await newPlace();
    await add({ tag: 'en' });
    await add({ tag: 'de' });
    const before = (await trail()).length;
    const off = await call('PATCH', 'en', { isDefault: false });
    expect([off.status, off.json.detail]).toEqual([
      409,
      'This is the default locale: make another one the default first.',
    ]);
    expect((await call('DELETE', 'en')).json.code).toBe('conflict');
    expect(await trail()).toHaveLength(before);
    expect((await call('DELETE', 'de')).status).toBe(204);
    expect((await call('DELETE', 'en')).status).toBe(204);
    expect(await list()).toEqual([]);
    expect((await add({ tag: 'fr' })).json.isDefault).toBe(true);
  });

  it('takes 300 and no more', async () => {
    const { service, add } = await newPlace();
    await app.db.query(
      `INSERT INTO service_locales (id, service_id, tag, is_default, created_by)
       SELECT gen_random_uuid(), $1, 'en-x-n' || n, n = 1, gen_random_uuid() FROM generate_series(1, 299) AS n`,
      [service],
    );
    const answers = await Promise.all(['de', 'fr', 'it', 'es'].map((tag) => add({ tag })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409]);
  });

  it('hides another service’s locales', async () => {
    const { service, path, add } = await newPlace();
    await add({ tag: 'en' });
    const stranger = await app.person('service-manager', await app.service());
    const calls = [
      app.call('GET', path, { as: stranger }),
      app.call('GET', `${path}/en`, { as: stranger }),
      app.call('POST', path, { as: stranger, body: { tag: 'de' } }),
      app.call('PATCH', `${path}/en`, { as: stranger, body: { fallbackOrder: 1 } }),
      app.call('DELETE', `${path}/en`, { as: stranger }),
    ];
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(5).fill(404));
    const viewer = await app.person('viewer', service);
    expect((await app.call('POST', path, { as: viewer, body: { tag: 'de' } })).status).toBe(403);
    expect((await app.call('GET', path, { as: viewer })).status).toBe(200);
  });
});

describe('locales.concurrency', () => {
  it('has exactly one default after 20 at once made themselves the default', async () => {
    const { service, add, call, list, trail } = await newPlace();
    const tags = ['en', 'de', 'fr', 'it', 'es', 'pt', 'nl', 'da', 'sv', 'fi'];
    for (const tag of tags) await add({ tag });
    let broken = 0;
    const watch = async () =>
      (
        await app.db.query('SELECT count(*)::int AS n FROM service_locales WHERE service_id = $1 AND is_default', [
          service,
        ])
      ).rows[0].n;
    const watching = (async () => {
      for (let i = 0; i < 60; i++) if ((await watch()) !== 1) broken++;
    })();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => call('PATCH', tags[i % 10] ?? '', { isDefault: true })),
    );
    await watching;
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(defaults(await list())).toHaveLength(1);
    const moves = (await trail()).filter(({ action }) => action === 'service.locale.update');
    const gained = moves.filter((r) => r.after_state.isDefault && !r.before_state.isDefault).length;
    const lost = moves.filter((r) => !r.after_state.isDefault && r.before_state.isDefault).length;
    expect([gained, moves.length]).toEqual([lost, gained + lost]);
    expect(broken).toBe(0);
    console.log(
      `make me the default: tried 20, failed 0; defaults now 1; seen without exactly one: ${broken}; moves ${gained}, each recorded twice`,
    );
  });

  it('has one default after 20 firsts at once, and after adding and removing at once', async () => {
    const { add, call, list } = await newPlace();
    const tags = [...'abcdefghijklmnopqrst'].map((letter) => `en-x-${letter}`);
    const made = await Promise.all(tags.map((tag, i) => add({ tag, isDefault: i % 2 === 0 })));
    expect(made.map(({ status }) => status)).toEqual(Array(20).fill(201));
    expect(defaults(await list())).toHaveLength(1);
    const churn = await Promise.all(
      tags.map((tag, i) => (i % 2 ? call('DELETE', tag) : call('PATCH', tag, { isDefault: true }))),
    );
    expect(churn.filter(({ status }) => ![200, 204, 409].includes(status))).toEqual([]);
    expect(defaults(await list())).toHaveLength(1);
    console.log('firsts at once: tried 20; changes and removals at once: tried 20; services without one default: 0');
  });
});
