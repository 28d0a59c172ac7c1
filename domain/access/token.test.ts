import {
  base64url,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWTHeaderParameters,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Unauthenticated, Unavailable } from '../errors.ts';
import { KeyCache } from './jwks.ts';
import { type TokenRules, verifyToken } from './token.ts';

const NOW = 1_795_000_000;
const rules: TokenRules = { issuer: 'https://issuer.example', audience: 'https://steward.example/api' };

const pair = (alg: string) => generateKeyPair(alg, { extractable: true });
const [es, rs, ed, stranger] = await Promise.all([pair('ES256'), pair('RS256'), pair('EdDSA'), pair('ES256')]);
const SIGNERS = {
  ES256: { key: es, kid: 'es' },
  RS256: { key: rs, kid: 'rs' },
  EdDSA: { key: ed, kid: 'ed' },
} as const;
const keySet = {
  keys: await Promise.all(
    Object.entries(SIGNERS).map(async ([alg, { key, kid }]) => ({ ...(await exportJWK(key.publicKey)), kid, alg })),
  ),
};

let keyFetches = 0;
const newKeys = (answer: () => Promise<typeof keySet> = async () => keySet) =>
  new KeyCache({
    fetch: () => {
      keyFetches++;
      return answer();
    },
    recall: async () => null,
    remember: async () => undefined,
    now: Date.now,
  });
let keys = newKeys();

const outbound = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('no token may cause a request'));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 });
  keyFetches = 0;
  keys = newKeys();
});
afterEach(() => {
  // Whatever the token said: nothing but the one JWKS was asked for.
  expect(outbound).not.toHaveBeenCalled();
  expect(keyFetches).toBeLessThanOrEqual(1);
  vi.useRealTimers();
});
afterAll(() => outbound.mockRestore());

const CLAIMS: JWTPayload = {
  iss: rules.issuer,
  aud: rules.audience,
  sub: 'test|1',
  sid: 'session-1',
  iat: NOW,
  nbf: NOW,
  exp: NOW + 300,
};
const HEADER = { alg: 'ES256', typ: 'at+jwt', kid: 'es' };

type Bend<T> = { [K in keyof T]?: T[K] | undefined } & Record<string, unknown>;

/** `undefined` takes a claim or a header field away. */
const mint = (claims: Bend<JWTPayload> = {}, header: Record<string, unknown> = {}, key = es.privateKey) =>
  new SignJWT(JSON.parse(JSON.stringify({ ...CLAIMS, ...claims })))
    .setProtectedHeader(JSON.parse(JSON.stringify({ ...HEADER, ...header })) as JWTHeaderParameters)
    .sign(key);
const verify = (token: string) => verifyToken(token, rules, keys);

async function refused(token: string): Promise<void> {
  const error = await verify(token).then(
    (principal) => `accepted: ${JSON.stringify(principal)}`,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Unauthenticated);
  expect((error as Unauthenticated).code).toBe('unauthenticated');
}

const segment = (value: unknown) => base64url.encode(JSON.stringify(value));

describe('access token', () => {
  it.each(Object.entries(SIGNERS))('signed with %s is accepted and gives its holder', async (alg, { key, kid }) => {
    const token = await mint({}, { alg, kid }, key.privateKey);
    expect(await verify(token)).toEqual({
      subject: 'test|1',
      sessionId: 'session-1',
      issuedAt: NOW,
      expiresAt: NOW + 300,
    });
    expect(keyFetches).toBe(1);
  });

  it.each([
    ['several audiences, ours among them', { aud: ['https://other.example', rules.audience] }, {}],
    ['no nbf', { nbf: undefined }, {}],
    ['claims of its own', { scope: 'admin', roles: ['owner'] }, {}],
    ['its type written as a media type', {}, { typ: 'application/at+jwt' }],
  ])('with %s is accepted', async (_, claims, header) => {
    expect((await verify(await mint(claims, header))).subject).toBe('test|1');
  });
});

