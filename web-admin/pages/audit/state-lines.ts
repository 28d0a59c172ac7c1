import { create } from 'jsondiffpatch';

export interface Line {
  kind: 'same' | 'added' | 'removed';
  depth: number;
  /** One line of JSON, without the comma at its end. */
  text: string;
}

type Fields = Record<string, unknown>;
type Kind = Line['kind'];

/** What tells the objects of a list apart: their id, or all that they hold. */
function hashOf(value: object | null): string {
  // jsondiffpatch takes null for an object.
  const { id } = (value ?? {}) as { id?: unknown };
  return typeof id === 'string' || typeof id === 'number' ? `id ${id}` : JSON.stringify(value);
}

const differ = create({ arrays: { detectMove: false }, objectHash: hashOf });

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const labelled = (key: string | null, text: string) => (key === null ? text : `${JSON.stringify(key)}: ${text}`);

/** Keys in the order of the alphabet: two states then read alike wherever they are alike. */
const entriesOf = (value: object): [string | null, unknown][] =>
  Array.isArray(value)
    ? value.map((each): [null, unknown] => [null, each])
    : Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));

/** A value on its own, all of its lines alike. */
function* plain(key: string | null, value: unknown, kind: Kind, depth: number): Generator<Line> {
  if (!isObject(value)) return yield { kind, depth, text: labelled(key, JSON.stringify(value)) };
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const entries = entriesOf(value);
  if (entries.length === 0) return yield { kind, depth, text: labelled(key, `${open}${close}`) };
  yield { kind, depth, text: labelled(key, open ?? '') };
  for (const [name, each] of entries) yield* plain(name, each, kind, depth + 1);
  yield { kind, depth, text: close ?? '' };
}

/** A value that is there before and after. `delta` is jsondiffpatch's: a list is a leaf, an object has deltas inside. */
function* compared(
  key: string | null,
  before: unknown,
  after: unknown,
  delta: unknown,
  depth: number,
): Generator<Line> {
  if (delta === undefined) return yield* plain(key, before, 'same', depth);
  if (Array.isArray(delta)) {
    yield* plain(key, before, 'removed', depth);
    return yield* plain(key, after, 'added', depth);
  }
  const inside = delta as Fields;
  const list = inside._t === 'a';
  yield { kind: 'same', depth, text: labelled(key, list ? '[' : '{') };
  if (list) yield* places(before as unknown[], after as unknown[], inside, depth + 1);
  else yield* fields(before as Fields, after as Fields, inside, depth + 1);
  yield { kind: 'same', depth, text: list ? ']' : '}' };
}

function* fields(before: Fields, after: Fields, delta: Fields, depth: number): Generator<Line> {
  for (const name of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
    if (!Object.hasOwn(after, name)) yield* plain(name, before[name], 'removed', depth);
    else if (!Object.hasOwn(before, name)) yield* plain(name, after[name], 'added', depth);
    else yield* compared(name, before[name], after[name], Object.hasOwn(delta, name) ? delta[name] : undefined, depth);
  }
}

/** Of a list: `_3` is the third of before, removed; `3` the third of after, added or changed. */
function* places(before: unknown[], after: unknown[], delta: Fields, depth: number): Generator<Line> {
  for (let [was, is] = [0, 0]; was < before.length || is < after.length; ) {
    const change = delta[is];
    if (was < before.length && delta[`_${was}`] !== undefined) yield* plain(null, before[was++], 'removed', depth);
    else if (Array.isArray(change) && change.length === 1) yield* plain(null, after[is++], 'added', depth);
    else yield* compared(null, before[was++], after[is++], change, depth);
  }
}

/** Both states as lines of JSON, each marked with where it is. null: there was none. */
export function stateLines(before: unknown, after: unknown): Line[] {
  if (before === null && after === null) return [];
  if (before === null) return [...plain(null, after, 'added', 0)];
  if (after === null) return [...plain(null, before, 'removed', 0)];
  return [...compared(null, before, after, differ.diff(before, after), 0)];
}
