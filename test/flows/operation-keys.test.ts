import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorker, type WorkerHost } from '../../dev/worker/host.ts';
import { type App, type Person, startApp, until } from '../app.ts';
import { configPath, read, SESSION, SITE, signIn, withCookie } from '../browser-sign-in.ts';
import { checkOverHttp, openService, visit } from '../gate.ts';
import {
  environmentOf,
  keyOfCookie,
  keyOfLink,
  openStored,
  placesOf,
  rotating,
  sayRotation,
  secretsOf,
  storedKeys,
} from '../rotations.ts';

const DAY_MS = 86_400_000;
const LINK_LIFE_MS = 7 * DAY_MS + 60_000;
const COOKIE_LIFE_MS = DAY_MS / 2 + 60_000;

let app: App;
/** Another isolate on the same database, with an R2 and Durable Objects of its own. */
let other: WorkerHost;
let otherDir: string;
let owners: [Person, Person];
let service: string;
let exportId: string;
beforeAll(async () => {
  app = await startApp({ PUBLIC_URL: SITE });
  otherDir = await mkdtemp(join(tmpdir(), 'steward-other-'));
  const { scriptFile, configuration } = app.engines;
  const script = await readFile(scriptFile, 'utf8');
  other = await startWorker({ port: 0, persistDir: otherDir, vars: app.settings, script, configuration });
  owners = [await app.person('owner'), await app.person('owner')];
  service = await openService(app);
  exportId = await app.exported(owners[0], { serviceId: service });
  await app.finished(owners[0], exportId);
});
afterAll(async () => {
  await other.stop();
  await app.stop();
  await rm(otherDir, { recursive: true, force: true });
});

/** Path and query of a link of the export, made now. */
async function newLink(): Promise<string> {
  const { json } = await app.call('GET', `/v1/admin/exports/${exportId}`, { as: owners[0] });
  const { pathname, search } = new URL(json.downloadUrl);
  return pathname + search;
}
const newCookie = async () => (await signIn(app)).cookie(SESSION) ?? '';
const opens = async (link: string) => (await app.call('GET', link)).status;
const enters = (cookie: string) => read(app, service, cookie);

/** The same of the other isolate. Its R2 has no files: HEAD decides all the same. */
const opensThere = async (link: string) => (await fetch(new URL(link, other.url), { method: 'HEAD' })).status;
const entersThere = async (cookie: string) =>
  (await fetch(new URL(configPath(service), other.url), withCookie(cookie))).status;

/** What is known of the store is read anew for a key nobody has, at most once a second. */
const readAnew = (link: string) => app.call('GET', link.replace(/kid=[\w-]+/, `kid=k${'0'.repeat(31)}`));

