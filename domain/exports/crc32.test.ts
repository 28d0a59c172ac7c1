import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combineCrc32, crc32 } from './crc32.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const bytes = fc.uint8Array({ maxLength: 400 });

/** ISO 3309 bit by bit, as slow and as plain as it gets. */
function bitwise(message: Uint8Array, from = 0): number {
  let register = ~from;
  for (const byte of message) {
    register ^= byte;
    for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >>> 1) ^ 0xedb88320 : register >>> 1;
  }
  return ~register >>> 0;
}

describe('crc32', () => {
  it.each([
    ['', 0],
    ['a', 0xe8b7be43],
    ['123456789', 0xcbf43926],
    ['The quick brown fox jumps over the lazy dog', 0x414fa339],
  ])('gives the published value for %j', (text, crc) => {
    expect(crc32(utf8(text))).toBe(crc);
    expect(bitwise(utf8(text))).toBe(crc);
  });

  it('agrees with the definition, also on a view into a larger buffer', () => {
    let tried = 0;
    fc.assert(
      fc.property(bytes, fc.nat(9), (message, skip) => {
        expect(crc32(message.subarray(skip))).toBe(bitwise(message.subarray(skip)));
        tried++;
      }),
      { numRuns: 500, seed: 32 },
    );
    console.log(`crc32: tried ${tried}, failed 0`);
  });
});

describe('combineCrc32', () => {
  it('gives the value of the whole from the values of its parts, empty ones included', () => {
    let tried = 0;
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 6 }), (parts) => {
        const whole = Uint8Array.from(parts.flatMap((part) => [...part]));
        const combined = parts.reduce((crc, part) => combineCrc32(crc, crc32(part), part.length), 0);
        expect(combined).toBe(bitwise(whole));
        tried++;
      }),
      { numRuns: 500, seed: 33 },
    );
    console.log(`combined crc32: tried ${tried}, failed 0`);
  });

  it('does so beyond 4 GiB', () => {
    // n zeros and n zeros are 2n zeros: from 64 KiB of them, hashed, to 64 GiB.
    const block = crc32(new Uint8Array(65_536));
    const doubled = (times: number) => {
      let [crc, length] = [block, 65_536];
      for (let i = 0; i < times; i++, length *= 2) crc = combineCrc32(crc, crc, length);
      return { crc, length };
    };
    // 64 GiB another way: 63 GiB, one by one, after one.
    const gib = doubled(14);
    let crc = gib.crc;
    for (let i = 1; i < 64; i++) crc = combineCrc32(gib.crc, crc, i * gib.length);
    expect(gib.length).toBe(2 ** 30);
    expect(crc).toBe(doubled(20).crc);
    // What Python's zlib gives for 5 GiB of zeros.
    expect(combineCrc32(doubled(16).crc, gib.crc, gib.length)).toBe(0x193838c3);
    expect(combineCrc32(gib.crc, doubled(16).crc, 4 * gib.length)).toBe(0x193838c3);
  });
});
