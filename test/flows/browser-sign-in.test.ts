import { randomInt, randomUUID } from 'node:crypto';
import { EncryptJWT, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from '../app.ts';
import { Browser } from '../browser.ts';

/** What a browser believes to be Steward's address; the issuer lets any port of this machine be called back. */
const SITE = 'http://127.0.0.1:45999';
const OWNER = 'dev|owner';
const SESSION = '__Host-steward';
const LOGIN = '__Host-steward-login-';
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36';

let app: App;
let service: string;
beforeAll(async () => {
  app = await startApp({ PUBLIC_URL: SITE });
  service = await app.service();
});
afterAll(() => app.stop());

const newBrowser = () => new Browser(new Map([[SITE, app.worker().url]]));
const issuer = () => app.engines.issuer.url;
const config = () => `/v1/admin/services/${service}/config`;
const now = () => Math.floor(Date.now() / 1000);

/** A cookie's text as Steward would write it: `left` seconds from its end, under the first of `keys`. */
function sealed(kind: 'login' | 'session', claims: JWTPayload, left: number, keys = app.engines.cookieKeys) {
  const [[kid, secret] = ['', '']] = Object.entries(JSON.parse(keys) as Record<string, string>);
  return new EncryptJWT(claims)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid, typ: `steward-${kind}` })
    .setIssuedAt(now())
    .setExpirationTime(now() + left)
    .encrypt(Buffer.from(secret, 'base64'));
}

/** Begins a sign-in and chooses an account at the issuer: the address of the callback. */
async function toCallback(browser: Browser, subject: string, returnTo = '/'): Promise<string> {
  const begun = await browser.go(`${SITE}/auth/login?returnTo=${encodeURIComponent(returnTo)}`);
  expect(begun.status).toBe(303);
  const choice = await browser.follow(begun.headers.get('location') ?? '', issuer());
  if (choice.page === undefined) return choice.url;
  return (await browser.follow(choice.url, issuer(), { account: subject })).url;
}

async function signIn(subject = OWNER, browser = newBrowser()): Promise<Browser> {
  const answer = await browser.go(await toCallback(browser, subject), undefined, { 'user-agent': AGENT });
  expect(answer.status).toBe(303);
  return browser;
}

const withCookie = (cookie: string, headers: Record<string, string> = {}) => ({
  headers: { Cookie: `${SESSION}=${cookie}`, ...headers },
});
const read = async (cookie: string) => (await app.call('GET', config(), withCookie(cookie))).status;

async function refusal(response: Response) {
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  const page = await response.text();
  expect(page).not.toMatch(/<script|onclick|undefined|oauth/i);
  return { status: response.status, page };
}

const auditOf = async (subject: string) => {
  const { rows } = await app.db.query(
    `SELECT action, outcome, actor_email, actor_role, ip_address, before_state, after_state, session_id FROM audit_outbox o
     WHERE action LIKE 'session.%' AND (actor_id = (SELECT id FROM admins WHERE subject = $1) OR after_state->>'subject' = $1)
     ORDER BY accepted_at DESC`,
    [subject],
  );
  return rows;
};

