import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseDomain } from './domain-name.ts';

fc.configureGlobal({ seed: 20_261_122, numRuns: 3000 });

/** Punycode, letter by letter from RFC 3492 section 6.3. */
function punycode(label: string): string {
  const points = Array.from(label, (char) => char.codePointAt(0) ?? 0);
  let output = points
    .filter((point) => point < 128)
    .map((point) => String.fromCodePoint(point))
    .join('');
  const basic = output.length;
  let [n, delta, bias, handled] = [128, 0, 72, basic];
  if (basic > 0) output += '-';
  const adapt = (d: number, count: number, first: boolean) => {
    let rest = first ? Math.floor(d / 700) : d >> 1;
    rest += Math.floor(rest / count);
    let k = 0;
    for (; rest > 455; k += 36) rest = Math.floor(rest / 35);
    return k + Math.floor((36 * rest) / (rest + 38));
  };
  const digit = (d: number) => String.fromCharCode(d < 26 ? d + 97 : d + 22);
  for (; handled < points.length; n++, delta++) {
    const next = Math.min(...points.filter((point) => point >= n));
    delta += (next - n) * (handled + 1);
    n = next;
    for (const point of points) {
      if (point < n) delta++;
      if (point !== n) continue;
      let q = delta;
      for (let k = 36; ; k += 36) {
        const t = Math.min(26, Math.max(1, k - bias));
        if (q < t) break;
        output += digit(t + ((q - t) % (36 - t)));
        q = Math.floor((q - t) / (36 - t));
      }
      output += digit(q);
      bias = adapt(delta, handled + 1, handled === basic);
      delta = 0;
      handled++;
    }
  }
  return output;
}

/** The rules of publicsuffix.org that matter for the names made up here; a top level without a rule is a suffix as well. */
const RULES = ['com', 'uk', 'co.uk', 'io', 'github.io', 'jp', '*.kawasaki.jp', '!city.kawasaki.jp'];

/** How many labels of a name are its public suffix. What has suffixes right below it counts as one. */
function suffixLength(labels: readonly string[]): number {
  const fits = (rule: string[]) => rule.every((part, i) => part === '*' || part === labels.slice(-rule.length)[i]);
  const rules = RULES.map((rule) => ({ parts: rule.replace('!', '').split('.'), exception: rule.startsWith('!') }));
  const found = rules.filter(({ parts }) => parts.length <= labels.length && fits(parts));
  if (rules.some(({ parts: [first, ...rest] }) => first === '*' && rest.join('.') === labels.join('.')))
    return labels.length;
  const exception = found.find((rule) => rule.exception);
  if (exception) return exception.parts.length - 1;
  return Math.max(1, ...found.map(({ parts }) => parts.length));
}

/** What a plain reading of the rules accepts, and as what; null otherwise. */
function reference(text: string): string | null {
  const wildcard = text.startsWith('*.');
  const labels = (wildcard ? text.slice(2) : text).toLowerCase().replace(/\.$/, '').split('.');
  const ascii = labels.map((label) => (/^[\0-\x7f]*$/.test(label) ? label : `xn--${punycode(label)}`));
  const wrong = (label: string) => label.length > 63 || !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label);
  if (ascii.length < 2 || ascii.some(wrong) || /^(\d+|0x[\da-f]*)$/.test(ascii.at(-1) ?? '')) return null;
  if (suffixLength(ascii) === ascii.length) return null;
  const normal = (wildcard ? '*.' : '') + ascii.join('.');
  return normal.length > 253 ? null : normal;
}

const labels = fc.oneof(
  fc.constantFrom(
    'shop',
    'a',
    'my-app',
    'x--y',
    'BIG',
    'bücher',
    'Ñandú',
    '例え',
    'яндекс',
    'faß',
    '7',
    'x'.repeat(63),
  ),
  fc.constantFrom(
    '',
    '-a',
    'a-',
    'a_b',
    'a b',
    'x'.repeat(64),
    '*',
    'a*',
    'a@b',
    'a:1',
    'a/b',
    '%61',
    '[',
    'ü'.repeat(60),
  ),
);
const good = fc.constantFrom('shop', 'a', 'my-app', 'BIG', 'bücher', '例え', 'city', 'x'.repeat(63));
const tails = fc.constantFrom(
  ...[
    'com',
    'co.uk',
    'UK',
    'github.io',
    'io',
    'kawasaki.jp',
    'city.kawasaki.jp',
    'jp',
    'internal',
    '7',
    '0x1f',
    'example.com',
  ],
);
const names = fc
  .tuple(
    fc.boolean(),
    fc.oneof(fc.array(good, { maxLength: 5 }), fc.array(labels, { maxLength: 3 })),
    tails,
    fc.boolean(),
  )
  .map(([wildcard, front, tail, dot]) => `${wildcard ? '*.' : ''}${[...front, tail].join('.')}${dot ? '.' : ''}`);

