import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Issuer, startIssuer } from './issuer.ts';

const AUDIENCE = 'https://api.example.test/v1';
const CALLBACK = 'http://127.0.0.1:3001/auth/callback';
const ADA = { subject: 'ada', email: 'ada@example.test', name: 'Ada <script>"L\'' };
const BOB = { subject: 'bob', email: 'bob@example.test', name: 'Bob' };
// RFC 7636, appendix B
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

let folder: string;
let issuer: Issuer;

const start = (o: Partial<Parameters<typeof startIssuer>[0]> = {}) =>
  startIssuer({ audience: AUDIENCE, accounts: [ADA, BOB], ...o });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-oidc-'));
  issuer = await start({ stateFile: join(folder, 'issuer.json') });
});

afterAll(async () => {
  await issuer.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(() => {
  for (const name of ['log', 'info', 'warn', 'error'] as const) vi.spyOn(console, name);
});

afterEach(() => {
  for (const name of ['log', 'info', 'warn', 'error'] as const) expect(console[name]).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

function verify(token: string, from = issuer) {
  const keys = createRemoteJWKSet(new URL(from.jwksUrl));
  return jwtVerify(token, keys, { issuer: from.url, audience: AUDIENCE, typ: 'at+jwt' });
}

/** As much of a browser as the flow needs: keeps cookies by path, follows no redirect by itself. */
class Browser {
  readonly #cookies = new Map<string, { value: string; path: string }>();

  async go(url: string, form?: Record<string, string>): Promise<Response> {
    const { pathname } = new URL(url);
    const sent = [...this.#cookies].filter(([, { path }]) => pathname.startsWith(path));
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: sent.map(([name, { value }]) => `${name}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      const path = /; ?path=([^;]+)/i.exec(line)?.[1] ?? '/';
      if (/expires=Thu, 01 Jan 1970/i.test(line)) this.#cookies.delete(name);
      else this.#cookies.set(name, { value, path });
    }
    return response;
  }

  /** Follows redirects within the issuer; answers the page, or the address that leads elsewhere. */
  async follow(url: string, form?: Record<string, string>): Promise<{ page?: string; url: string; status: number }> {
    const response = await this.go(url, form);
    const location = response.headers.get('location');
    if (location === null) return { page: await response.text(), url, status: response.status };
    const next = new URL(location, url).href;
    return next.startsWith(issuer.url) ? this.follow(next) : { url: next, status: response.status };
  }
}

function authorization(changes: Record<string, string | undefined> = {}): string {
  const parameters = {
    client_id: 'steward-web',
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid email profile admin',
    state: 'xyz',
    nonce: 'n-1',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...changes,
  };
  const set = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `${issuer.url}/auth?${new URLSearchParams(set)}`;
}

function redeem(code: string, changes: Record<string, string> = {}): Promise<Response> {
  const form = { client_id: 'steward-web', grant_type: 'authorization_code', code, redirect_uri: CALLBACK };
  return fetch(`${issuer.url}/token`, {
    method: 'POST',
    body: new URLSearchParams({ ...form, code_verifier: VERIFIER, ...changes }),
  });
}

async function signIn(browser: Browser, account: string, changes = {}): Promise<URL> {
  const login = await browser.follow(authorization(changes));
  expect(login.page).toContain('Sign in to Steward');
  const done = await browser.follow(login.url, { account });
  expect(done.page).toBeUndefined();
  return new URL(done.url);
}

describe('discovery', () => {
  it('names the issuer, its endpoints and its keys', async () => {
    const document = await (await fetch(`${issuer.url}/.well-known/openid-configuration`)).json();
    expect(document).toMatchObject({
      issuer: issuer.url,
      jwks_uri: issuer.jwksUrl,
      authorization_endpoint: `${issuer.url}/auth`,
      token_endpoint: `${issuer.url}/token`,
      end_session_endpoint: `${issuer.url}/session/end`,
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: ['ES256'],
    });
  });

  it('publishes the public half of the key only, and counts who asks', async () => {
    const before = issuer.jwksRequests();
    const { keys } = (await (await fetch(issuer.jwksUrl)).json()) as { keys: object[] };
    const { d, ...half } = issuer.signingKey;
    expect(keys).toEqual([half]);
    expect(d).toEqual(expect.any(String));
    expect(issuer.jwksRequests()).toBe(before + 1);
  });
});

describe('an access token', () => {
  it('verifies against the published keys and has the claims of RFC 9068', async () => {
    const token = await issuer.accessToken({
      subject: 'eve',
      email: 'eve@example.test',
      sessionId: 's-1',
      ttlSeconds: 60,
    });
    const { payload, protectedHeader } = await verify(token);
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: issuer.signingKey.kid });
    const { iat = 0, exp, nbf, jti, ...rest } = payload;
    expect(rest).toEqual({
      iss: issuer.url,
      aud: AUDIENCE,
      sub: 'eve',
      client_id: 'steward-web',
      scope: 'admin',
      sid: 's-1',
      email: 'eve@example.test',
    });
    expect({ exp, nbf }).toEqual({ exp: iat + 60, nbf: iat });
    expect(jti).toEqual(expect.any(String));
  });

  it('is different each time, also for requests at once', async () => {
    const wanted = Array.from({ length: 20 }, (_, i) => ({
      subject: 'ada',
      email: `${i}@example.test`,
      sessionId: `s-${i}`,
    }));
    const tokens = (await Promise.all(wanted.map(issuer.accessToken))).map(decodeJwt);
    expect(tokens.map(({ email, sid }) => ({ subject: 'ada', email, sessionId: sid }))).toEqual(wanted);
    expect(new Set(tokens.map(({ jti }) => jti)).size).toBe(20);
  });

  it('may be one that has expired, or one forged with the key', async () => {
    const old = await issuer.accessToken({ subject: 'ada', email: ADA.email, sessionId: 's', ttlSeconds: -1 });
    await expect(verify(old)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
    const forged = await new SignJWT({ iss: issuer.url, aud: AUDIENCE })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: issuer.signingKey.kid ?? '' })
      .sign(issuer.signingKey);
    expect((await verify(forged)).payload.aud).toBe(AUDIENCE);
  });
});

describe('signing in', () => {
  it('with code and PKCE gives tokens that name the session', async () => {
    const callback = await signIn(new Browser(), 'ada');
    expect(callback.origin + callback.pathname).toBe(CALLBACK);
    expect(Object.fromEntries(callback.searchParams)).toMatchObject({ state: 'xyz', iss: issuer.url });
    const answer = await redeem(callback.searchParams.get('code') ?? '');
    const tokens = (await answer.json()) as Record<string, string>;
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 900, scope: 'admin' });
    const { payload } = await verify(tokens.access_token ?? '');
    expect(payload).toMatchObject({
      sub: 'ada',
      email: ADA.email,
      client_id: 'steward-web',
      scope: 'admin',
      sid: expect.stringMatching(/./),
      nbf: payload.iat,
    });
    expect(decodeProtectedHeader(tokens.id_token ?? '').alg).toBe('ES256');
    expect(decodeJwt(tokens.id_token ?? '')).toMatchObject({
      iss: issuer.url,
      aud: 'steward-web',
      sub: 'ada',
      nonce: 'n-1',
      email: ADA.email,
      name: ADA.name,
    });
  });

  it('again needs no choice while the session lasts, and keeps its sid; another browser gets its own', async () => {
    const browser = new Browser();
    const sid = async (callback: URL): Promise<unknown> => {
      const tokens = (await (await redeem(callback.searchParams.get('code') ?? '')).json()) as { access_token: string };
      return decodeJwt(tokens.access_token).sid;
    };
    const first = await sid(await signIn(browser, 'bob'));
    const again = await browser.follow(authorization());
    expect(await sid(new URL(again.url))).toBe(first);
    expect(await sid(await signIn(new Browser(), 'bob'))).not.toBe(first);
  });

  it('ends with the session', async () => {
    const browser = new Browser();
    await signIn(browser, 'bob');
    const asked = await browser.follow(`${issuer.url}/session/end?client_id=steward-web`);
    const secret = /name="xsrf" value="([^"]+)"/.exec(asked.page ?? '')?.[1] ?? '';
    expect((await browser.follow(`${issuer.url}/session/end/confirm`, { xsrf: secret, logout: 'yes' })).page).toContain(
      'You are signed out',
    );
    expect((await browser.follow(authorization())).page).toContain('Sign in to Steward');
  });

  it('lists the accounts, their names as text', async () => {
    const { page = '' } = await new Browser().follow(authorization());
    expect(page).toContain('bob@example.test');
    expect(page).toContain('Ada &#60;script&#62;&#34;L&#39;');
    expect(page).not.toContain('<script>');
  });

  it('can be cancelled', async () => {
    const browser = new Browser();
    const login = await browser.follow(authorization());
    const { url } = await browser.follow(login.url, { cancel: 'yes' });
    expect(new URL(url).searchParams.get('error')).toBe('access_denied');
  });

  it('comes back to any port of this machine, by either name, and nowhere else', async () => {
    for (const redirect_uri of ['http://localhost:3001/auth/callback', 'http://127.0.0.1:4567/auth/callback']) {
      const callback = await signIn(new Browser(), 'ada', { redirect_uri });
      expect(callback.origin + callback.pathname).toBe(redirect_uri);
    }
    for (const redirect_uri of ['https://evil.example/auth/callback', 'http://127.0.0.1:3001/other']) {
      const refused = await new Browser().follow(authorization({ redirect_uri }));
      expect(refused).toMatchObject({ status: 400, page: expect.stringContaining('That did not work') });
    }
  });
});

describe('a machine', () => {
  const ask = (secret: string, form: Record<string, string> = {}) => {
    const credentials = Buffer.from(`${issuer.machine.clientId}:${secret}`).toString('base64');
    return fetch(`${issuer.url}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${credentials}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'admin', ...form }),
    });
  };

  it('fetches tokens of RFC 9068 with its secret, all of one session', async () => {
    const tokens = [];
    for (let i = 0; i < 2; i++)
      tokens.push((await (await ask(issuer.machine.clientSecret)).json()) as Record<string, string>);
    expect(tokens[0]).toMatchObject({ token_type: 'Bearer', expires_in: 900, scope: 'admin' });
    const { payload } = await verify(tokens[0]?.access_token ?? '');
    expect(payload).toMatchObject({
      ...{ iss: issuer.url, aud: AUDIENCE, sub: 'steward-machine', client_id: 'steward-machine' },
      ...{ sid: 'steward-machine', nbf: payload.iat },
    });
    const [first, second] = tokens.map(({ access_token = '' }) => decodeJwt(access_token));
    expect(second?.jti).not.toBe(first?.jti);
  });

  it('is refused with another secret, for another audience, and where a person signs in', async () => {
    expect((await ask('not-the-secret')).status).toBe(401);
    expect((await ask(issuer.machine.clientSecret, { resource: 'https://other.example' })).status).toBe(400);
    const page = await new Browser().follow(authorization({ client_id: 'steward-machine' }));
    expect(page.status).toBe(400);
    const asWeb = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'steward-web', scope: 'admin' });
    expect((await fetch(`${issuer.url}/token`, { method: 'POST', body: asWeb })).status).toBe(400);
  });

  it('keeps its secret over a restart, and gets one where the file is from before there were machines', async () => {
    const stateFile = join(folder, 'machine.json');
    const secrets = [];
    for (const forget of [false, true, false]) {
      const one = await start({ stateFile });
      secrets.push(one.machine.clientSecret);
      await one.close();
      const { machineSecret: _, ...older } = JSON.parse(await readFile(stateFile, 'utf8')) as Record<string, unknown>;
      if (forget) await writeFile(stateFile, JSON.stringify(older));
    }
    expect(secrets[1]).toBe(secrets[0]);
    expect(secrets[2]).not.toBe(secrets[1]);
    expect(new Set(secrets.map((secret) => secret.length))).toEqual(new Set([43]));
  });
});

