import fc from 'fast-check';
import type { JWTPayload } from 'jose';
import { describe, expect, it } from 'vitest';
import { type SealingKeys, seal, unseal } from './seal.ts';

const T0 = 1_800_000_000;

async function keysOf(...ids: string[]): Promise<SealingKeys> {
  const keys = new Map<string, CryptoKey>();
  for (const id of ids) {
    const raw = new Uint8Array(32).fill(id.charCodeAt(1));
    keys.set(id, await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']));
  }
  return { current: ids[0] ?? '', keys };
}

const session = (claims: JWTPayload) => ({ kind: 'session' as const, claims, issuedAt: T0, expiresAt: T0 + 60 });

describe('a sealed text', () => {
  it('opens as what was sealed, under any listed key, until it expires', async () => {
    const old = await seal(await keysOf('k1'), session({ sub: 'ada' }));
    const rotated = await keysOf('k2', 'k1');
    expect(await unseal(rotated, 'session', old, T0 * 1000)).toEqual({ sub: 'ada', iat: T0, exp: T0 + 60 });
    expect(await unseal(rotated, 'session', old, (T0 + 60) * 1000 - 1)).not.toBeNull();
    expect(await unseal(rotated, 'session', old, (T0 + 60) * 1000)).toBeNull();
    expect(await unseal(await keysOf('k2'), 'session', old, T0 * 1000)).toBeNull();
    expect(await unseal(rotated, 'login', old, T0 * 1000)).toBeNull();
    expect(old).not.toContain('ada');
    expect(await seal(await keysOf('k1'), session({ sub: 'ada' }))).not.toBe(old);
  });

  it('opens in one spelling only', async () => {
    const keys = await keysOf('k1');
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), fc.string(), { maxKeys: 3 }),
        fc.nat(),
        fc.constantFrom(...'ABCDwxyz0189-_=. ~'),
        async (fields, place, character) => {
          const text = await seal(keys, session({ fields }));
          expect(await unseal(keys, 'session', text, T0 * 1000)).toMatchObject({ fields });
          const at = place % (text.length + 1);
          const changed = text.slice(0, at) + character + text.slice(at + 1);
          expect((await unseal(keys, 'session', changed, T0 * 1000)) === null).toBe(changed !== text);
          expect(await unseal(keys, 'session', text.slice(0, at) + character + text.slice(at), T0 * 1000)).toBeNull();
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each(['', '.', '....', '.....', 'a.b.c', '__proto__.....', 'e30.....', `${btoa('{"alg":"dir"}')}....`])(
    'is not %j',
    async (text) => {
      expect(await unseal(await keysOf('k1'), 'session', text, T0 * 1000)).toBeNull();
    },
  );
});
