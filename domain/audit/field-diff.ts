/** One field that differs. */
export interface Change {
  /** JSON Pointer (RFC 6901). */
  path: string;
  kind: 'added' | 'removed' | 'changed';
  /** null where there was none. */
  before: unknown;
  /** null where there is none. */
  after: unknown;
}

export interface Difference {
  changes: Change[];
  /** There are more. */
  truncated: boolean;
}

const MOST_CHANGES = 200;
/** As deep as a body may be; below it values are compared as a whole. */
const MOST_LEVELS = 32;

type Fields = Record<string, unknown>;

/**
 * What makes `after` out of `before`, both JSON values, in this order. Lists of plain values count as one field; lists that hold
 * objects are compared place by place, what is too much at their end being removed from the last one on.
 */
export function differenceOf(before: unknown, after: unknown, most = MOST_CHANGES): Difference {
  const changes = take(changesOf('', before, after, 0), most + 1);
  return { changes: changes.slice(0, most), truncated: changes.length > most };
}

function take<T>(from: Iterable<T>, count: number): T[] {
  const taken: T[] = [];
  for (const each of from) {
    if (taken.length === count) break;
    taken.push(each);
  }
  return taken;
}

function* changesOf(path: string, before: unknown, after: unknown, level: number): Generator<Change> {
  const fields = level < MOST_LEVELS && comparable(before, after);
  if (!fields) {
    if (!isSame(before, after)) yield { path, kind: 'changed', before, after };
    return;
  }
  const [old, now] = fields;
  const at = (name: string) => `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  // From the last one on: in a list, each is still at its place when its turn comes.
  for (const name of Object.keys(old).reverse())
    if (!Object.hasOwn(now, name)) yield { path: at(name), kind: 'removed', before: old[name], after: null };
  for (const [name, value] of Object.entries(now)) {
    if (Object.hasOwn(old, name)) yield* changesOf(at(name), old[name], value, level + 1);
    else yield { path: at(name), kind: 'added', before: null, after: value };
  }
}

/** Both as named fields, when that is how they are compared. */
function comparable(before: unknown, after: unknown): [Fields, Fields] | false {
  if (isFields(before) && isFields(after)) return [before, after];
  const lists = Array.isArray(before) && Array.isArray(after) && [...before, ...after].some(isObject);
  return lists && [{ ...before }, { ...after }];
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isFields = (value: unknown): value is Fields => isObject(value) && !Array.isArray(value);

/** Without recursion: nothing says how deep a value is. */
function isSame(one: unknown, other: unknown): boolean {
  const pairs = [[one, other]];
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const [a, b] = pair;
    if (a === b) continue;
    if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false;
    const names = Object.keys(a);
    if (names.length !== Object.keys(b).length || !names.every((name) => Object.hasOwn(b, name))) return false;
    for (const name of names) pairs.push([(a as Fields)[name], (b as Fields)[name]]);
  }
  return true;
}
