import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTerms, printTerm, printTerms, type Term, type Written, withoutTerms, withTerm } from './terms.ts';

const bare = ({ negated, name, value, fault }: Term) => ({ negated, name, value, ...(fault && { fault }) });

const name = fc.option(fc.stringMatching(/^[a-z][a-z-]{0,10}$/), { nil: null });
const value = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }),
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.constantFrom('a b', '"', '\\', '-x', 'a:b', '-a:b', 'x"y', '>=-24h', '2026-11-01..2026-11-03', 'größe', 'مرحبا'),
);
const written: fc.Arbitrary<Written> = fc.record({ negated: fc.boolean(), name, value });

describe('the terms of a query', () => {
  it('are read as they were printed, whatever they hold', () => {
    fc.assert(
      fc.property(fc.array(written, { maxLength: 6 }), (terms) => {
        expect(parseTerms(printTerms(terms)).map(bare)).toEqual(terms);
      }),
    );
  });

  it('cover a text from its beginning to its end, and read again what they print', () => {
    const text = fc.array(fc.constantFrom('a', ':', '-', '"', '\\', ' ', 'actor:', '>=', '.*'), { maxLength: 24 });
    fc.assert(
      fc.property(
        text.map((parts) => parts.join('')),
        (given) => {
          const terms = parseTerms(given);
          let at = 0;
          for (const { start, end } of terms) {
            expect(given.slice(at, start).trim()).toBe('');
            expect(end).toBeGreaterThan(start);
            at = end;
          }
          expect(given.slice(at).trim()).toBe('');
          const whole = terms.filter(({ fault }) => !fault);
          expect(parseTerms(printTerms(whole)).map(bare)).toEqual(whole.map(bare));
        },
      ),
    );
  });

  it('know the examples of the help', () => {
    const read = (text: string) => parseTerms(text).map(bare);
    expect(read('Actor:ana@example.com -outcome:success created:>=-24h pump')).toEqual([
      { negated: false, name: 'actor', value: 'ana@example.com' },
      { negated: true, name: 'outcome', value: 'success' },
      { negated: false, name: 'created', value: '>=-24h' },
      { negated: false, name: null, value: 'pump' },
    ]);
    expect(read('actor:"ana \\"x\\" bell"')).toEqual([{ negated: false, name: 'actor', value: 'ana "x" bell' }]);
    expect(read('action: "open')).toEqual([
      { negated: false, name: 'action', value: '', fault: 'empty' },
      { negated: false, name: null, value: 'open', fault: 'quote' },
    ]);
    expect(printTerm({ negated: true, name: null, value: 'a:b' })).toBe('-"a:b"');
  });

  it('hold a value once: asked for or left out, and one that is asked for', () => {
    const picked = (text: string, term: Partial<Written>) =>
      withTerm(text, { name: 'action', value: 'a.b', negated: false, ...term });
    expect(picked('x action:c.d', {})).toBe('x action:a.b');
    expect(picked('action:a.b', { negated: true })).toBe('-action:a.b');
    expect(picked('-action:a.b -action:c.d', {})).toBe('-action:c.d action:a.b');
    expect(picked('-action:c.d action:x', { negated: true })).toBe('-action:c.d action:x -action:a.b');
    expect(withoutTerms('a b:c d', (_, index) => index === 1)).toBe('a d');
  });
});
