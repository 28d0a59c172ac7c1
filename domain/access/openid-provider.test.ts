import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DomainError } from '../errors.ts';
import { OpenIdProvider, type ProviderOptions } from './openid-provider.ts';

const ISSUER = 'https://issuer.example';
const CLIENT = 'steward web';
const SECRETS = { state: '0a1b2c3d.state', nonce: 'nonce', verifier: 'v'.repeat(43) };
const METADATA = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize?tenant=1`,
  token_endpoint: `${ISSUER}/token`,
  jwks_uri: `${ISSUER}/keys`,
  end_session_endpoint: `${ISSUER}/end`,
  id_token_signing_alg_values_supported: ['ES256'],
};

let key: CryptoKey;
let stranger: CryptoKey;
let jwk: object;
beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  key = pair.privateKey;
  jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1' };
  stranger = (await generateKeyPair('ES256')).privateKey;
});
afterEach(() => vi.restoreAllMocks());

const now = () => Math.floor(Date.now() / 1000);

async function idToken(claims: Record<string, unknown> = {}, header: object = {}, by = key) {
  const payload = { iss: ISSUER, aud: CLIENT, sub: 'ada', nonce: 'nonce', iat: now(), exp: now() + 60, ...claims };
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header }).sign(by);
}

type Answers = Partial<Record<'discovery' | 'token' | 'keys', () => Response | Promise<Response>>>;

/** Answers for the issuer, instead of the network. */
function issuerWith(answers: Answers) {
  const requests: Request[] = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const request = new Request(input as string, init as RequestInit);
    requests.push(request);
    if (request.url === `${ISSUER}/token`) return answers.token?.() ?? new Response('', { status: 500 });
    if (request.url === `${ISSUER}/keys`) return answers.keys?.() ?? Response.json({ keys: [jwk] });
    if (request.url === `${ISSUER}/.well-known/openid-configuration`)
      return answers.discovery?.() ?? Response.json(METADATA);
    throw new TypeError(`nothing is at ${request.url}`);
  });
  return requests;
}

const provider = (changes: Partial<ProviderOptions> = {}) =>
  new OpenIdProvider({
    issuer: ISSUER,
    clientId: CLIENT,
    clientSecret: undefined,
    redirectUri: 'https://steward.example/auth/callback',
    postLogoutRedirectUri: 'https://steward.example/',
    allowHttp: false,
    now: Date.now,
    ...changes,
  });

const callback = (more: Record<string, string> = {}) =>
  new URLSearchParams({ code: 'the-code', state: SECRETS.state, ...more });

const tokens = (id: string | undefined) => () =>
  Response.json({ access_token: 'at-secret', token_type: 'Bearer', ...(id === undefined ? {} : { id_token: id }) });

async function outcome(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    (value) => value,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DomainError)) return error;
  // What is logged says what was wrong and holds neither code nor token.
  const logged = String(error.cause);
  expect(logged).toMatch(/^Error: \S/);
  for (const secret of ['the-code', 'at-secret', 'eyJ', SECRETS.verifier, 'clientSecret'])
    expect(logged).not.toContain(secret);
  return error.code;
}

describe('the OpenID provider', () => {
  it('is asked with code flow, PKCE, state and nonce', async () => {
    issuerWith({});
    const url = new URL(await provider().authorizationUrl(SECRETS, undefined));
    expect(url.origin + url.pathname).toBe(`${ISSUER}/authorize`);
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(SECRETS.verifier));
    expect(Object.fromEntries(url.searchParams)).toEqual({
      tenant: '1',
      response_type: 'code',
      client_id: CLIENT,
      redirect_uri: 'https://steward.example/auth/callback',
      scope: 'openid',
      state: SECRETS.state,
      nonce: SECRETS.nonce,
      code_challenge: new Uint8Array(digest).toBase64({ alphabet: 'base64url', omitPadding: true }),
      code_challenge_method: 'S256',
    });
    expect(await provider().authorizationUrl(SECRETS, 'login')).toContain('prompt=login');
  });

  it.each([
    ['a public client', undefined, null, CLIENT],
    ['a client with a secret', 'clientSecret:%', `Basic ${btoa('steward+web:clientSecret%3A%25')}`, null],
  ])('redeems the code as %s', async (_, clientSecret, authorization, clientId) => {
    const requests = issuerWith({ token: tokens(await idToken()) });
    expect(await provider({ clientSecret }).subjectOf(callback(), SECRETS)).toBe('ada');
    const request = requests.find(({ url }) => url.endsWith('/token')) as Request;
    expect(request.headers.get('authorization')).toBe(authorization);
    const form = new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer()));
    expect(form.get('client_id')).toBe(clientId);
    expect(Object.fromEntries(form)).toMatchObject({
      grant_type: 'authorization_code',
      code: 'the-code',
      code_verifier: SECRETS.verifier,
      redirect_uri: 'https://steward.example/auth/callback',
    });
  });

  it('is believed only with an ID token that is signed, current, ours and of this sign-in', async () => {
    const unsigned = (header: object, payload: object) =>
      `${[header, payload].map((part) => btoa(JSON.stringify(part)).replaceAll('=', '')).join('.')}.`;
    const claims = { iss: ISSUER, aud: CLIENT, sub: 'ada', nonce: 'nonce', iat: now(), exp: now() + 60 };
    const hs256 = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(JSON.stringify(jwk)));
    const table: [string, string | undefined][] = [
      ['none at all', undefined],
      ['another nonce', await idToken({ nonce: 'other' })],
      ['no nonce', await idToken({ nonce: undefined })],
      ['another audience', await idToken({ aud: 'other' })],
      ['several audiences, made for another', await idToken({ aud: [CLIENT, 'other'], azp: 'other' })],
      ['another issuer', await idToken({ iss: 'https://evil.example' })],
      ['expired', await idToken({ exp: now() - 90 })],
      ['no subject', await idToken({ sub: undefined })],
      ['a stranger’s signature', await idToken({}, {}, stranger)],
      ['an unknown key', await idToken({}, { kid: 'k2' })],
      ['alg none', unsigned({ alg: 'none' }, claims)],
      ['HS256', hs256],
      ['no JWT', 'abc'],
      ['a changed payload', (await idToken()).replace(/\.(\w{20})/, '.AAAAAAAAAAAAAAAAAAAA')],
    ];
    for (const [name, token] of table) {
      issuerWith({ token: tokens(token) });
      const code = await outcome(provider().subjectOf(callback(), SECRETS));
      expect([name, code]).not.toEqual([name, 'ada']);
      expect([name, ['sign_in_failed', 'dependency_unavailable'].includes(code as string)]).toEqual([name, true]);
    }
    console.log(`ID tokens that prove nothing: tried ${table.length}, believed 0`);
  });

  const failures: [string, Answers, Record<string, string>, string][] = [
    ['an answer that it was cancelled', {}, { error: 'access_denied' }, 'sign_in_failed'],
    ['an answer that it is in trouble', {}, { error: 'temporarily_unavailable' }, 'dependency_unavailable'],
    ['another state', {}, { state: 'x' }, 'sign_in_failed'],
    ['another issuer’s answer', {}, { iss: 'https://evil.example' }, 'sign_in_failed'],
    [
      'a code that was used',
      { token: () => Response.json({ error: 'invalid_grant' }, { status: 400 }) },
      {},
      'sign_in_failed',
    ],
    [
      'a client it does not know',
      { token: () => Response.json({ error: 'invalid_client' }, { status: 401 }) },
      {},
      'dependency_unavailable',
    ],
    ['500 for the code', { token: () => new Response('', { status: 500 }) }, {}, 'dependency_unavailable'],
    ['a page for the code', { token: () => new Response('<html>') }, {}, 'dependency_unavailable'],
    [
      'a redirect for the code',
      { token: () => Response.redirect('https://evil.example', 307) },
      {},
      'dependency_unavailable',
    ],
    [
      'a connection that breaks',
      { token: () => Promise.reject(new TypeError('broken')) },
      {},
      'dependency_unavailable',
    ],
    ['no keys', { keys: () => new Response('', { status: 500 }) }, {}, 'dependency_unavailable'],
    ['no metadata', { discovery: () => new Response('', { status: 404 }) }, {}, 'dependency_unavailable'],
    [
      'another’s metadata',
      { discovery: () => Response.json({ ...METADATA, issuer: 'https://evil.example' }) },
      {},
      'dependency_unavailable',
    ],
  ];
  it.each(failures)('fails the sign-in on %s', async (_, answers, parameters, code) => {
    const good = tokens(await idToken());
    issuerWith({ token: good, ...answers });
    expect(await outcome(provider().subjectOf(callback(parameters), SECRETS))).toBe(code);
  });

  it('is asked for its metadata once an hour, and once a second while it is away', async () => {
    let time = 1_800_000_000_000;
    let away = true;
    const requests = issuerWith({
      discovery: () => (away ? new Response('', { status: 500 }) : Response.json(METADATA)),
    });
    const slow = provider({ now: () => time });
    for (let i = 0; i < 5; i++) expect(await outcome(slow.endSessionUrl())).toBe('dependency_unavailable');
    expect(requests).toHaveLength(1);
    time += 1000;
    away = false;
    for (let i = 0; i < 5; i++) expect(await slow.endSessionUrl()).toContain(`${ISSUER}/end?client_id=steward+web&`);
    expect(requests).toHaveLength(2);
    time += 3_599_999;
    await slow.endSessionUrl();
    expect(requests).toHaveLength(2);
    time += 1;
    await slow.endSessionUrl();
    expect(requests).toHaveLength(3);
  });

  it('must be reached by https, except on the same machine for development', async () => {
    const requests = issuerWith({});
    expect(await outcome(provider({ issuer: 'http://issuer.example' }).endSessionUrl())).toBe('dependency_unavailable');
    expect(requests).toHaveLength(0);
  });

  it('need not know a sign-out', async () => {
    issuerWith({ discovery: () => Response.json({ ...METADATA, end_session_endpoint: undefined }) });
    expect(await provider().endSessionUrl()).toBeNull();
  });
});