describe('domain name', () => {
  it('is what a plain reading of the rules makes of it', () => {
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(names, (text) => {
        const normal = normaliseDomain(text);
        const expected = reference(text);
        seen[expected === null ? 'refused' : 'taken']++;
        expect([text, typeof normal === 'string' ? normal : null]).toEqual([text, expected]);
      }),
    );
    console.log(`domain names: ${JSON.stringify(seen)}, failed 0`);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(500);
  });

  it('has one spelling: normalising it again changes nothing, whatever it was written as', () => {
    fc.assert(
      fc.property(names, (text) => {
        const normal = normaliseDomain(text);
        if (typeof normal !== 'string') return;
        for (const spelling of [
          normal,
          normal.toUpperCase().replace(/XN--/g, 'xn--'),
          `${normal}.`,
          text.toUpperCase().replaceAll('ẞ', 'ß').replaceAll('FASS', 'FAß'),
        ])
          expect([spelling, normaliseDomain(spelling)]).toEqual([spelling, normal]);
      }),
    );
  });

  it('takes nothing but host names from any text', () => {
    const pieces = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom('.', '*.', 'a', 'com', '．', '。', '­', '＊', '＿', '：'),
    );
    const texts = fc.array(pieces, { maxLength: 8 }).map((parts) => `${parts.join('')}.example.com`);
    let taken = 0;
    fc.assert(
      fc.property(texts, (text) => {
        const normal = normaliseDomain(text);
        if (typeof normal !== 'string') return;
        taken++;
        expect(normal).toMatch(
          /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+example\.com$|^(?:\*\.)?example\.com$/,
        );
        expect(normal.length).toBeLessThanOrEqual(253);
        expect(normaliseDomain(normal)).toBe(normal);
      }),
    );
    console.log(`any text as domain: tried 3000, taken ${taken}, failed 0`);
    expect(taken).toBeGreaterThan(50);
  });

  it.each([
    ['Example.COM.', 'example.com'],
    ['*.Example.com', '*.example.com'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['faß.de', 'xn--fa-hia.de'],
    ['例え。テスト', 'xn--r8jz45g.xn--zckzah'],
    ['me.github.io', 'me.github.io'],
    ['*.me.github.io', '*.me.github.io'],
    ['www.ck', 'www.ck'],
    ['intranet.internal', 'intranet.internal'],
  ])('%s is %s', (text, normal) => {
    expect(normaliseDomain(text)).toBe(normal);
  });

  it.each([
    ['com', 'two labels'],
    ['localhost', 'two labels'],
    ['localhost.', 'two labels'],
    ['*.com', 'two labels'],
    ['co.uk', 'public suffix'],
    ['*.co.uk', 'public suffix'],
    ['github.io', 'public suffix'],
    ['*.github.io', 'public suffix'],
    ['foo.ck', 'public suffix'],
    ['kawasaki.jp', 'public suffix'],
    ['*.kawasaki.jp', 'public suffix'],
    ['公司.cn', 'public suffix'],
    ['127.0.0.1', 'IP address'],
    ['0x7f.1', 'IP address'],
    ['2130706433', 'IP address'],
    ['①②⑦.⓪.⓪.①', 'IP address'],
    ['*.1.2.3.4', 'IP address'],
    ['[::1]', 'IP address'],
    ['::1', 'IP address'],
    ['https://example.com', 'scheme'],
    ['example.com/', 'path'],
    ['example.com?x', 'path'],
    ['example.com#x', 'path'],
    ['example.com:443', 'port'],
    ['me@example.com', 'user'],
    ['_dmarc.example.com', 'underscore'],
    ['a＿b.example.com', 'labels of letters'],
    ['ex%61mple.com', 'percent'],
    ['exam ple.com', 'spaces'],
    ['exam\tple.com', 'spaces'],
    ['www.*.example.com', 'first label'],
    ['w*.example.com', 'first label'],
    ['*', 'first label'],
    ['*.', 'such as example.com'],
    ['', 'such as example.com'],
    ['example..com', 'labels of letters'],
    ['-a.example.com', 'labels of letters'],
    [`${'x'.repeat(64)}.example.com`, '63'],
    [`${'x23456789.'.repeat(25)}info`, '253'],
  ])('refuses %s and says why: %s', (text, why) => {
    expect(normaliseDomain(text)).toEqual({ problem: expect.stringContaining(why) });
  });
});