describe('browser sign-in', () => {
  it('gives a hardened cookie that works, and lists the session', async () => {
    const browser = newBrowser();
    const callback = await toCallback(browser, OWNER, '/services?page=2#top');
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
    expect(await read(cookie)).toBe(200);

    const [record] = await auditOf(OWNER);
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
    const cookie = (await signIn()).cookie(SESSION) ?? '';
    const patch = async (headers: Record<string, string>) => {
      const body = { maintenanceMessage: randomUUID() };
      const answer = await app.call('PATCH', config(), { ...withCookie(cookie, headers), body });
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
      const answer = await app.call('OPTIONS', config(), { headers: asked });
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect((await app.call('GET', config(), withCookie(cookie, { Origin: origin }))).status).toBe(200);
    }
  });

  it('lets the Authorization header win over the cookie', async () => {
    const cookie = (await signIn()).cookie(SESSION) ?? '';
    const viewer = await app.person('viewer');
    const both = { headers: { Cookie: `${SESSION}=${cookie}`, Authorization: `Bearer ${viewer.token}` } };
    expect((await app.call('PATCH', config(), { ...both, body: { maintenanceMode: true } })).json.code).toBe(
      'forbidden',
    );
    const wrong = { headers: { ...both.headers, Authorization: 'Bearer x.y.z' } };
    expect((await app.call('GET', config(), wrong)).status).toBe(401);
    // A cookie's text is no token, also while it is known from a moment ago.
    expect(await read(cookie)).toBe(200);
    expect((await app.call('GET', config(), { as: cookie })).status).toBe(401);
  });

  it('refuses a cookie with any bit changed, of another kind or key, or expired', async () => {
    const cookie = (await signIn()).cookie(SESSION) ?? '';
    const flips = 50;
    for (let i = 0; i < flips; i++) {
      const bytes = Buffer.from(cookie);
      const at = randomInt(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << randomInt(7));
      expect([i, at, await read(bytes.toString('latin1').replace(/[^\x21-\x7e]/g, '?'))]).toEqual([i, at, 401]);
    }
    // The tag's 16 bytes leave four unused bits in its last character: a lenient decoder takes all of these for the same.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twins = Array.from({ length: 15 }, (_, n) => alphabet[alphabet.indexOf(cookie.at(-1) as string) ^ (n + 1)]);
    for (const twin of twins) expect(await read(cookie.slice(0, -1) + twin)).toBe(401);

    const strangers = JSON.stringify({ k1: Buffer.alloc(32, 7).toString('base64') });
    const [{ session_id: sid }] = await auditOf(OWNER);
    const claims = { sub: OWNER, sid };
    expect(await read(await sealed('session', claims, 60))).toBe(200);
    const forged = [
      await sealed('session', claims, 60, strangers),
      await sealed('session', claims, -1),
      await sealed('login', claims, 60),
      await sealed('session', { sub: OWNER }, 60),
      await sealed('session', { sid }, 60),
      '',
      'x',
      '....',
      'a'.repeat(5000),
    ];
    for (const text of forged) expect([text, await read(text)]).toEqual([text, 401]);
    expect(await read(cookie)).toBe(200);
    console.log(`changed cookies: tried ${flips + twins.length + forged.length}, accepted 0`);
  });

  it('takes the place of the session the browser had', async () => {
    const browser = await signIn();
    const first = browser.cookie(SESSION) ?? '';
    expect(await read(first)).toBe(200);
    await signIn(OWNER, browser);
    expect([await read(first), await read(browser.cookie(SESSION) ?? '')]).toEqual([401, 200]);
    const records = await auditOf(OWNER);
    expect(records.slice(0, 2).map(({ action }) => action)).toEqual(['session.sign-out', 'session.sign-in']);
    expect(records[0].session_id).toBe(records[2].session_id);
  });

  it('ends with sign-out, everywhere and for good', async () => {
    const browser = await signIn();
    const cookie = browser.cookie(SESSION) ?? '';
    expect(await read(cookie)).toBe(200);
    const out = (headers: Record<string, string>) => app.call('POST', '/auth/logout', withCookie(cookie, headers));
    for (const headers of [{}, { Origin: 'null' }, { Origin: 'https://evil.example' }]) {
      const refused = await out(headers as Record<string, string>);
      expect([refused.status, refused.headers.getSetCookie()]).toEqual([403, []]);
    }
    for (const method of ['GET', 'HEAD', 'PUT'])
      expect((await app.call(method, '/auth/logout', withCookie(cookie, { Origin: SITE }))).status).toBe(404);
    expect(await read(cookie)).toBe(200);
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
    ]).toEqual([issuer(), 'steward-web', `${SITE}/`]);
    expect(browser.names('__Host-')).toEqual([]);
    expect([await me(), await read(cookie)]).toEqual([401, 401]);
    const [record] = await auditOf(OWNER);
    expect(record).toMatchObject({ action: 'session.sign-out', outcome: 'success', actor_role: 'owner' });
    expect(record.before_state).toMatchObject({ kind: 'browser', revokedAt: null });
    expect(record.after_state).toEqual({ ...record.before_state, revokedAt: expect.stringMatching(/Z$/) });
    const { rows } = await app.db.query('SELECT revoked_at FROM admin_sessions WHERE id = $1', [record.session_id]);
    expect(rows[0].revoked_at).toBeInstanceOf(Date);

    const records = (await auditOf(OWNER)).length;
    for (const again of [
      await out({ Origin: SITE }),
      await app.call('POST', '/auth/logout', { headers: { Origin: SITE } }),
    ])
      expect(again.status).toBe(303);
    expect(await auditOf(OWNER)).toHaveLength(records);
    // The issuer's page takes it from there, back to us.
    const asked = await browser.follow(next.href, issuer());
    const secret = /name="xsrf" value="([^"]+)"/.exec(asked.page ?? '')?.[1] ?? '';
    const confirmed = await browser.follow(`${issuer()}/session/end/confirm`, issuer(), {
      xsrf: secret,
      logout: 'yes',
    });
    expect(confirmed.url).toBe(`${SITE}/`);
  });

  it('refuses whoever is no admin or is locked, in words, and records it', async () => {
    await app.db.query(`UPDATE admins SET subject = 'renamed' WHERE subject = 'dev|viewer'`);
    await app.db.query(`UPDATE admins SET status = 'locked' WHERE subject = 'dev|auditor'`);
    await app.db.query(`UPDATE admins SET status = 'removed' WHERE subject = 'dev|operator'`);
    for (const [subject, words] of [
      ['dev|viewer', 'you are no admin here'],
      ['dev|operator', 'you are no admin here'],
      ['dev|auditor', 'You are locked here'],
    ] as const) {
      const browser = newBrowser();
      const { status, page } = await refusal(await browser.go(await toCallback(browser, subject)));
      expect([subject, status]).toEqual([subject, 403]);
      expect(page).toContain(words);
      expect(page).toContain('/auth/login?prompt=login');
      expect(browser.cookie(SESSION)).toBeUndefined();
      const [record] = await auditOf(subject);
      expect(record).toMatchObject({ action: 'session.sign-in', outcome: 'denied', after_state: { subject } });
      const { rows } = await app.db.query('SELECT 1 FROM admin_sessions WHERE id = $1', [record.session_id]);
      expect(rows).toEqual([]);
    }
  });

  it('answers a callback once, in the browser that began it', async () => {
    const browser = newBrowser();
    const callback = await toCallback(browser, OWNER);
    const stranger = await refusal(await newBrowser().go(callback));
    expect(stranger).toMatchObject({
      status: 400,
      page: expect.stringContaining('This browser began no such sign-in'),
    });
    const kept = new Map(browser.cookies);
    expect((await browser.go(callback)).status).toBe(303);
    expect((await refusal(await browser.go(callback))).status).toBe(400);
    // Also with the login's cookie put back: the issuer takes a code once.
    for (const [key, value] of kept) browser.cookies.set(key, value);
    const replayed = await refusal(await browser.go(callback));
    expect(replayed).toMatchObject({ status: 400, page: expect.stringContaining('completed before') });
  });

  it('keeps sign-ins in several tabs apart', async () => {
    const browser = newBrowser();
    const first = await toCallback(browser, OWNER, '/one');
    const second = await toCallback(browser, OWNER, '/two');
    expect((await browser.go(second)).headers.get('location')).toBe(`${SITE}/two`);
    expect((await browser.go(first)).headers.get('location')).toBe(`${SITE}/one`);
    for (let i = 0; i < 12; i++) await browser.go(`${SITE}/auth/login`);
    expect([...browser.cookies.values()].filter(({ name }) => name.startsWith('__Host-steward-login-'))).toHaveLength(
      5,
    );
  });

  it('refuses callbacks that are forged, late or an error', async () => {
    const login = (url: URL) => ({
      state: url.searchParams.get('state'),
      nonce: 'n',
      verifier: 'v'.repeat(43),
      returnTo: '/',
    });
    const table: [string, number, (browser: Browser, callback: URL) => Promise<void>][] = [
      ['no state', 400, async (_, url) => url.searchParams.delete('state')],
      ['another state', 400, async (_, url) => url.searchParams.set('state', `${'0'.repeat(8)}.x`)],
      [
        'a state with the same first part',
        400,
        async (_, url) => url.searchParams.set('state', `${url.searchParams.get('state')}x`),
      ],
      ['another code', 400, async (_, url) => url.searchParams.set('code', 'x')],
      ['no code', 400, async (_, url) => url.searchParams.delete('code')],
      ['another issuer', 400, async (_, url) => url.searchParams.set('iss', 'https://evil.example')],
      ['no issuer', 400, async (_, url) => url.searchParams.delete('iss')],
      ['two states', 400, async (_, url) => url.searchParams.append('state', 'x')],
      ['access denied', 400, async (_, url) => url.searchParams.set('error', 'access_denied')],
      ['an issuer in trouble', 503, async (_, url) => url.searchParams.set('error', 'server_error')],
      ['markup', 400, async (_, url) => url.searchParams.set('error', '<script>alert(1)</script>')],
      [
        'a session cookie for a login cookie',
        400,
        async (b, url) => b.setCookie(LOGIN, await sealed('session', login(url), 60)),
      ],
      [
        'a login cookie that has expired',
        400,
        async (b, url) => b.setCookie(LOGIN, await sealed('login', login(url), -1)),
      ],
      ['another nonce and verifier', 400, async (b, url) => b.setCookie(LOGIN, await sealed('login', login(url), 60))],
    ];
    for (const [name, status, forge] of table) {
      const browser = newBrowser();
      const callback = new URL(await toCallback(browser, OWNER));
      await forge(browser, callback);
      const answer = await refusal(await browser.go(callback.href));
      expect([name, answer.status]).toEqual([name, status]);
      expect(answer.page).toContain('Sign in again');
      expect(browser.cookie(SESSION)).toBeUndefined();
    }
    console.log(`forged callbacks: tried ${table.length}, signed in 0`);
    const cancelled = newBrowser();
    const begun = await cancelled.go(`${SITE}/auth/login`);
    const choice = await cancelled.follow(begun.headers.get('location') ?? '', issuer());
    const back = await cancelled.follow(choice.url, issuer(), { cancel: 'yes' });
    expect((await refusal(await cancelled.go(back.url))).page).toContain('cancelled or refused');
  });

  it('goes back to its own pages only', async () => {
    const attacks = [
      '//evil.example',
      '/\\evil.example',
      '\\\\evil.example',
      '/\t/evil.example',
      '\t//evil.example',
      '/\n/evil.example',
      'https://evil.example',
      'http:evil.example',
      'javascript:alert(1)',
      'data:text/html,x',
      '',
      'services',
      '?x=1',
      '#x',
      '/\r\nSet-Cookie: a=b',
      '/x\u0000',
      '/ü',
      '/ x',
      '/x\\y',
      '/auth/login',
      '/auth/logout',
      '/AUTH/login',
      '/x/../auth/login',
      '/./auth/login',
      `/${'x'.repeat(1000)}`,
      '.evil.example',
      '@evil.example',
      ':80/x',
    ];
    for (const returnTo of attacks) {
      const answer = await refusal(
        await newBrowser().go(`${SITE}/auth/login?returnTo=${encodeURIComponent(returnTo)}`),
      );
      expect([returnTo, answer.status]).toEqual([returnTo, 400]);
    }
    for (const query of ['returnTo=/%0d%0aSet-Cookie:%20a=b', 'next=/x', 'returnTo=/a&returnTo=/b', 'prompt=none'])
      expect([query, (await newBrowser().go(`${SITE}/auth/login?${query}`)).status]).toEqual([query, 400]);
    console.log(`addresses elsewhere: tried ${attacks.length + 1}, accepted 0`);
    // Odd but ours: what comes out has our own origin before it.
    for (const returnTo of [
      '/.//evil.example',
      '/@evil.example',
      '/%2f%2fevil.example',
      '/x?to=//evil.example',
      '/%0d%0ax',
    ]) {
      const browser = newBrowser();
      const answer = await browser.go(await toCallback(browser, OWNER, returnTo));
      expect(new URL(answer.headers.get('location') ?? '').origin).toBe(SITE);
    }
  });

  it('survives a change of keys while the old one is listed', async () => {
    const old = (await signIn()).cookie(SESSION) ?? '';
    const added = Buffer.alloc(32, 9).toString('base64');
    const settings: Record<string, string> = app.settings;
    const before = settings.COOKIE_KEYS ?? '';
    try {
      settings.COOKIE_KEYS = JSON.stringify({ k2: added, ...JSON.parse(before) });
      await app.restart();
      expect(await read(old)).toBe(200);
      const fresh = (await signIn()).cookie(SESSION) ?? '';
      expect(JSON.parse(Buffer.from(fresh.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({ kid: 'k2' });
      settings.COOKIE_KEYS = JSON.stringify({ k2: added });
      await app.restart();
      expect([await read(fresh), await read(old)]).toEqual([200, 401]);
    } finally {
      settings.COOKIE_KEYS = before;
      await app.restart();
    }
  });

  it('is limited for each network', async () => {
    const limited = await startApp({ PUBLIC_URL: SITE, AUTH_RATE_LIMIT: '3;w=600' });
    try {
      const statuses: number[] = [];
      for (let i = 0; i < 4; i++) statuses.push((await limited.call('GET', '/auth/login')).status);
      expect(statuses).toEqual([303, 303, 303, 429]);
      const answer = await limited.call('GET', '/auth/callback');
      expect([answer.status, answer.headers.get('retry-after') !== null]).toEqual([429, true]);
      expect(answer.text).toContain('Too many requests');
    } finally {
      await limited.stop();
    }
  });

  it('says so when the database or the issuer is away', async () => {
    const browser = await signIn();
    const cookie = browser.cookie(SESSION) ?? '';
    const callback = await toCallback(browser, OWNER);
    app.postgres.decide(() => 'refuse');
    try {
      const answer = await refusal(await browser.go(callback));
      expect(answer).toMatchObject({ status: 503, page: expect.stringContaining('Sign in again') });
      // Not signed out, and not said to be: the cookie stays, so that it can be tried again.
      const out = await browser.go(`${SITE}/auth/logout`, {});
      expect([out.status, out.headers.getSetCookie()]).toEqual([503, []]);
    } finally {
      app.postgres.decide(() => 'none');
    }
    expect(await read(cookie)).toBe(200);

    const alone = await startApp({ PUBLIC_URL: SITE, OIDC_ISSUER: 'http://127.0.0.1:9' });
    try {
      const answer = await refusal(await fetch(new URL('/auth/login', alone.worker().url), { redirect: 'manual' }));
      expect(answer).toMatchObject({ status: 503, page: expect.stringContaining('does not answer') });
      const out = await alone.call('POST', '/auth/logout', withCookie(cookie, { Origin: SITE }));
      expect([out.status, out.headers.get('location')]).toEqual([303, `${SITE}/`]);
    } finally {
      await alone.stop();
    }
  });
});
