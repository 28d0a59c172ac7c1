import { describe, expect, it } from 'vitest';
import { signatures } from './webhook.ts';

const base64 = (hex: string) => `v1,${Uint8Array.fromHex(hex).toBase64()}`;

describe('a webhook’s signature', () => {
  it('is what RFC 4231 section 4 says of HMAC-SHA-256, once a secret', async () => {
    const first = new Uint8Array(20).fill(0x0b);
    const second = new TextEncoder().encode('Jefe');
    const ofFirst = base64('b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7');
    const ofSecond = base64('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
    expect(await signatures([first], 'Hi There')).toBe(ofFirst);
    expect(await signatures([second], 'what do ya want for nothing?')).toBe(ofSecond);
    const [one, two, ...more] = (await signatures([first, second], 'Hi There')).split(' ');
    expect([one, more]).toEqual([ofFirst, []]);
    expect(two).toMatch(/^v1,[\w+/]{43}=$/);
    expect(two).not.toBe(one);
  });
});
