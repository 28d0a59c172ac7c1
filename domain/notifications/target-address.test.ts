import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPublicAddress, readTarget } from './target-address.ts';

const problemOf = (text: string, privateTargets: string[] = []) => {
  const target = readTarget(text, privateTargets);
  return 'problem' in target ? target.problem : null;
};

const octet = fc.integer({ min: 0, max: 255 });
/** Of 10/8, 127/8, 169.254/16, 172.16/12, 192.168/16, 100.64/10. */
const inside = fc.oneof(
  fc.tuple(fc.constantFrom(10, 127), octet, octet, octet),
  fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
  fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
  fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
);

const hex = (n: number) => n.toString(16);
const SPELLINGS: ((o: [number, number, number, number]) => string)[] = [
  ([a, b, c, d]) => `${a}.${b}.${c}.${d}`,
  ([a, b, c, d]) => `${a}.${b}.${c}.${d}.`,
  ([a, b, c, d]) => `0x${hex(a)}.0x${hex(b)}.0x${hex(c)}.0x${hex(d)}`,
  ([a, b, c, d]) => `0${a.toString(8)}.${b}.0${c.toString(8)}.${d}`,
  ([a, b, c, d]) => `${a}.${b}.${c * 256 + d}`,
  ([a, b, c, d]) => String(((a * 256 + b) * 256 + c) * 256 + d),
  ([a, b, c, d]) => `0x${hex(((a * 256 + b) * 256 + c) * 256 + d)}`,
  ([a, b, c, d]) => `[::ffff:${a}.${b}.${c}.${d}]`,
  ([a, b, c, d]) => `[::${hex(a * 256 + b)}:${hex(c * 256 + d)}]`,
  ([a, b, c, d]) => `[64:ff9b::${hex(a * 256 + b)}:${hex(c * 256 + d)}]`,
  ([a, b, c, d]) => `[2002:${hex(a * 256 + b)}:${hex(c * 256 + d)}::]`,
  ([a, b, c, d]) => `${a}。${b}．${c}｡${d}`,
  (o) => o.map((n) => [...String(n)].map((digit) => String.fromCodePoint(0xff10 + Number(digit))).join('')).join('.'),
  ([a, b, c, d]) => `${a}.${b}.${c}.${d}.nip.io`,
  ([a, b, c, d]) => `hooks-${a}-${b}-${c}-${d}.sslip.io`,
];

describe('a target', () => {
  it('leads inside in no spelling of an address', () => {
    let tried = 0;
    fc.assert(
      fc.property(inside, fc.constantFrom(...SPELLINGS), (address, spelling) => {
        tried++;
        expect([spelling(address), problemOf(`https://${spelling(address)}/`)]).not.toContain(null);
      }),
      { numRuns: 2000 },
    );
    console.log(`spellings of private addresses: tried ${tried}, allowed 0`);
  });

  it('is public in its plain spellings, and keeps its path and query', () => {
    for (const host of [
      'hooks.example.com',
      '1.1.1.1',
      '[2606:4700::1111]',
      'xn--bcher-kva.example.com',
      'a.internal.example.com',
    ])
      expect([host, problemOf(`https://${host}/a/b?c=d`)]).toEqual([host, null]);
    const target = readTarget('https://Hooks.Example.com:443/a/b?c=d#e', []);
    expect('url' in target && [target.url.href, target.isPrivate]).toEqual([
      'https://hooks.example.com/a/b?c=d',
      false,
    ]);
  });

  it('may be one of the private origins that were named, with that port and scheme alone', () => {
    const named = ['http://127.0.0.1:8025'];
    expect(problemOf('http://127.0.0.1:8025/hook?a=b', named)).toBe(null);
    for (const other of [
      'http://127.0.0.1:8026/',
      'https://127.0.0.1:8025/',
      'http://127.0.0.1/',
      'http://localhost:8025/',
      'http://u@127.0.0.1:8025/',
    ])
      expect([other, problemOf(other, named)]).not.toContain(null);
  });
});

describe('an address', () => {
  it.each([
    ...[
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '127.0.0.1',
      '169.254.169.254',
      '172.31.0.1',
      '192.0.0.8',
      '192.0.2.1',
      '192.168.0.1',
    ],
    ...[
      '198.18.0.1',
      '198.51.100.1',
      '203.0.113.1',
      '224.0.0.1',
      '240.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      '::7f00:1',
      'fc00::1',
    ],
    ...[
      'fe80::1',
      'fec0::1',
      'ff02::1',
      '64:ff9b::1.1.1.1',
      '2001:db8::1',
      '2002:7f00:1::',
      '2001::1',
      '100::1',
      '5f00::1',
      'x',
      '',
    ],
  ])('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false));

  it.each(['1.1.1.1', '8.8.8.8', '2606:4700::1111', '2a00:1450::1', '::ffff:1.1.1.1'])('%s is public', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );
});
