import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Line, stateLines } from './state-lines.ts';

/** JSON again: between two lines stands a comma, unless one opens or the next one closes. */
const jsonOf = (lines: readonly Line[]) =>
  JSON.parse(
    lines
      .map(({ text }, index) => {
        const next = lines[index + 1]?.text ?? '}';
        return /^[\]}]/.test(next) || /[[{]$/.test(text) ? text : `${text},`;
      })
      .join('\n'),
  );

const plain = fc.oneof(fc.integer(), fc.boolean(), fc.constant(null), fc.stringMatching(/^[a-z {}[\]"]{0,8}x$/));
const { state } = fc.letrec<{ state: unknown }>((tie) => ({
  state: fc.oneof(
    { maxDepth: 4 },
    plain,
    fc.array(tie('state'), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[a-e_]{1,2}$/), tie('state'), { maxKeys: 4 }),
  ),
}));

describe('two states in one', () => {
  it('hold the one before and the one after, to the letter', () => {
    fc.assert(
      fc.property(state, state, (before, after) => {
        fc.pre(before !== null && after !== null);
        const lines = stateLines(before, after);
        expect(jsonOf(lines.filter(({ kind }) => kind !== 'added'))).toEqual(before);
        expect(jsonOf(lines.filter(({ kind }) => kind !== 'removed'))).toEqual(after);
      }),
    );
  });

  it('mark nothing where nothing differs', () => {
    fc.assert(
      fc.property(state, (value) => {
        expect(stateLines(value, structuredClone(value)).every(({ kind }) => kind === 'same')).toBe(true);
      }),
    );
  });

  it('mark what differs and nothing around it', () => {
    const lines = stateLines({ a: 1, list: [1, 2, 3], deep: { x: 'old' } }, { a: 1, list: [1, 3], deep: { x: 'new' } });
    expect(lines.filter(({ kind }) => kind !== 'same').map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      'removed "x": "old"',
      'added "x": "new"',
      'removed 2',
    ]);
    expect(stateLines(null, { a: 1 }).map(({ kind }) => kind)).toEqual(['added', 'added', 'added']);
    expect(stateLines(null, null)).toEqual([]);
  });
});