describe('what is refused', () => {
  it('a flow without PKCE', async () => {
    const { url } = await new Browser().follow(
      authorization({ code_challenge: undefined, code_challenge_method: undefined }),
    );
    expect(new URL(url).searchParams.get('error')).toBe('invalid_request');
  });

  it('a code with another verifier, and one used twice', async () => {
    const code = async () => (await signIn(new Browser(), 'ada')).searchParams.get('code') ?? '';
    expect((await redeem(await code(), { code_verifier: VERIFIER.replace('d', 'e') })).status).toBe(400);
    const used = await code();
    expect((await redeem(used)).status).toBe(200);
    expect((await redeem(used)).status).toBe(400);
  });

  it('another audience, an unknown account, a sign-in nobody began', async () => {
    const elsewhere = await new Browser().follow(authorization({ resource: 'https://other.example' }));
    expect(new URL(elsewhere.url).searchParams.get('error')).toBe('invalid_target');
    const browser = new Browser();
    const login = await browser.follow(authorization());
    expect(await browser.follow(login.url, { account: 'mallory' })).toMatchObject({ status: 400 });
    expect(await new Browser().follow(login.url)).toMatchObject({ status: 400 });
  });
});

describe('a restart', () => {
  it('keeps port and key, so that tokens stay valid; the file is private', async () => {
    const stateFile = join(folder, 'kept', 'issuer.json');
    const first = await start({ stateFile });
    const token = await first.accessToken({ subject: 'ada', email: ADA.email, sessionId: 's' });
    await first.close();
    const second = await start({ stateFile });
    expect(second.url).toBe(first.url);
    expect((await verify(token, second)).payload.sub).toBe('ada');
    expect((await stat(stateFile)).mode & 0o777).toBe(0o600);
    const third = await start({ stateFile });
    expect(third.url).not.toBe(second.url);
    await Promise.all([second.close(), third.close()]);
  });

  it('says what to do about a busy port or a broken file', async () => {
    const port = Number(new URL(issuer.url).port);
    await expect(start({ port })).rejects.toThrow(`Port ${port} is in use: stop the program that uses it`);
    const stateFile = join(folder, 'broken.json');
    await writeFile(stateFile, '{"signing');
    await expect(start({ stateFile })).rejects.toThrow('delete it, and sign in again');
  });
});
