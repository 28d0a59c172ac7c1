import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipRangeContains, normaliseIpRange } from './ip-range.ts';

fc.configureGlobal({ seed: 20_261_121, numRuns: 2000 });

interface Range {
  version: 4 | 6;
  address: bigint;
  bits: number;
}

const MAPPED = 0xffffn << 32n;
const bitsOf = (version: 4 | 6) => (version === 4 ? 32 : 128);

function mask({ version, address, bits }: Range): bigint {
  const hostBits = BigInt(bitsOf(version) - bits);
  return (address >> hostBits) << hostBits;
}

/** RFC 4291 and RFC 4632, letter by letter; IPv4 only in plain decimal, and no `::1.2.3.4`. Nothing else is an address. */
function parseIpv4(text: string): bigint | null {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => /^(?:0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256))
    return null;
  return octets.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
}

function groupsOf(text: string): bigint[] | null {
  if (text === '') return [];
  const groups: bigint[] = [];
  const words = text.split(':');
  for (const [i, word] of words.entries()) {
    const ipv4 = i === words.length - 1 && word.includes('.') ? parseIpv4(word) : null;
    if (ipv4 !== null) groups.push(ipv4 >> 16n, ipv4 & 0xffffn);
    else if (/^[0-9a-f]{1,4}$/i.test(word)) groups.push(BigInt(`0x${word}`));
    else return null;
  }
  return groups;
}

function parseIpv6(text: string): bigint | null {
  const halves = text.split('::');
  if (halves.length > 2 || (halves.length === 2 && halves[0]?.includes('.')) || /^::\d+\./.test(text)) return null;
  const [head, tail] = [groupsOf(halves[0] ?? ''), halves.length === 2 ? groupsOf(halves[1] ?? '') : []];
  if (!head || !tail) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  return [...head, ...new Array<bigint>(missing).fill(0n), ...tail].reduce((sum, group) => (sum << 16n) | group, 0n);
}

/** What a text means, IPv4-mapped addresses as IPv4; null for what is none. */
function parse(text: string): Range | null {
  const [, host = '', prefix] = /^([^/]*)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const ipv4 = parseIpv4(host);
  const address = ipv4 ?? parseIpv6(host);
  const version = ipv4 === null ? 6 : 4;
  const bits = prefix === undefined ? bitsOf(version) : Number(prefix);
  if (address === null || bits > bitsOf(version)) return null;
  return version === 6 && bits >= 96 && address >> 32n === 0xffffn
    ? { version: 4, address: address & 0xffff_ffffn, bits: bits - 96 }
    : { version, address, bits };
}

const ipv4Text = (address: bigint) => [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn).join('.');

const addresses4 = fc.bigInt({ min: 0n, max: (1n << 32n) - 1n });
const addresses6 = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
  // Runs of zeros, where `::` goes.
  fc.tuple(fc.bigInt({ min: 0n, max: 0xffffn }), fc.integer({ min: 0, max: 7 })).map(([g, at]) => g << BigInt(16 * at)),
  addresses4.map((address) => MAPPED | address),
);

/** One of the many spellings of an IPv6 address. */
const spellings6 = fc
  .tuple(addresses6, fc.boolean(), fc.boolean(), fc.boolean())
  .map(([address, upper, padded, dotted]) => {
    const groups = Array.from({ length: 8 }, (_, i) => (address >> BigInt(112 - 16 * i)) & 0xffffn);
    const words = groups.map((group) => group.toString(16).padStart(padded ? 4 : 1, '0'));
    const text = dotted
      ? [...words.slice(0, 6), ipv4Text(address & 0xffff_ffffn)].join(':')
      : words.join(':').replace(/(?:^|:)0(?::0)+(?::|$)/, '::');
    return upper ? text.toUpperCase() : text;
  });

const withPrefix = (texts: fc.Arbitrary<string>, bits: number) =>
  fc.tuple(texts, fc.option(fc.integer({ min: 0, max: bits }))).map(([t, n]) => (n === null ? t : `${t}/${n}`));
const ranges = fc.oneof(withPrefix(addresses4.map(ipv4Text), 32), withPrefix(spellings6, 128));

