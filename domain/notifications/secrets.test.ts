import { describe, expect, it } from 'vitest';
import { channelSecrets, type SecretOf } from './secrets.ts';

const key = (byte: number) => btoa(String.fromCharCode(byte).repeat(32));
const OF: SecretOf = { channelId: 'c-1', use: 'target', id: 's-1' };
const TEXT = 'https://hooks.example.com/ä/T0';

describe('a secret of a channel', () => {
  it('opens with the key that wrapped it, whichever wraps now', async () => {
    const old = await channelSecrets({ n1: key(1) });
    const both = await channelSecrets({ n2: key(2), n1: key(1) });
    const wrapped = await old.wrap(OF, TEXT);
    expect([wrapped.wrappedBy, await both.unwrap(OF, wrapped)]).toEqual(['n1', TEXT]);
    const anew = await both.wrap(OF, TEXT);
    expect([anew.wrappedBy, await old.unwrap(OF, anew)]).toEqual(['n2', null]);
    expect((await old.wrap(OF, TEXT)).wrapped).not.toBe(wrapped.wrapped);
    expect(atob(wrapped.wrapped)).not.toContain('hooks');
  });

  it('opens in no other row, for no other use, with no other key, and not when it was changed', async () => {
    const secrets = await channelSecrets({ n1: key(1) });
    const wrapped = await secrets.wrap(OF, TEXT);
    const elsewhere: SecretOf[] = [
      { ...OF, channelId: 'c-2' },
      { ...OF, use: 'signing' },
      { ...OF, id: 's-2' },
    ];
    for (const of of elsewhere) expect([of, await secrets.unwrap(of, wrapped)]).toEqual([of, null]);
    const other = await channelSecrets({ n1: key(3) });
    const bytes = Uint8Array.fromBase64(wrapped.wrapped);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    expect([
      await other.unwrap(OF, wrapped),
      await secrets.unwrap(OF, { ...wrapped, wrapped: bytes.toBase64() }),
    ]).toEqual([null, null]);
  });
});