describe('keys.rotate', () => {
  let first: { link: string; cookie: string };
  let second: { link: string; cookie: string };

  it('when-unused: what was signed before goes on, what is new is signed by the new key', async () => {
    first = { link: await newLink(), cookie: await newCookie() };
    expect([await opensThere(first.link), await entersThere(first.cookie)]).toEqual([200, 200]);
    const { id, links, cookies } = await rotating(app, owners).rotated('when-unused');
    second = { link: await newLink(), cookie: await newCookie() };
    expect([keyOfLink(second.link), keyOfCookie(second.cookie)]).toEqual([links, cookies]);
    for (const { link, cookie } of [first, second])
      expect([await opens(link), await enters(cookie)]).toEqual([200, 200]);

    const rows = await storedKeys(app);
    const { rows: begun } = await app.db.query('SELECT started_at, finished_at FROM admin_operations WHERE id = $1', [
      id,
    ]);
    const [{ started_at: from, finished_at: to }] = begun;
    for (const { use, wrapped, retire_at, retired_by_operation_id } of rows.filter((row) => row.wrapped === null)) {
      const life = use === 'links' ? LINK_LIFE_MS : COOKIE_LIFE_MS;
      expect([wrapped, retired_by_operation_id]).toEqual([null, id]);
      expect(retire_at?.getTime()).toBeGreaterThanOrEqual(from.getTime() + life);
      expect(retire_at?.getTime()).toBeLessThanOrEqual(to.getTime() + life);
    }
  });

  it('is believed by another isolate that has never seen the key', async () => {
    expect([await opensThere(second.link), await entersThere(second.cookie)]).toEqual([200, 200]);
    expect([await opensThere(first.link), await entersThere(first.cookie)]).toEqual([200, 200]);
    console.log('links and cookies of a key that another isolate made: tried 2, failed 0');
  });

  it('ends the keys of before at their time, and none of them comes back', async () => {
    await app.db.query('UPDATE signing_keys SET retire_at = now() WHERE wrapped IS NULL');
    await until(async () => {
      await readAnew(first.link);
      return (await opens(first.link)) === 403;
    }, 'the store is read anew');
    expect((await app.call('GET', first.link)).json.code).toBe('link_invalid');
    const refused = await app.call('GET', configPath(service), withCookie(first.cookie));
    expect([refused.status, refused.json.code]).toEqual([401, 'unauthenticated']);
    expect([await opens(second.link), await enters(second.cookie)]).toEqual([200, 200]);
    for (const end of ['NULL', `now() + interval '1 day'`])
      await expect(app.db.query(`UPDATE signing_keys SET retire_at = ${end} WHERE wrapped IS NULL`)).rejects.toThrow(
        'does not change',
      );
  });

  it('now: links made before are refused and browsers signed out, tokens and what is new go on', async () => {
    const ask = { type: 'keys.rotate', target: { type: 'every-key' }, parameters: { retire: 'now' } };
    const plan = await app.call('POST', '/v1/admin/operations/plan', { as: owners[0], body: ask });
    expect(plan.json.warnings.map((text: string) => text.split(/[:;,]/)[0])).toEqual([
      'Every download link that was made before is refused from now on',
      'Every browser is signed out',
      'Everywhere within 30 seconds',
      'An undo does not bring it back',
    ]);
    // Known from a moment ago, here and there.
    expect([await enters(second.cookie), await opensThere(second.link)]).toEqual([200, 200]);
    const { links, cookies } = await rotating(app, owners).rotated('now');
    const refused = [first, second, first, second];
    for (const { link, cookie } of refused) expect([await opens(link), await enters(cookie)]).toEqual([403, 401]);
    expect((await app.call('GET', configPath(service), { as: owners[1] })).status).toBe(200);
    const third = { link: await newLink(), cookie: await newCookie() };
    expect([keyOfLink(third.link), keyOfCookie(third.cookie)]).toEqual([links, cookies]);
    expect([await opens(third.link), await enters(third.cookie)]).toEqual([200, 200]);
    // A key that it does not know makes the other isolate look, and then it knows what has ended too.
    expect([await opensThere(third.link), await entersThere(third.cookie)]).toEqual([200, 200]);
    expect([await opensThere(second.link), await entersThere(second.cookie)]).toEqual([403, 401]);
    console.log(`of retired keys: tried ${2 * refused.length + 2}, accepted 0`);
    second = third;
  });

  it('of one use leaves the other as it is, and now ends what was on its way out', async () => {
    const before = await storedKeys(app);
    const ofLinks = { type: 'keys', uses: ['links'] };
    await rotating(app, owners).rotated('when-unused', ofLinks);
    expect(await opens(second.link)).toBe(200);
    const { links, cookies } = await rotating(app, owners).rotated('now', ofLinks);
    expect([cookies, links]).toEqual(['', expect.stringMatching(/^k[0-9a-f]{31}$/)]);
    const ofCookies = (rows: typeof before) => rows.filter(({ use }) => use === 'cookies');
    expect(ofCookies(await storedKeys(app))).toEqual(ofCookies(before));
    expect([await opens(second.link), await enters(second.cookie)]).toEqual([403, 200]);
  });
});

