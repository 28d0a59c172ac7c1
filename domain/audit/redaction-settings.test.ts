import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNames, parsePatterns, SettingError } from './redaction-settings.ts';

const patterns = (source: string) => parsePatterns(JSON.stringify({ own: source }));

function problemOf(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    if (error instanceof SettingError) return error.message;
    throw error;
  }
  return 'none';
}

describe('settings of the redaction', () => {
  it('reads names between commas', () => {
    expect(parseNames(' salary ,birth-date,, Größe ')).toEqual(['salary', 'birth-date', 'Größe']);
    expect(parseNames('')).toEqual([]);
    for (const list of ['salary,--', '*', 'a'.repeat(65)])
      expect(problemOf(() => parseNames(list))).toContain('must be names');
  });

  it.each([
    'CUST-\\d{6}',
    'CUST-\\d+',
    '(?:\\d{1,3}\\.){3}\\d{1,3}',
    '[+*]{2}\\+\\*',
    '(?<year>\\d{4})-(?:A|B)',
    '\\bEMP[A-Z]?\\d{4,}\\b',
    '(?<!x)(?:ab){2,5}?c',
    'a{,5}',
    '[\\]+*]+x',
  ])('takes %s, and what it finds is what JavaScript finds', (source) => {
    const { own } = patterns(source);
    const texts = [
      'CUST-123456 CUST-1',
      '10.1.22.254',
      '++++** +*',
      '2026-A',
      'EMPX12345',
      'ababababc',
      'a{,5}',
      ']]+*x',
    ];
    for (const text of texts)
      expect([...text.matchAll(own ?? /x/g)]).toEqual([...text.matchAll(new RegExp(source, 'g'))]);
  });

  it.each([
    ['a*', 'matches the empty text'],
    ['(x|)', 'matches the empty text'],
    ['\\b', 'matches the empty text'],
    ['^', 'matches the empty text'],
    ['(?=a)', 'matches the empty text'],
    ['(', 'no regular expression'],
    ['[z-a]', 'no regular expression'],
    ['x'.repeat(501), 'longer than 500'],
    ['(a+)+', 'repeats what repeats'],
    ['(a*)*b', 'repeats what repeats'],
    ['(?:a|ab)+c', 'repeats what repeats'],
    ['(?:a?b?){20}c', 'repeats what repeats'],
    ['((a{1,2}){1,9}){1,9}c', 'repeats what repeats'],
    ['(?:(?:x+)y){2,}', 'repeats what repeats'],
    ['(?<n>\\w+\\s?)*$z', 'repeats what repeats'],
  ])('refuses %s: %s', (source, problem) => {
    expect(problemOf(() => patterns(source))).toContain(`(own) `);
    expect(problemOf(() => patterns(source))).toContain(problem);
  });

  it.each(['', 'x', '[]', 'null', '{"a":1}', '{"":"x"}', '{"a\\nb":"x"}', `{"${'n'.repeat(41)}":"x"}`])(
    'refuses %s',
    (json) => {
      expect(problemOf(() => parsePatterns(json))).toContain('must be JSON of regular expressions by name');
    },
  );

  it('bounds what repeats, so that a search ends soon whatever the text is', () => {
    expect(patterns('X\\d+').own?.source).toBe('X\\d{1,257}');
    expect(patterns('Xa*?b').own?.source).toBe('Xa{0,256}?b');
    expect(patterns('x{3,}').own?.source).toBe('x{3,259}');
    // Unbounded, this would look at every end for every beginning.
    const { own } = patterns('a+b');
    expect('a'.repeat(500_000).match(own ?? /x/)).toBeNull();
  });

  it('refuses or takes any pattern, and never fails otherwise', () => {
    let taken = 0;
    const piece = fc.constantFrom(
      'a',
      'b',
      '\\d',
      '[ab]',
      '(',
      '(?:',
      ')',
      '*',
      '+',
      '?',
      '{2}',
      '{1,3}',
      '|',
      '.',
      '\\)',
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 10 }), (pieces) => {
        const source = pieces.join('');
        if (problemOf(() => patterns(source)) !== 'none') return;
        taken++;
        const { own } = patterns(source);
        for (const text of ['ab', 'aab1bb', `${'ab'.repeat(30)}!`])
          expect(text.replace(own ?? /x/, '')).toBe(text.replace(new RegExp(source, 'g'), ''));
      }),
      { seed: 20_261_126, numRuns: 2000 },
    );
    console.log(`patterns: tried 2000, taken ${taken}, failed 0`);
    expect(taken).toBeGreaterThan(100);
  });
});
