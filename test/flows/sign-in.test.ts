import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person, startApp } from '../app.ts';

let app: App;
let owner: Person;
let service: string;
beforeAll(async () => {
  app = await commonApp();
  owner = await app.person('owner');
  service = await app.service();
});
afterAll(() => app.stop());

const config = (token?: string) =>
  app.call('GET', `/v1/admin/services/${service}/config`, token === undefined ? {} : { as: token });
const now = () => Math.floor(Date.now() / 1000);
const claims = (more: object = {}) => ({ sub: owner.subject, sid: owner.sessionId, ...more });
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('sign-in', () => {
  it('lets a valid token in and lists its session with an anonymised address', async () => {
    expect((await config(owner.token)).status).toBe(200);
    const { rows } = await app.db.query('SELECT * FROM admin_sessions WHERE id = $1', [owner.sessionId]);
    expect(rows).toMatchObject([{ admin_id: owner.id, revoked_at: null }]);
    expect(rows[0].ip_address).toMatch(/\.0$|^::$/);
  });

  it('refuses every wrong claim and takes 60 seconds of skew', async () => {
    const table: [string, object, object, number][] = [
      ['wrong audience', { aud: 'somebody-else' }, {}, 401],
      ['wrong issuer', { iss: 'https://evil.example' }, {}, 401],
      ['an ID token', {}, { typ: 'JWT' }, 401],
      ['expired 61 s ago', { exp: now() - 61 }, {}, 401],
      ['expired 58 s ago', { exp: now() - 58 }, {}, 200],
      ['not before 63 s on', { nbf: now() + 63 }, {}, 401],
      ['not before 57 s on', { nbf: now() + 57 }, {}, 200],
      ['no sid', { sid: undefined }, {}, 401],
      ['an unknown kid', {}, { kid: '../x' }, 401],
      ['a kid with a quote', {}, { kid: "'" }, 401],
      ['a kid named __proto__', {}, { kid: '__proto__' }, 401],
      ['a kid of 10 kB', {}, { kid: 'k'.repeat(10_000) }, 401],
    ];
    for (const [name, payload, header, status] of table) {
      const answer = await config(await app.mint(claims(payload), header as Record<string, unknown>));
      expect([name, answer.status]).toEqual([name, status]);
      if (status === 401) expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    }
    console.log(`wrong claims: tried ${table.length}, failed 0`);
  });

  it('refuses forged algorithms and keys named by the token, and fetches nothing for them', async () => {
    let fetched = 0;
    const evil = createServer((_, response) => {
      fetched++;
      response.end('{"keys":[]}');
    });
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(evil.address() as AddressInfo).port}/jwks`;
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    const payload = claims({ iss: app.engines.issuer.url, aud: app.engines.audience, iat: now(), exp: now() + 60 });
    const forge = (header: object) =>
      new SignJWT(payload).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...header }).sign(privateKey);
    const { d: _, ...publicJwk } = app.engines.issuer.signingKey;
    const issuerKey = await importJWK(publicJwk, 'ES256');
    const pem = await exportSPKI(issuerKey as Parameters<typeof exportSPKI>[0]);
    const head = (header: object) => `${part(header)}.${part(payload)}`;
    const hs256 = head({ alg: 'HS256', typ: 'at+jwt', kid: app.engines.issuer.signingKey.kid });
    const tokens = {
      none: `${head({ alg: 'none', typ: 'at+jwt' })}.`,
      'none with a signature': `${head({ alg: 'none', typ: 'at+jwt' })}.AAAA`,
      'HS256 over the public key': `${hs256}.${createHmac('sha256', pem).update(hs256).digest('base64url')}`,
      jwk: await forge({ jwk }),
      jku: await forge({ jku: url }),
      x5u: await forge({ x5u: url }),
      'a stranger’s key under our kid': await forge({ kid: app.engines.issuer.signingKey.kid }),
    };
    for (const [name, token] of Object.entries(tokens))
      expect([name, (await config(token)).status]).toEqual([name, 401]);
    evil.close();
    expect(fetched).toBe(0);
    console.log(`forged tokens: tried ${Object.keys(tokens).length}, accepted 0, outbound fetches ${fetched}`);
  });

  it('refuses every spelling of a token but its own', async () => {
    const [head, body, signature] = owner.token.split('.') as [string, string, string];
    const last = signature.at(-1) as string;
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // 64 bytes leave four unused bits in the last character: a lenient decoder takes all of these for the same token.
    const twins = [1, 2, 3].map((bits) => signature.slice(0, -1) + alphabet[alphabet.indexOf(last) ^ bits]);
    const spellings = [
      ...twins.map((twin) => `${head}.${body}.${twin}`),
      `${head}.${body}.${signature}=`,
      `${head}.${body}.${signature}.`,
    ];
    for (const token of spellings) expect((await config(token)).status).toBe(401);
    expect(
      (
        await app.call('GET', `/v1/admin/services/${service}/config`, {
          headers: { Authorization: `Bearer ${head}.${body}. ${signature}` },
        })
      ).status,
    ).toBe(401);
    expect((await config()).status).toBe(401);
    console.log(`other spellings: tried ${spellings.length + 2}, accepted 0`);
  });

  it('ends a session with the next request, wherever it is used', async () => {
    const admin = await app.person('owner');
    expect((await config(admin.token)).status).toBe(200);
    const other = await app.person('owner');
    const gone = await app.call('DELETE', `/v1/admin/sessions/${admin.sessionId}`, { as: other });
    expect(gone.status).toBe(200);
    for (const path of [
      `/v1/admin/services/${service}/config`,
      '/v1/audit/logs',
      '/v1/admin/exports/01900000-0000-7000-8000-000000000000',
    ]) {
      const answer = await app.call('GET', path, { as: admin });
      expect([path, answer.status, answer.json.code]).toEqual([path, 401, 'session_ended']);
    }
    const fresh = await app.mint({ sub: admin.subject, sid: 'another-session' });
    expect((await config(fresh)).status).toBe(200);
    await app.db.query(`UPDATE admins SET sessions_not_before = now() + interval '2 seconds' WHERE id = $1`, [
      admin.id,
    ]);
    expect((await config(fresh)).json.code).toBe('session_ended');
  });

  it('refuses a session of somebody else, locked admins and people who are none', async () => {
    const [one, two] = [await app.person('owner'), await app.person('owner')];
    await config(one.token);
    expect((await config(await app.mint({ sub: two.subject, sid: one.sessionId }))).status).toBe(401);
    await app.db.query(`UPDATE admins SET status = 'locked' WHERE id = $1`, [two.id]);
    expect((await config(two.token)).json.code).toBe('admin_locked');
    expect((await config(await app.mint({ sub: 'nobody', sid: 'x' }))).json.code).toBe('not_an_admin');
    expect((await config((await app.person(null)).token)).status).toBe(404);
  });

  it('goes on with known keys while the issuer is away', async () => {
    const started = await startApp({ OIDC_JWKS_URL: 'http://127.0.0.1:9/jwks' });
    try {
      const person = await started.person('owner');
      const cold = await started.call('GET', '/v1/audit/logs', { as: person });
      expect([cold.status, cold.json.code]).toEqual([503, 'dependency_unavailable']);
      const kv = await started.worker().miniflare.getKVNamespace('LAST_KNOWN_GOOD');
      const keys = await (await fetch(app.engines.issuer.jwksUrl)).json();
      await kv.put('jwks', JSON.stringify({ keys, fetchedAt: Date.now() - 3_600_000 }));
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      expect((await started.call('GET', '/v1/audit/logs', { as: person })).status).toBe(200);
    } finally {
      await started.stop();
    }
  });
});