describe('keys.rotate.bad-days', () => {
  it('said many times, at once and again, is one key and one end of those before it', async () => {
    const { agreed } = rotating(app, owners);
    const operationId = await agreed('now');
    const setPhase = (phase: string) =>
      app.db.query('UPDATE admin_operations SET phase = $2 WHERE id = $1', [operationId, phase]);
    const [current] = (await storedKeys(app)).filter(({ use, retire_at }) => use === 'links' && retire_at === null);
    const say = (wrapped: string) => sayRotation(app, { operationId, id: 'kone', wrapped });
    await expect(say('before it was started')).resolves.toEqual([]);
    await setPhase('running');
    const times = 8;
    const answers = await Promise.all(Array.from({ length: times }, (_, n) => say(`attempt ${n}`)));
    const once = await storedKeys(app);
    answers.push(await say('again'));
    await setPhase('approved');
    expect(await storedKeys(app)).toEqual(once);
    const made = once.filter(({ operation_id, id }) => operation_id === operationId || id === 'kone');
    expect(made.map(({ id, retire_at }) => [id, retire_at])).toEqual([['kone', null]]);
    const retired = [{ keyId: current?.id, retireAt: expect.stringMatching(/Z$/) }];
    expect(answers).toEqual(answers.map(() => [{ wrapped_by: 'k', retired }]));
    console.log(`one item said ${answers.length} times: keys made 1, keys retired again 0`);
    // It opens under no key of the environment: nobody could use it.
    await app.db.query(`DELETE FROM signing_keys WHERE id = 'kone'`);
    await rotating(app, owners).rotated('now', { type: 'keys', uses: ['links'] });
  });

  it('shows no secret anywhere; what is stored opens by its own name and use alone', async () => {
    const secrets = await secretsOf(app);
    expect(secrets.length).toBeGreaterThanOrEqual(6);
    const { shown, kept, records } = await placesOf(app, owners[0]);
    const places = [...shown, kept];
    for (const secret of secrets) {
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        const spelt = secret.toString(encoding).replace(/=+$/, '');
        expect(places.filter((place) => place.includes(spelt))).toEqual([]);
      }
    }
    const wrapped = (await storedKeys(app)).filter((key) => key.wrapped !== null);
    for (const key of wrapped) {
      expect(shown.filter((place) => place.includes(key.wrapped ?? ''))).toEqual([]);
      const by = environmentOf(app, key.use)[key.wrapped_by ?? ''] ?? '';
      const use = key.use === 'links' ? 'cookies' : 'links';
      for (const other of [
        { ...key, use },
        { ...key, id: 'kother' },
      ] as const)
        expect(() => openStored(by, other)).toThrow();
    }
    for (const state of records) expect(Object.keys(state).sort()).toEqual(['keyId', 'retired', 'wrappedBy']);
    expect(records.length).toBeGreaterThanOrEqual(6);
    console.log(`secrets of ${secrets.length} keys searched for in ${places.length} places: found 0`);
  });

  it('Postgres away: known keys go on, a cold isolate believes none, the gate goes on', async () => {
    const cookie = await newCookie();
    const machine = await app.person('gate');
    const me = async (text: string) => (await app.call('GET', '/v1/admin/me', withCookie(text))).status;
    const check = async () => (await checkOverHttp(app, machine, visit(service))).allow;
    // The guard knows a session by the second time, and the gate's copy is written after the answer.
    for (let i = 0; i < 3; i++) expect([await me(cookie), await check()]).toEqual([200, true]);
    const kv = await app.worker().miniflare.getKVNamespace('LAST_KNOWN_GOOD', 'steward');
    await until(async () => (await kv.get(`gate:${service}`)) !== null, 'the copy is in KV');
    app.postgres.decide(() => 'refuse');
    for (let i = 0; i < 5; i++) expect([await me(cookie), await check()]).toEqual([200, true]);
    await app.restart();
    const cold = await app.call('GET', '/v1/admin/me', withCookie(cookie));
    expect([cold.status, cold.json.code, cold.headers.get('retry-after')]).toEqual([
      503,
      'dependency_unavailable',
      '5',
    ]);
    expect(await check()).toBe(true);
    app.postgres.decide(() => 'none');
    await until(async () => (await me(cookie)) === 200, 'the store is read');
    console.log('requests with known keys while Postgres was away: tried 10, failed 0; of a cold isolate accepted 0');
  });
});
