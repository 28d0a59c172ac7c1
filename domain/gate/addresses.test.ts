import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseIpRange } from '../services/ip-range.ts';
import { compileRanges, parseAddress } from './addresses.ts';

fc.configureGlobal({ seed: 20_261_122, numRuns: 1000 });

const byte = fc.integer({ min: 0, max: 255 });
/** Few values a part, so that random ranges and addresses meet. */
const nearByte = fc.constantFrom(0, 1, 10, 127, 128, 254, 255);
const four = (part: fc.Arbitrary<number>) => fc.tuple(part, part, part, part).map((parts) => parts.join('.'));
const group = fc.constantFrom('0', '1', '2001', 'db8', 'ffff', '8000');
const six = fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':'));
const mapped = four(nearByte).map((text) => `::ffff:${text}`);
const address = fc.oneof(four(nearByte), six, mapped);
const range = fc.oneof(
  address,
  fc.tuple(four(nearByte), fc.integer({ min: 0, max: 32 })).map(([text, bits]) => `${text}/${bits}`),
  fc.tuple(six, fc.integer({ min: 0, max: 128 })).map(([text, bits]) => `${text}/${bits}`),
);

/** The obvious way: every bit written out, an address is in a range when it begins with the range's fixed bits. */
function bits(text: string): string {
  const ipv4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  if (ipv4)
    return `4${ipv4
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('')}`;
  const [head = '', tail] = text.split('::');
  const groups = (part: string | undefined) => (part ? part.split(':') : []);
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array(missing).fill('0'), ...groups(tail)];
  const written = all.map((part) => Number.parseInt(part, 16).toString(2).padStart(16, '0')).join('');
  const isMapped = written.startsWith(`${'0'.repeat(80)}${'1'.repeat(16)}`);
  return isMapped ? `4${written.slice(96)}` : `6${written}`;
}
function isIn(text: string, ranges: string[]): boolean {
  return ranges.some((each) => {
    const [network = '', prefix] = each.split('/');
    const fixed = bits(network);
    return bits(text).startsWith(fixed.slice(0, 1 + Number(prefix ?? fixed.length - 1)));
  });
}

describe('addresses', () => {
  it('are in ranges exactly as a comparison bit by bit says', () => {
    let [inside, tried] = [0, 0];
    fc.assert(
      fc.property(
        fc.array(range, { maxLength: 12 }),
        fc.array(address, { minLength: 1, maxLength: 8 }),
        (some, visitors) => {
          const ranges = some.map((each) => normaliseIpRange(each)).filter((each) => each !== null);
          const matches = compileRanges(ranges);
          for (const visitor of visitors) {
            const parsed = parseAddress(visitor);
            const expected = isIn(visitor, ranges);
            expect([visitor, ranges, parsed !== null && matches(parsed)]).toEqual([visitor, ranges, expected]);
            tried++;
            if (expected) inside++;
          }
        },
      ),
    );
    console.log(`addresses against ranges: tried ${tried}, inside ${inside}, different 0`);
    expect(inside).toBeGreaterThan(tried / 10);
  });

  it('of IPv4 are read in exactly one spelling', () => {
    fc.assert(
      fc.property(four(byte), (text) => {
        const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
        expect(parseAddress(text)).toBe(a * 2 ** 24 + b * 65_536 + c * 256 + d);
        expect(parseAddress(`::ffff:${text}`)).toBe(parseAddress(text));
      }),
    );
  });

  it.each([
    ...[
      '',
      ' ',
      '1',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.',
      '.1.2.3',
      '1..2.3',
      '256.1.1.1',
      '01.2.3.4',
      '1.2.3.04',
      '0x7f.0.0.1',
    ],
    ...['1.2.3.4 ', ' 1.2.3.4', '1.2.3.4/32', '2130706433', '①.2.3.4', '1.2.3.-4', 'example.com', 'null', '::1/128'],
    ...[
      'fe80::1%eth0',
      ':::',
      '2001:db8::g',
      '1:2:3:4:5:6:7:8:9',
      '[::1]',
      '::ffff:1.2.3',
      '::ffff:1.2.3.256',
      '1.2.3.4:80',
    ],
  ])('that are none are null: %j', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  it('of one family are in no range of the other', () => {
    const everySix = compileRanges(['::/0']);
    const everyFour = compileRanges(['0.0.0.0/0']);
    const [v4, v6] = [parseAddress('203.0.113.9') ?? '', parseAddress('2001:db8::1') ?? 0];
    expect([everySix(v4), everyFour(v6), everySix(v6), everyFour(v4)]).toEqual([false, false, true, true]);
  });
});
