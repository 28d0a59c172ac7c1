import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, differenceOf } from './field-diff.ts';

type Node = Record<string, unknown>;

/** RFC 6901. */
const tokensOf = (path: string) =>
  path
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));

/** What the changes make of a value, one after the other. */
function applied(value: unknown, changes: readonly Change[]): unknown {
  const root = { value: structuredClone(value) };
  for (const { path, kind, before, after } of changes) {
    const tokens = ['value', ...tokensOf(path)];
    const last = tokens.pop() as string;
    const parent = tokens.reduce<unknown>((node, token) => (node as Node)[token], root) as Node;
    expect(Object.hasOwn(parent, last)).toBe(kind !== 'added');
    if (kind !== 'added') expect(parent[last]).toEqual(before);
    if (kind !== 'removed')
      Object.defineProperty(parent, last, { value: after, enumerable: true, configurable: true, writable: true });
    else if (Array.isArray(parent)) expect([parent.length - 1, parent.pop()]).toEqual([Number(last), before]);
    else delete parent[last];
  }
  return root.value;
}

const key = fc.oneof(
  fc.constantFrom('a', 'b', 'c', '0', '1', '10', '', '/', '~', '~1', 'a/b', '__proto__', 'constructor', 'ü'),
  fc.string({ maxLength: 4 }),
);
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(fc.constantFrom(null, true, false, 0, 1, '', 'x'), fc.string({ maxLength: 5 }), fc.integer()),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('json')), { maxLength: 5 }).map((entries) => parsed(Object.fromEntries(entries))),
  ),
}));
const parsed = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('the difference of two states', () => {
  it('makes one of the other, whatever they are', () => {
    let [tried, changes] = [0, 0];
    const check = (before: unknown, after: unknown) => {
      const difference = differenceOf(before, after, Number.POSITIVE_INFINITY);
      tried++;
      changes += difference.changes.length;
      expect(textOf(applied(before, difference.changes))).toBe(textOf(after));
      expect(difference.truncated).toBe(false);
      // Minimal in this sense: each place once, and nothing that is the same before and after.
      expect(new Set(difference.changes.map(({ path }) => path)).size).toBe(difference.changes.length);
      for (const { kind, before: old, after: now } of difference.changes)
        if (kind === 'changed') expect(textOf(old)).not.toBe(textOf(now));
    };
    fc.assert(
      fc.property(json, json, (before, after) => {
        check(before, after);
        check(before, structuredClone(before));
        check({ state: before, more: after }, { state: after, more: after });
      }),
      { numRuns: 1500 },
    );
    console.log(`field diff: pairs tried ${tried}, changes ${changes}, wrong 0`);
    expect(changes).toBeGreaterThan(tried / 2);
  });

  it('names fields by JSON Pointer', () => {
    const before = { 'a/b': { '~': 1 }, list: [1, 2], parts: [{ id: 1, n: 'x' }, { id: 2 }], gone: null, same: [{}] };
    const after = { 'a/b': { '~': 2 }, list: [2, 1], parts: [{ id: 1, n: 'y' }], new: { deep: true }, same: [{}] };
    expect(differenceOf(before, after)).toEqual({
      changes: [
        { path: '/gone', kind: 'removed', before: null, after: null },
        { path: '/a~1b/~0', kind: 'changed', before: 1, after: 2 },
        { path: '/list', kind: 'changed', before: [1, 2], after: [2, 1] },
        { path: '/parts/1', kind: 'removed', before: { id: 2 }, after: null },
        { path: '/parts/0/n', kind: 'changed', before: 'x', after: 'y' },
        { path: '/new', kind: 'added', before: null, after: { deep: true } },
      ],
      truncated: false,
    });
    expect(differenceOf({ b: 1, a: { d: 1, c: 2 } }, { a: { c: 2, d: 1 }, b: 1 }).changes).toEqual([]);
  });

  it('is bounded in number and depth', () => {
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`f${n}`, n]));
    const { changes, truncated } = differenceOf({}, many);
    expect([changes.length, truncated]).toEqual([200, true]);
    expect(differenceOf({ f0: 0 }, many)).toMatchObject({ truncated: false });
    const deep = (leaf: number) => JSON.parse(`${'{"a":'.repeat(5000)}${leaf}${'}'.repeat(5000)}`);
    const [change, ...more] = differenceOf(deep(1), deep(2)).changes;
    expect([change?.path, more]).toEqual(['/a'.repeat(32), []]);
  });
});

/** As text; the order of an object's fields means nothing. */
function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(textOf)}]`;
  const fields = Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}:${textOf(inner)}`);
  return `{${fields.sort()}}`;
}