describe('algorithm', () => {
  it('keeps of a session id that reads like a secret its hash only, always the same', async () => {
    const sid = `gh${'p'}_${'a1B2'.repeat(9)}`;
    const [one, two] = [
      await verifyToken(await mint({ sid }), rules, keys),
      await verifyToken(await mint({ sid }), rules, keys),
    ];
    expect(one.sessionId).toMatch(/^[0-9a-f]{64}$/);
    expect(two.sessionId).toBe(one.sessionId);
    expect((await verifyToken(await mint(), rules, keys)).sessionId).toBe('session-1');
  });

  it('none is refused, with and without a signature', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      const unsigned = `${segment({ ...HEADER, alg })}.${segment(CLAIMS)}`;
      await refused(`${unsigned}.`);
      await refused(`${unsigned}.${segment('signature')}`);
      await refused(unsigned);
    }
    expect(keyFetches).toBe(0);
  });

  it('HS256 keyed with the RSA public key is refused, in every form the key is published in', async () => {
    const jwk = await exportJWK(rs.publicKey);
    const spki = await exportSPKI(rs.publicKey);
    const der = new Uint8Array((await crypto.subtle.exportKey('spki', rs.publicKey)) as ArrayBuffer);
    const text = new TextEncoder();
    for (const secret of [spki, spki.trim(), JSON.stringify(jwk), jwk.n ?? '', der])
      for (const alg of ['HS256', 'HS384', 'HS512']) {
        const bytes = typeof secret === 'string' ? text.encode(secret) : secret;
        await refused(await new SignJWT(CLAIMS).setProtectedHeader({ ...HEADER, alg, kid: 'rs' }).sign(bytes));
      }
    expect(keyFetches).toBe(0);
  });

  it.each(['ES384', 'PS256', 'RS512'])('%s is refused although its key is well known', async (alg) => {
    const other = await pair(alg);
    const jwk = { ...(await exportJWK(other.publicKey)), kid: 'other' };
    keys = newKeys(async () => ({ keys: [...keySet.keys, jwk as (typeof keySet.keys)[number]] }));
    await refused(await mint({}, { alg, kid: 'other' }, other.privateKey));
  });

  it('of another key than the kid’s is refused', async () => {
    await refused(await mint({}, { kid: 'rs' }));
    await refused(await mint({}, { alg: 'RS256', kid: 'es' }, rs.privateKey));
    await refused(await mint({}, { alg: 'EdDSA', kid: 'es' }, ed.privateKey));
  });

  it.each(['es', undefined, 'mine'])('from an embedded or linked key is refused: kid %s', async (kid) => {
    const jwk = { ...(await exportJWK(stranger.publicKey)), kid: kid ?? 'x', alg: 'ES256' };
    const evil = 'https://evil.example/jwks.json';
    for (const extra of [{ jwk }, { jku: evil }, { x5u: evil }, { x5c: ['MIIB'] }, { jwk, jku: evil, x5u: evil }])
      await refused(await mint({}, { kid, ...extra }, stranger.privateKey));
  });

  it('by a stranger is refused', async () => {
    await refused(await mint({}, {}, stranger.privateKey));
  });

  it('with extensions we do not know is refused', async () => {
    const sign = (header: Record<string, unknown>) =>
      new SignJWT(CLAIMS).setProtectedHeader(header as unknown as JWTHeaderParameters).sign(es.privateKey, {
        crit: { 'urn:x': true },
      });
    await refused(await sign({ ...HEADER, crit: ['urn:x'], 'urn:x': 1 }));
    await refused(`${segment({ ...HEADER, crit: ['b64'], b64: false })}.${segment(CLAIMS)}.${segment('signature')}`);
  });
});

describe('token form', () => {
  it('with spaces or line breaks in it is refused, though jose reads it', async () => {
    const token = await mint();
    const places = [1, token.indexOf('.') + 3, token.lastIndexOf('.') + 3, token.length];
    for (const space of [' ', '\n', '\t', '\r\n', '\f'])
      for (const at of places) {
        const spaced = token.slice(0, at) + space + token.slice(at);
        await refused(spaced);
      }
    const inSignature = `${token.slice(0, -3)} ${token.slice(-3)}`;
    await expect(jwtVerify(inSignature, es.publicKey, rules)).resolves.toBeDefined();
    await refused(` ${token}`);
  });

  it('with non-zero bits after the end of its signature is refused, though jose reads it', async () => {
    const token = await mint();
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(token.at(-1) ?? '');
    expect(last % 16).toBe(0);
    for (let bits = 1; bits < 16; bits++) {
      const twin = token.slice(0, -1) + alphabet[last + bits];
      await expect(jwtVerify(twin, es.publicKey, rules)).resolves.toBeDefined();
      await refused(twin);
    }
  });

  it('in another alphabet, padded or cut is refused', async () => {
    const token = await mint();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const spellings = [
      '',
      '.',
      '..',
      '...',
      `${token}=`,
      `${token}==`,
      `${token}.`,
      `.${token}`,
      `${token}.${signature}`,
      `${header}..${signature}`,
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `.${payload}.${signature}`,
      `${token.slice(0, -1)}`,
      `${header}.${payload}.${signature.slice(0, 40)}`,
      `${header}.${payload}.${signature}AAAA`,
      `${header}.${payload}.+/${signature.slice(2)}`,
      `${header}.${payload}.é${signature}`,
      `${segment([])}.${payload}.${signature}`,
      `${segment(null)}.${payload}.${signature}`,
      `${base64url.encode('{')}.${payload}.${signature}`,
      `${base64url.encode(new Uint8Array([255, 254, 253]))}.${payload}.${signature}`,
    ];
    for (const spelling of spellings) await refused(spelling);
  });

  it('changed after it was signed is refused, anywhere', async () => {
    const token = await mint();
    const [header = '', payload = '', signature = ''] = token.split('.');
    await refused(`${segment({ ...HEADER, x: 1 })}.${payload}.${signature}`);
    await refused(`${header}.${segment({ ...CLAIMS, sub: 'test|2' })}.${signature}`);
    await refused(`${header}.${payload}.${(await mint({ sub: 'test|2' })).split('.')[2]}`);
    expect((await verify(token)).subject).toBe('test|1');
  });

  it('with a payload that is no set of claims is refused', async () => {
    for (const payload of ['[]', 'null', '1', '"text"', '{', '']) {
      const input = `${segment(HEADER)}.${base64url.encode(payload)}`;
      const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
      const signature = await crypto.subtle.sign(algorithm, es.privateKey, new TextEncoder().encode(input));
      await refused(`${input}.${base64url.encode(new Uint8Array(signature))}`);
    }
  });

  it('longer than 8 KiB is refused before anybody reads it', async () => {
    await refused(await mint({ filler: 'x'.repeat(8192) }));
    expect(keyFetches).toBe(0);
    expect((await verify(await mint({ filler: 'x'.repeat(5000) }))).subject).toBe('test|1');
  });
});

