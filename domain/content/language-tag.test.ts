import fc from 'fast-check';
import registry from 'language-subtag-registry/data/json/language.json' with { type: 'json' };
import regions from 'language-subtag-registry/data/json/region.json' with { type: 'json' };
import scripts from 'language-subtag-registry/data/json/script.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import { canonicalTag } from './language-tag.ts';

const SEED = 20_261_122;
const subtags = (of: object, shape: RegExp) => Object.keys(of).filter((subtag) => shape.test(subtag));
const anyCase = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((upper) => [...text].map((c, i) => (upper[i] ? c.toUpperCase() : c)).join(''));

describe('language tag', () => {
  it.each([
    ['en', 'en'],
    ['EN-us', 'en-US'],
    ['zh-hans-cn', 'zh-Hans-CN'],
    ['SR-LATN-rs', 'sr-Latn-RS'],
    ['es-419', 'es-419'],
    ['iw', 'he'],
    ['in', 'id'],
    ['de-DD', 'de-DE'],
    ['art-lojban', 'jbo'],
    ['de-1996', 'de-1996'],
    ['sl-rozaj-biske', 'sl-biske-rozaj'],
    ['en-US-u-hc-h23', 'en-US-u-hc-h23'],
    ['de-x-formal', 'de-x-formal'],
    ['gsw', 'gsw'],
  ])('%s is %s', (text, tag) => {
    expect(canonicalTag(text)).toBe(tag);
  });

  it.each([
    '',
    ' ',
    'e',
    'en_US',
    'en-',
    '-en',
    'en--US',
    ' en',
    'en\n',
    'english',
    'xx',
    'xyz',
    'en-XX',
    'en-ZZZ',
    'en-999',
    'en-Abcd',
    'de-foobar',
    'en-a-foo',
    'en-u',
    'x-private',
    'i-klingon',
    'zh-cmn',
    'constructor',
    '__proto__',
    'en-US-US',
    'de-1996-1996',
    'ｅｎ',
    'en\u0000',
    'und-x-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd',
    `en-${'x'.repeat(50)}`,
    'en-AA',
  ])('%j is none', (text) => {
    expect(canonicalTag(text)).toBeNull();
  });

  it('is the same whatever its case, and its own canonical form', () => {
    let tried = 0;
    const tag = fc
      .tuple(
        fc.constantFrom(...subtags(registry, /^[a-z]{2}$/)),
        fc.option(fc.constantFrom(...subtags(scripts, /^[a-z]{4}$/)), { nil: undefined }),
        fc.option(fc.constantFrom(...subtags(regions, /^([a-z]{2}|\d{3})$/)), { nil: undefined }),
      )
      .map((parts) => parts.filter((part) => part !== undefined).join('-'));
    fc.assert(
      fc.property(
        tag.chain((text) => fc.tuple(fc.constant(text), anyCase(text))),
        ([text, written]) => {
          tried++;
          const found = canonicalTag(text);
          expect(canonicalTag(written)).toBe(found);
          if (found !== null) expect(canonicalTag(found)).toBe(found);
        },
      ),
      { seed: SEED, numRuns: 2000 },
    );
    console.log(`language tags in any case: tried ${tried}, failed 0 (seed ${SEED})`);
  });

  it('gives null or a tag of plain ASCII for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-zA-Z0-9_-]{1,40}$/)), (text) => {
        expect(canonicalTag(text) ?? 'en').toMatch(/^[a-z]{2,8}(-[A-Za-z0-9]{1,8})*$/);
      }),
      { seed: SEED, numRuns: 5000 },
    );
  });
});
