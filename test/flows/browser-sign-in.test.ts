import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from '../app.ts';
import type { Browser } from '../browser.ts';
import {
  auditOf,
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

async function refusal(response: Response) {
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  const page = await response.text();
  expect(page).not.toMatch(/<script|onclick|undefined|oauth/i);
  return { status: response.status, page };
}

describe('browser sign-in', () => {
  it('refuses whoever is no admin or is locked, in words, and records it', async () => {
    await app.db.query(`UPDATE admins SET subject = 'renamed' WHERE subject = 'dev|viewer'`);
    await app.db.query(`UPDATE admins SET status = 'locked' WHERE subject = 'dev|auditor'`);
    await app.db.query(`UPDATE admins SET status = 'removed' WHERE subject = 'dev|operator'`);
    for (const [subject, words] of [
      ['dev|viewer', 'you are no admin here'],
      ['dev|operator', 'you are no admin here'],
      ['dev|auditor', 'You are locked here'],
    ] as const) {
      const browser = newBrowser(app);
      const { status, page } = await refusal(await browser.go(await toCallback(app, browser, subject)));
      expect([subject, status]).toEqual([subject, 403]);
      expect(page).toContain(words);
      expect(page).toContain('/auth/login?prompt=login');
      expect(browser.cookie(SESSION)).toBeUndefined();
      const [record] = await auditOf(app, subject);
      expect(record).toMatchObject({ action: 'session.sign-in', outcome: 'denied', after_state: { subject } });
      const { rows } = await app.db.query('SELECT 1 FROM admin_sessions WHERE id = $1', [record.session_id]);
      expect(rows).toEqual([]);
    }
  });

  it('answers a callback once, in the browser that began it', async () => {
    const browser = newBrowser(app);
    const callback = await toCallback(app, browser, OWNER);
    const stranger = await refusal(await newBrowser(app).go(callback));
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
    const browser = newBrowser(app);
    const first = await toCallback(app, browser, OWNER, '/one');
    const second = await toCallback(app, browser, OWNER, '/two');
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
        async (b, url) => b.setCookie(LOGIN, await sealed(app, 'session', login(url), 60)),
      ],
      [
        'a login cookie that has expired',
        400,
        async (b, url) => b.setCookie(LOGIN, await sealed(app, 'login', login(url), -1)),
      ],
      [
        'another nonce and verifier',
        400,
        async (b, url) => b.setCookie(LOGIN, await sealed(app, 'login', login(url), 60)),
      ],
    ];
    for (const [name, status, forge] of table) {
      const browser = newBrowser(app);
      const callback = new URL(await toCallback(app, browser, OWNER));
      await forge(browser, callback);
      const answer = await refusal(await browser.go(callback.href));
      expect([name, answer.status]).toEqual([name, status]);
      expect(answer.page).toContain('Sign in again');
      expect(browser.cookie(SESSION)).toBeUndefined();
    }
    console.log(`forged callbacks: tried ${table.length}, signed in 0`);
    const cancelled = newBrowser(app);
    const begun = await cancelled.go(`${SITE}/auth/login`);
    const choice = await cancelled.follow(begun.headers.get('location') ?? '', app.engines.issuer.url);
    const back = await cancelled.follow(choice.url, app.engines.issuer.url, { cancel: 'yes' });
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
        await newBrowser(app).go(`${SITE}/auth/login?returnTo=${encodeURIComponent(returnTo)}`),
      );
      expect([returnTo, answer.status]).toEqual([returnTo, 400]);
    }
    for (const query of ['returnTo=/%0d%0aSet-Cookie:%20a=b', 'next=/x', 'returnTo=/a&returnTo=/b', 'prompt=none'])
      expect([query, (await newBrowser(app).go(`${SITE}/auth/login?${query}`)).status]).toEqual([query, 400]);
    console.log(`addresses elsewhere: tried ${attacks.length + 1}, accepted 0`);
    // Odd but ours: what comes out has our own origin before it.
    for (const returnTo of [
      '/.//evil.example',
      '/@evil.example',
      '/%2f%2fevil.example',
      '/x?to=//evil.example',
      '/%0d%0ax',
    ]) {
      const browser = newBrowser(app);
      const answer = await browser.go(await toCallback(app, browser, OWNER, returnTo));
      expect(new URL(answer.headers.get('location') ?? '').origin).toBe(SITE);
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
    const browser = await signIn(app);
    const cookie = browser.cookie(SESSION) ?? '';
    const callback = await toCallback(app, browser, OWNER);
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
    expect(await read(app, service, cookie)).toBe(200);

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
