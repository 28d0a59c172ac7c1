import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { sealSession } from '../../domain/access/browser-session.ts';
import { RecentTokens } from '../../domain/access/recent-tokens.ts';
import type { SealingKeys } from '../../domain/access/seal.ts';
import type { HttpEnv } from '../http.ts';
import { toProblem } from '../problem.ts';
import { authenticate } from './authenticate.ts';

const T0 = 1_800_000_000;
const SITE = 'https://steward.example';

async function site() {
  const key = await crypto.subtle.importKey('raw', new Uint8Array(32), 'AES-GCM', false, ['encrypt', 'decrypt']);
  const keys = new Map([['k1', key]]);
  const cookieKeys: SealingKeys = { current: 'k1', keys };
  let revision = 1;
  let nowMs = T0 * 1000;
  const now = () => nowMs;
  const app = new Hono<HttpEnv>();
  app.onError(toProblem);
  app.use(async (c, next) => {
    c.set('ctx', { keys: { cookies: async () => ({ ...cookieKeys, revision }) }, now } as never);
    await next();
  });
  app.use(authenticate);
  app.all('/', (c) => c.json(c.get('caller')));
  const runtime = { recentTokens: new RecentTokens(now), config: { PUBLIC_URL: `${SITE}/` } };
  const session = { subject: 'ada', sessionId: 's-1', issuedAt: T0, expiresAt: T0 + 90 };
  const cookie = `__Host-steward=${await sealSession(cookieKeys, session)}`;
  const call = async (method: string, headers: Record<string, string>) => {
    const response = await app.request('/', { method, headers }, { runtime });
    return { status: response.status, ...(method === 'HEAD' ? {} : ((await response.json()) as object)) };
  };
  const change = () => revision++;
  return { call, cookie, session, keys, change, pass: (seconds: number) => (nowMs += seconds * 1000) };
}

describe('a session cookie', () => {
  it('says who asks, among other cookies', async () => {
    const { call, cookie, session } = await site();
    expect(await call('GET', { cookie })).toEqual({ status: 200, ...session });
    expect(await call('GET', { cookie: `a=b; ${cookie}; __Host-steward-login-00000000=x` })).toMatchObject({
      status: 200,
    });
    for (const other of ['', 'a=b', cookie.replace('__Host-', ''), cookie.replace('__Host-', '__host-'), `x${cookie}`])
      expect([other, (await call('GET', { cookie: other })).status]).toEqual([other, 401]);
  });

  it('changes things from our own origin only, by any method', async () => {
    const { call, cookie } = await site();
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      expect((await call(method, { cookie, origin: 'https://evil.example' })).status).toBe(200);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PURGE']) {
      expect((await call(method, { cookie, origin: SITE })).status).toBe(200);
      for (const headers of [{}, { origin: 'null' }, { origin: 'https://evil.example' }] as Record<string, string>[])
        expect(await call(method, { cookie, ...headers })).toMatchObject({ status: 403, code: 'foreign_origin' });
    }
  });

  it('is decrypted once a minute, and ends when it says', async () => {
    const { call, cookie, keys, pass } = await site();
    expect((await call('GET', { cookie })).status).toBe(200);
    const key = keys.get('k1') as CryptoKey;
    keys.clear();
    pass(59);
    expect((await call('GET', { cookie })).status).toBe(200);
    pass(1);
    expect((await call('GET', { cookie })).status).toBe(401);
    keys.set('k1', key);
    expect((await call('GET', { cookie })).status).toBe(200);
    pass(29);
    expect((await call('GET', { cookie })).status).toBe(200);
    pass(1);
    expect((await call('GET', { cookie })).status).toBe(401);
  });

  it('is decrypted anew as soon as other keys count', async () => {
    const { call, cookie, keys, change } = await site();
    expect((await call('GET', { cookie })).status).toBe(200);
    keys.clear();
    expect((await call('GET', { cookie })).status).toBe(200);
    change();
    expect((await call('GET', { cookie })).status).toBe(401);
  });

  it('does not count beside an Authorization header', async () => {
    const { call, cookie } = await site();
    for (const authorization of [
      '',
      'Basic YTpi',
      `Bearer ${cookie.split('=')[1]}`,
      `Bearer cookie ${cookie.split('=')[1]}`,
    ]) {
      await call('GET', { cookie });
      expect([authorization, (await call('GET', { cookie, authorization })).status]).toEqual([authorization, 401]);
    }
  });
});
