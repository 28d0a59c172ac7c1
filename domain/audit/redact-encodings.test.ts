import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor, REDACTED } from './redact.ts';
import { base64In, unescapeOnce } from './redact-encodings.ts';

const { text: redactText } = createRedactor();

const bytes = (text: string) => new TextEncoder().encode(text);
const htmlOf = (text: string) => text.replace(/[^A-Za-z0-9 ]/g, (c) => `&#${c.codePointAt(0)};`);
const unicodeOf = (text: string) =>
  text.replace(/[^\s]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** How a text gets from one program to the next. */
const ENCODERS: Record<string, (text: string) => string> = {
  'percent-encoded': encodeURIComponent,
  'percent-encoded whole': (text) => [...bytes(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  'JSON string': (text) => JSON.stringify({ note: text }),
  '\\u escapes': unicodeOf,
  '\\x escapes': (text) => text.replace(/[^\w\s]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`),
  'HTML references': htmlOf,
  'hexadecimal HTML references': (text) => text.replace(/[@:=]/g, (c) => `&#x${c.charCodeAt(0).toString(16)};`),
  base64: (text) => `data=${bytes(text).toBase64()};`,
  base64url: (text) => `/${bytes(text).toBase64({ alphabet: 'base64url', omitPadding: true })}/x`,
};

const SECRETS: [text: string, needle: string][] = [
  ['contact anna.schmidt@example.com now', 'anna.schmidt'],
  ['{"user":"bob","password":"hunter2-secret"}', 'hunter2-secret'],
  ['see https://admin:hunter2-secret@intranet.example/', 'hunter2-secret'],
  ['card 4111 1111 1111 1111 please', '4111 1111'],
  [`use gh${'p'}_${'a1B2'.repeat(9)} for it`, 'a1B2a1B2a1B2'],
  ['IBAN DE89 3704 0044 0532 0130 00 please', '3704 0044'],
];

/** Everything a reader could make of it by undoing what `ENCODERS` do. */
function readings(text: string, depth = 3): string[] {
  if (depth === 0) return [text];
  const next = unescapeOnce(text);
  const inside = base64In(text).flatMap((run) => run.readings);
  return [text, ...[...(next ? [next.text] : []), ...inside].flatMap((each) => readings(each, depth - 1))];
}

const encoders = Object.entries(ENCODERS);

describe('what hides in another spelling', () => {
  it.each(encoders.flatMap(([name, encode]) => SECRETS.map(([text, needle]) => [name, text, needle, encode] as const)))(
    'goes from %s of %s',
    (_, text, needle, encode) => {
      const clean = redactText(`before ${encode(text)} after`);
      expect(clean).toContain(REDACTED);
      expect(clean.startsWith('before ') && clean.endsWith(' after')).toBe(true);
      expect(readings(clean).filter((reading) => reading.includes(needle))).toEqual([]);
    },
  );

  it('goes through two spellings, one in the other', () => {
    let tried = 0;
    for (const [outer, encodeOuter] of encoders)
      for (const [inner, encodeInner] of encoders)
        for (const [text, needle] of SECRETS) {
          const clean = redactText(encodeOuter(encodeInner(text)));
          tried++;
          const left = readings(clean).filter((reading) => reading.includes(needle));
          expect([outer, inner, text, left]).toEqual([outer, inner, text, []]);
        }
    console.log(`secrets in two spellings: tried ${tried}, found 0`);
  });

  it('goes from base64 that is broken into lines, or stands behind other letters', () => {
    const encoded = bytes(
      `${'Lorem ipsum dolor sit amet. '.repeat(9)}write to anna.schmidt@example.com, please`,
    ).toBase64();
    for (const width of [64, 76]) {
      const lines = encoded.replace(new RegExp(`.{${width}}`, 'g'), '$&\n');
      expect(redactText(`x\n${lines}\ny`)).toBe(`x\n${REDACTED}\ny`);
    }
    for (const prefix of ['a', 'ab', 'abc', 'abcd', 'id-', 'x_', '/', 'v1.']) {
      const clean = redactText(`${prefix}${bytes('password=hunter2').toBase64()}`);
      expect([prefix, clean]).toEqual([prefix, expect.stringContaining(REDACTED)]);
      expect(clean.length).toBeLessThan(16);
    }
  });

  it('is told by where each character stood', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('%41', '\\n', '&amp;', '%C3%BC', '%ff'))),
        (parts) => {
          const text = parts.join('');
          const plain = unescapeOnce(text);
          if (!plain) return;
          expect(plain.at.length).toBe(plain.text.length + 1);
          expect(plain.at[plain.text.length]).toBe(text.length);
          for (let i = 1; i < plain.at.length; i++) expect(plain.at[i]).toBeGreaterThanOrEqual(plain.at[i - 1] ?? 0);
        },
      ),
      { seed: 20_261_125, numRuns: 1000 },
    );
    expect(redactText('a=%41%C3%BC&to=anna%40example.com&b=%42')).toBe(`a=%41%C3%BC&to=${REDACTED}&b=%42`);
  });

  it('is nothing in what only looks encoded', () => {
    const picture = Uint8Array.from({ length: 20_000 }, (_, i) => (i * i * 31 + (i >> 3) * 17) % 256).toBase64();
    for (const text of [
      picture,
      `data:image/png;base64,${picture}`,
      '100 % \\ & &bogus; %zz \\q',
      bytes('plain words, nothing else').toBase64(),
    ])
      expect(redactText(text)).toBe(text);
  });
});