describe('IP range', () => {
  it('means after normalising what it meant before, with the host bits cleared', () => {
    fc.assert(
      fc.property(ranges, (text) => {
        const before = parse(text);
        const normal = normaliseIpRange(text);
        const after = parse(normal ?? '');
        if (!before || !after) throw new Error(`${text} became ${normal}`);
        expect(after).toEqual({ ...before, address: mask(before) });
        expect(normal?.includes('/')).toBe(before.bits < bitsOf(before.version));
      }),
    );
  });

  it('has one spelling: normalising it again changes nothing, whatever it was written as', () => {
    fc.assert(
      fc.property(ranges, (text) => {
        const normal = normaliseIpRange(text);
        expect(normal).not.toBeNull();
        expect(normaliseIpRange(normal ?? '')).toBe(normal);
        expect(normaliseIpRange(text.toUpperCase())).toBe(normal);
      }),
    );
  });

  it('holds exactly the addresses that begin with its bits, of its own family', () => {
    const near = fc.tuple(ranges, ranges, fc.nat({ max: 128 })).map(([range, other, flip]) => {
      const { version, address } = parse(range) ?? { version: 4, address: 0n };
      // As often near the edge of the range as anywhere else.
      if (flip > bitsOf(version)) return { range, address: other.replace(/\/.*/, '') };
      const flipped = address ^ (flip === 0 ? 0n : 1n << BigInt(flip - 1));
      const text =
        version === 4
          ? ipv4Text(flipped)
          : flipped
              .toString(16)
              .padStart(32, '0')
              .replace(/.{4}(?=.)/g, '$&:');
      return { range, address: text };
    });
    const seen = { inside: 0, outside: 0 };
    fc.assert(
      fc.property(near, (texts) => {
        const [range, address] = [parse(texts.range), parse(texts.address)];
        if (!range || !address) throw new Error(JSON.stringify(texts));
        const expected = range.version === address.version && mask({ ...address, bits: range.bits }) === mask(range);
        seen[expected ? 'inside' : 'outside']++;
        const holds = ipRangeContains(normaliseIpRange(texts.range) ?? '', normaliseIpRange(texts.address) ?? '');
        expect([texts, holds]).toEqual([texts, expected]);
      }),
    );
    console.log(`addresses in ranges: ${JSON.stringify(seen)}, failed 0`);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(200);
  });

  it('takes from random text exactly what the standards call an address or a range', () => {
    const pieces = fc.constantFrom(...'0123459af:./'.split(''), '::', '.0', '1.2.3.', 'ffff:', '1:2:3:4:5:6:', '/24');
    const texts = fc.oneof(
      fc.array(pieces, { maxLength: 10 }).map((p) => p.join('')),
      // One letter away from a valid one.
      fc.tuple(ranges, fc.nat(), pieces, fc.nat({ max: 1 })).map(([text, at, piece, remove]) => {
        const i = at % (text.length + 1);
        return text.slice(0, i) + piece + text.slice(i + remove);
      }),
    );
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(texts, (text) => {
        const expected = parse(text);
        const normal = normaliseIpRange(text);
        seen[normal === null ? 'refused' : 'taken']++;
        expect([text, normal !== null]).toEqual([text, expected !== null]);
      }),
    );
    console.log(`ip range: ${JSON.stringify(seen)}`);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100);
  });

  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9/24', '203.0.113.0/24'],
    ['203.0.113.9/0', '0.0.0.0/0'],
    ['203.0.113.9/32', '203.0.113.9'],
    ['2001:db8::1/128', '2001:db8::1'],
    ['::ffff:203.0.113.9/128', '203.0.113.9'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['2001:DB8:85A3:8D3:0:0:0:1', '2001:db8:85a3:8d3::1'],
    ['2001:db8:85a3:8d3::1/48', '2001:db8:85a3::/48'],
    ['::/0', '::/0'],
    ['::1', '::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::ffff:102:304', '1.2.3.4'],
    ['0:0:0:0:0:FFFF:1.2.3.4', '1.2.3.4'],
    ['::ffff:1.2.3.4/120', '1.2.3.0/24'],
    ['::ffff:1.2.3.4/96', '0.0.0.0/0'],
  ])('writes %s as %s', (text, normal) => {
    expect(normaliseIpRange(text)).toBe(normal);
  });

  it.each([
    '',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1.2.3.4\n',
    '1. 2.3.4',
    '0x7f.1',
    '0x7f.0.0.1',
    '0x7f000001',
    '0177.0.0.1',
    '010.0.0.1',
    '1.2.3.010',
    '1.2.3.04',
    '1.02.3.4',
    '1.2.03.4',
    '00.0.0.0',
    '0.0.0.00',
    '::ffff:010.2.3.4',
    '::ffff:1.2.3.010',
    '2130706433',
    '127.1',
    '127.0.1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.4.',
    '.1.2.3.4',
    '①②⑦.⓪.⓪.①',
    '１２７.0.0.1',
    '١.٢.٣.٤',
    '1.2.3.4/33',
    '1.2.3.4/-1',
    '1.2.3.4/',
    '1.2.3.4/024',
    '1.2.3.4/24/24',
    '1.2.3.4/255.255.255.0',
    '1.2.3.4-1.2.3.9',
    '1.2.3.*',
    '1.2.3.4:22',
    '::1/129',
    '::ffff:1.2.3.4/129',
    '[::1]',
    '[::ffff:a9fe:a9fe]',
    '::1%0',
    'fe80::1%eth0',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8:',
    ':1:2:3:4:5:6:7:8',
    '12345::',
    'g::1',
    '::1.2.3.4',
    '::1.2.3.4/120',
    '::1.2.3.4.5',
    '1.2.3.4::',
    'localhost',
    'example.com',
    '127.0.0.1.nip.io',
    'null',
  ])('refuses %j', (text) => {
    expect(normaliseIpRange(text)).toBeNull();
  });
});
