import { describe, expect, it } from 'vitest';
import { findSecretIn } from './document-secrets.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const TOKEN = `gh${'p'}_${'a1B2'.repeat(9)}`;

describe('a secret in a document', () => {
  it('is found wherever it stands, also across the pieces that are read', () => {
    const line = 'Grüße aus Köln, write to terms@example.com – 100 % 🎉\n';
    const text = line.repeat(4000);
    expect(findSecretIn(bytes(text))).toBeNull();
    const ends = [65_536, 131_072].flatMap((end) => [-100, -41, -40, -20, -1, 0, 1].map((by) => end + by));
    for (const at of [0, 1, ...ends, bytes(text).length]) {
      const whole = bytes(text);
      const planted = new Uint8Array([...whole.subarray(0, at), ...bytes(` ${TOKEN} `), ...whole.subarray(at)]);
      expect([at, findSecretIn(planted)]).toEqual([at, 'GitHub token']);
    }
    console.log(`tokens in a document of ${bytes(text).length} bytes: tried ${ends.length + 3}, missed 0`);
  });

  it('is none in what may be published, such as an address to write to', () => {
    expect(
      findSecretIn(bytes('Write to terms@example.com. Cookies: we use them. Password: at least 12 characters.')),
    ).toBeNull();
    expect(findSecretIn(new Uint8Array())).toBeNull();
    expect(findSecretIn(new Uint8Array([0xff, 0xfe, 0x80]))).toBeNull();
  });
});
