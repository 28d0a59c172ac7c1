import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from '../app.ts';
import {
  AGENT,
  auditOf,
  configPath,
  LOGIN,
  newBrowser,
  OWNER,
  read,
  SESSION,
  SITE,
  sealed,
  signIn,
  toCallback,
  withCookie,
} from '../browser-sign-in.ts';

let app: App;
let service: string;
beforeAll(async () => {
  app = await startApp({ PUBLIC_URL: SITE });
  service = await app.service();
});
afterAll(() => app.stop());

describe('browser sign-in', () => {
  it('gives a hardened cookie that works, and lists the session', async () => {
    const browser = newBrowser(app);
    const callback = await toCallback(app, browser, OWNER, '/services?page=2#top');
    const login = [...browser.cookies.values()].find(({ name }) => /^__Host-steward-login-[0-9a-f]{8}$/.test(name));
    expect(login?.attributes.split('; ').slice(1).sort()).toEqual(
      ['HttpOnly', 'Max-Age=600', 'Path=/', 'SameSite=Lax', 'Secure'].sort(),
    );
    const answer = await browser.go(callback, undefined, { 'user-agent': `${AGENT} Bearer abcdefgh12345678` });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${SITE}/services?page=2#top`]);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    expect(answer.headers.get('referrer-policy')).toBe('same-origin');
    expect(browser.names(LOGIN)).toEqual([]);
    const kept = [...browser.cookies.values()].find(({ name }) => name === SESSION);
    expect(kept?.attributes.split('; ').slice(1).sort()).toEqual(
      ['HttpOnly', 'Max-Age=43200', 'Path=/', 'SameSite=Lax', 'Secure'].sort(),
    );
    const cookie = kept?.value ?? '';
    for (const part of cookie.split('.'))
      expect(Buffer.from(part, 'base64url').toString()).not.toMatch(/owner|services\.|permission/);
    expect(await read(app, service, cookie)).toBe(200);

    const [record] = await auditOf(app, OWNER);
    expect(record).toMatchObject({
      action: 'session.sign-in',
      outcome: 'success',
      actor_email: 'owner@steward.local',
      actor_role: 'owner',
      after_state: { kind: 'browser', userAgent: `${AGENT} [redacted]`, revokedAt: null },
    });
    const { rows } = await app.db.query('SELECT * FROM admin_sessions WHERE id = $1', [record.session_id]);
    expect(rows).toMatchObject([{ kind: 'browser', revoked_at: null, user_agent: `${AGENT} [redacted]` }]);
    expect(rows[0].ip_address).toMatch(/\.0$|^::$/);
  });

  it('takes a change with the cookie from its own pages only', async () => {
    const cookie = (await signIn(app)).cookie(SESSION) ?? '';
    const patch = async (headers: Record<string, string>) => {
      const body = { maintenanceMessage: randomUUID() };
      const answer = await app.call('PATCH', configPath(service), { ...withCookie(cookie, headers), body });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      return [answer.status, answer.json?.code];
    };
    const own = new URL(SITE);
    const foreign: Record<string, string>[] = [
      {},
      { Origin: 'null' },
      { Origin: 'https://evil.example' },
      { Origin: app.worker().url },
      { Origin: `https://${own.host}` },
      { Origin: `${SITE}.evil.example` },
      { Origin: `${SITE}/` },
      { Origin: SITE.replace('127.0.0.1', 'localhost') },
      { Origin: `${SITE}, https://evil.example` },
      { Origin: SITE, 'Sec-Fetch-Site': 'cross-site' },
      { Origin: SITE, 'Sec-Fetch-Site': 'same-site' },
      { Origin: SITE, 'Sec-Fetch-Site': 'none' },
    ];
    for (const headers of foreign)
      expect([headers, ...(await patch(headers))]).toEqual([headers, 403, 'foreign_origin']);
    expect(await patch({ Origin: SITE })).toEqual([200, undefined]);
    expect(await patch({ Origin: SITE, 'Sec-Fetch-Site': 'same-origin' })).toEqual([200, undefined]);
    console.log(`changes from foreign origins: tried ${foreign.length}, accepted 0`);

    const text = { Origin: SITE, 'Content-Type': 'text/plain' };
    const posted = await app.call('POST', '/v1/admin/exports', { ...withCookie(cookie, text), body: '{}' });
    expect(posted.status).toBe(415);
    for (const origin of ['null', 'https://evil.example', SITE]) {
      const asked = { Origin: origin, 'Access-Control-Request-Method': 'PATCH' };
      const answer = await app.call('OPTIONS', configPath(service), { headers: asked });
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect((await app.call('GET', configPath(service), withCookie(cookie, { Origin: origin }))).status).toBe(200);
    }
  });

  it('lets the Authorization header win over the cookie', async () => {
    const cookie = (await signIn(app)).cookie(SESSION) ?? '';
    const viewer = await app.person('viewer');
    const both = { headers: { Cookie: `${SESSION}=${cookie}`, Authorization: `Bearer ${viewer.token}` } };
    expect((await app.call('PATCH', configPath(service), { ...both, body: { maintenanceMode: true } })).json.code).toBe(
      'forbidden',
    );
    const wrong = { headers: { ...both.headers, Authorization: 'Bearer x.y.z' } };
    expect((await app.call('GET', configPath(service), wrong)).status).toBe(401);
    // A cookie's text is no token, also while it is known from a moment ago.
    expect(await read(app, service, cookie)).toBe(200);
    expect((await app.call('GET', configPath(service), { as: cookie })).status).toBe(401);
  });

  it('refuses a cookie with any bit changed, of another kind or key, or expired', async () => {
    const cookie = (await signIn(app)).cookie(SESSION) ?? '';
    const flips = 50;
    for (let i = 0; i < flips; i++) {
      const bytes = Buffer.from(cookie);
      const at = randomInt(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << randomInt(7));
      expect([i, at, await read(app, service, bytes.toString('latin1').replace(/[^\x21-\x7e]/g, '?'))]).toEqual([
        i,
        at,
        401,
      ]);
    }
    // The tag's 16 bytes leave four unused bits in its last character: a lenient decoder takes all of these for the same.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twins = Array.from({ length: 15 }, (_, n) => alphabet[alphabet.indexOf(cookie.at(-1) as string) ^ (n + 1)]);
    for (const twin of twins) expect(await read(app, service, cookie.slice(0, -1) + twin)).toBe(401);

    const strangers = JSON.stringify({ k1: Buffer.alloc(32, 7).toString('base64') });
    const [{ session_id: sid }] = await auditOf(app, OWNER);
    const claims = { sub: OWNER, sid };
    expect(await read(app, service, await sealed(app, 'session', claims, 60))).toBe(200);
    const forged = [
      await sealed(app, 'session', claims, 60, strangers),
      await sealed(app, 'session', claims, -1),
      await sealed(app, 'login', claims, 60),
      await sealed(app, 'session', { sub: OWNER }, 60),
      await sealed(app, 'session', { sid }, 60),
      '',
      'x',
      '....',
      'a'.repeat(5000),
    ];
    for (const text of forged) expect([text, await read(app, service, text)]).toEqual([text, 401]);
    expect(await read(app, service, cookie)).toBe(200);
    console.log(`changed cookies: tried ${flips + twins.length + forged.length}, accepted 0`);
  });

  it('takes the place of the session the browser had', async () => {
    const browser = await signIn(app);
    const first = browser.cookie(SESSION) ?? '';
    expect(await read(app, service, first)).toBe(200);
    await signIn(app, OWNER, browser);
    expect([await read(app, service, first), await read(app, service, browser.cookie(SESSION) ?? '')]).toEqual([
      401, 200,
    ]);
    const records = await auditOf(app, OWNER);
    expect(records.slice(0, 2).map(({ action }) => action)).toEqual(['session.sign-out', 'session.sign-in']);
    expect(records[0].session_id).toBe(records[2].session_id);
  });

  it('ends with sign-out, everywhere and for good', async () => {
    const browser = await signIn(app);
    const cookie = browser.cookie(SESSION) ?? '';
    expect(await read(app, service, cookie)).toBe(200);
    const out = (headers: Record<string, string>) => app.call('POST', '/auth/logout', withCookie(cookie, headers));
    for (const headers of [{}, { Origin: 'null' }, { Origin: 'https://evil.example' }]) {
      const refused = await out(headers as Record<string, string>);
      expect([refused.status, refused.headers.getSetCookie()]).toEqual([403, []]);
    }
    for (const method of ['GET', 'HEAD', 'PUT'])
      expect((await app.call(method, '/auth/logout', withCookie(cookie, { Origin: SITE }))).status).toBe(404);
    expect(await read(app, service, cookie)).toBe(200);
    // What is decided by the admin's guard alone, which knows the session by the second time.
    const me = async () => (await app.call('GET', '/v1/admin/me', withCookie(cookie))).status;
    for (let i = 0; i < 5; i++) expect(await me()).toBe(200);

    const answer = await browser.go(`${SITE}/auth/logout`, {});
    expect(answer.status).toBe(303);
    const next = new URL(answer.headers.get('location') ?? '');
    expect([
      next.origin,
      next.searchParams.get('client_id'),
      next.searchParams.get('post_logout_redirect_uri'),
    ]).toEqual([app.engines.issuer.url, 'steward-web', `${SITE}/`]);
    expect(browser.names('__Host-')).toEqual([]);
    expect([await me(), await read(app, service, cookie)]).toEqual([401, 401]);
    const [record] = await auditOf(app, OWNER);
    expect(record).toMatchObject({ action: 'session.sign-out', outcome: 'success', actor_role: 'owner' });
    expect(record.before_state).toMatchObject({ kind: 'browser', revokedAt: null });
    expect(record.after_state).toEqual({ ...record.before_state, revokedAt: expect.stringMatching(/Z$/) });
    const { rows } = await app.db.query('SELECT revoked_at FROM admin_sessions WHERE id = $1', [record.session_id]);
    expect(rows[0].revoked_at).toBeInstanceOf(Date);

    const records = (await auditOf(app, OWNER)).length;
    for (const again of [
      await out({ Origin: SITE }),
      await app.call('POST', '/auth/logout', { headers: { Origin: SITE } }),
    ])
      expect(again.status).toBe(303);
    expect(await auditOf(app, OWNER)).toHaveLength(records);
    // The issuer's page takes it from there, back to us.
    const asked = await browser.follow(next.href, app.engines.issuer.url);
    const secret = /name="xsrf" value="([^"]+)"/.exec(asked.page ?? '')?.[1] ?? '';
    const confirmed = await browser.follow(`${app.engines.issuer.url}/session/end/confirm`, app.engines.issuer.url, {
      xsrf: secret,
      logout: 'yes',
    });
    expect(confirmed.url).toBe(`${SITE}/`);
  });

  it('survives a change of keys while the old one is listed', async () => {
    const old = (await signIn(app)).cookie(SESSION) ?? '';
    const added = Buffer.alloc(32, 9).toString('base64');
    const settings: Record<string, string> = app.settings;
    const before = settings.COOKIE_KEYS ?? '';
    try {
      settings.COOKIE_KEYS = JSON.stringify({ k2: added, ...JSON.parse(before) });
      await app.restart();
      expect(await read(app, service, old)).toBe(200);
      const fresh = (await signIn(app)).cookie(SESSION) ?? '';
      expect(JSON.parse(Buffer.from(fresh.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({ kid: 'k2' });
      settings.COOKIE_KEYS = JSON.stringify({ k2: added });
      await app.restart();
      expect([await read(app, service, fresh), await read(app, service, old)]).toEqual([200, 401]);
    } finally {
      settings.COOKIE_KEYS = before;
      await app.restart();
    }
  });
});
