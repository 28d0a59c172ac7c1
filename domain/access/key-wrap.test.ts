import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importKey, KEY_USES, type KeyUse, newSecret, unwrapSecret, wrappingKey, wrapSecret } from './key-wrap.ts';

const RUNS = 60;
const uses = fc.constantFrom(...KEY_USES);
const secrets = fc.uint8Array({ minLength: 32, maxLength: 64 }).map((bytes) => new Uint8Array(bytes));
const ids = fc.stringMatching(/^[\w-]{1,32}$/);
const other = (use: KeyUse): KeyUse => (use === 'links' ? 'cookies' : 'links');

describe('a wrapped secret', () => {
  it('opens with the environment’s key of its use, under its own id', async () => {
    await fc.assert(
      fc.asyncProperty(uses, ids, secrets, async (use, id, environment) => {
        const secret = newSecret();
        const wrapped = await wrapSecret(await wrappingKey(use, environment), use, id, secret);
        expect(await unwrapSecret(await wrappingKey(use, environment), use, id, wrapped)).toEqual(secret);
      }),
      { numRuns: RUNS },
    );
  });

  it('opens with nothing else: another key, use or id, or a bit of it changed', async () => {
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(uses, ids, secrets, secrets, fc.nat(), async (use, id, environment, strange, at) => {
        fc.pre(environment.toHex() !== strange.toHex());
        const wrapping = await wrappingKey(use, environment);
        const wrapped = await wrapSecret(wrapping, use, id, newSecret());
        const bytes = Uint8Array.fromBase64(wrapped);
        bytes[(at >> 3) % bytes.length] = (bytes[(at >> 3) % bytes.length] as number) ^ (1 << (at & 7));
        const attempts = [
          unwrapSecret(await wrappingKey(use, strange), use, id, wrapped),
          unwrapSecret(await wrappingKey(other(use), environment), use, id, wrapped),
          unwrapSecret(wrapping, other(use), id, wrapped),
          unwrapSecret(wrapping, use, `${id}-`, wrapped),
          unwrapSecret(wrapping, use, id, bytes.toBase64()),
          unwrapSecret(wrapping, use, id, wrapped.slice(0, 8)),
          unwrapSecret(wrapping, use, id, 'no base64 at all'),
        ];
        for (const attempt of attempts) expect(await attempt).toBeNull();
        tried += attempts.length;
      }),
      { numRuns: RUNS },
    );
    console.log(`wrapped secrets opened with what is not theirs: tried ${tried}, opened 0`);
  });

  it('looks different each time, and is never the secret', async () => {
    const wrapping = await wrappingKey('links', newSecret());
    const secret = newSecret();
    const twice = [await wrapSecret(wrapping, 'links', 'k', secret), await wrapSecret(wrapping, 'links', 'k', secret)];
    expect(new Set(twice).size).toBe(2);
    for (const text of twice) expect(Uint8Array.fromBase64(text).toHex()).not.toContain(secret.toHex());
  });
});

describe('an imported key', () => {
  it('does what its use needs, and cannot be read back', async () => {
    const said = await Promise.all(KEY_USES.map((use) => importKey(use, newSecret())));
    expect(said.map(({ algorithm, usages, extractable }) => [algorithm.name, usages.toSorted(), extractable])).toEqual([
      ['HMAC', ['sign', 'verify'], false],
      ['AES-GCM', ['decrypt', 'encrypt'], false],
    ]);
  });
});