describe('kid', () => {
  it.each([
    '../x',
    '../../etc/passwd',
    "'",
    '"',
    "' OR 1=1 --",
    '__proto__',
    'constructor',
    'toString',
    'https://evil.example/key',
    'es\u0000',
    'ES',
    ' es',
    '',
    'x'.repeat(10_000),
    'x'.repeat(5000),
    ['es'],
    { kid: 'es' },
    1,
    true,
  ])('%j is refused, whoever signed', async (kid) => {
    await refused(await mint({}, { kid }, stranger.privateKey));
    // Signed by the right key: a kid that is text must be that key's.
    if (typeof kid === 'string') await refused(await mint({}, { kid }));
  });
});

describe('claims', () => {
  it.each([
    ['another audience', { aud: 'https://other.example' }],
    ['an audience that only begins like ours', { aud: `${rules.audience}/x` }],
    ['no audience', { aud: undefined }],
    ['an empty audience', { aud: [] }],
    ['another issuer', { iss: 'https://issuer.example.evil' }],
    ['the issuer with a slash', { iss: `${rules.issuer}/` }],
    ['no issuer', { iss: undefined }],
    ['a list of issuers', { iss: [rules.issuer] }],
    ['no subject', { sub: undefined }],
    ['an empty subject', { sub: '' }],
    ['a subject that is a number', { sub: 1 }],
    ['a subject that is a list', { sub: ['test|1'] }],
    ['a subject of 201 characters', { sub: 'x'.repeat(201) }],
    ['no session', { sid: undefined }],
    ['an empty session', { sid: '' }],
    ['a session that is an object', { sid: {} }],
    ['a session of 201 characters', { sid: 'x'.repeat(201) }],
    ['no iat', { iat: undefined }],
    ['an iat that is text', { iat: String(NOW) }],
    ['no exp', { exp: undefined }],
    ['an exp that is text', { exp: String(NOW + 300) }],
    ['an exp that is null', { exp: null }],
    ['an nbf that is text', { nbf: String(NOW) }],
  ])('with %s are refused', async (_, claims) => {
    await refused(await mint(claims as Bend<JWTPayload>));
  });

  it.each(['JWT', 'jwt', 'id+jwt', 'logout+jwt', 'at+jwt2', '', undefined])(
    'of a token that is no access token are refused: typ %s',
    async (typ) => {
      await refused(await mint({ nonce: 'n', auth_time: NOW }, { typ }));
    },
  );

  it.each([
    ['exp', -61, false],
    ['exp', -60, false],
    ['exp', -59, true],
    ['nbf', 61, false],
    ['nbf', 60, true],
    ['nbf', 59, true],
  ])('with %s %i s from now: accepted %s', async (claim, seconds, accepted) => {
    const token = await mint({ [claim]: NOW + seconds });
    if (accepted) expect((await verify(token)).subject).toBe('test|1');
    else await refused(token);
  });

  it('that have expired say so, and nothing else says why', async () => {
    await expect(verify(await mint({ exp: NOW - 61 }))).rejects.toThrow('expired');
    const details = await Promise.all(
      [mint({ aud: 'x' }), mint({ iss: 'x' }), mint({}, { typ: 'JWT' }), mint({}, {}, stranger.privateKey)].map(
        async (token) => verify(await token).catch((error: Error) => error.message),
      ),
    );
    expect(new Set(details)).toEqual(new Set(['The access token is not valid here.']));
  });
});

describe('an issuer that is away', () => {
  it('makes the answer "unavailable", not "unauthenticated"', async () => {
    keys = newKeys(() => Promise.reject(new Error('away')));
    const error = await verify(await mint()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Unavailable);
    expect((error as Unavailable).status).toBe(503);
    await refused(await mint({}, { alg: 'HS256' }, stranger.privateKey).catch(() => 'a.b.c'));
  });
});
