import { anonymiseAddresses } from './anonymise-address.ts';
import { isCardNumber } from './redact-checks.ts';
import type { JudgeKey, KeyKind } from './redact-keys.ts';
import { isAbsent, isCount, isDrawn, isProse, PROSE_NAME, REDACTED } from './redact-words.ts';
import { JWK_SECRETS, PAIR_NAMES, PAIR_VALUES } from './redaction-rules.ts';

/** What lies deeper goes whole. */
const MAX_DEPTH = 64;
/** JSON in a string in JSON in a string. */
const MAX_JSON_DEPTH = 4;

/** What a value's place says of it. */
interface Place {
  kind: KeyKind;
  /** The name that says so. */
  name: string;
  depth: number;
  jsonDepth: number;
}

export interface Means {
  text: (text: string) => string;
  url: (url: string) => string;
  judge: JudgeKey;
}

/** Too plain a name to hold anything itself. */
const PLAIN_KEY = /^[A-Za-z_.-]{0,40}$/;

type Fields = Readonly<Record<string, unknown>>;

const isPair = (item: unknown): item is [string, unknown] =>
  Array.isArray(item) && item.length === 2 && typeof item[0] === 'string';

export function createValueRedactor({ text, url, judge }: Means) {
  /** A string that is JSON by the rules for keys too; written anew only when something went. */
  function string(value: string, place: Place): string {
    if (place.jsonDepth < MAX_JSON_DEPTH && /^\s{0,20}[{["]/.test(value)) {
      try {
        const parsed: unknown = JSON.parse(value);
        const inside = { ...place, kind: 'open', name: '', depth: 0, jsonDepth: place.jsonDepth + 1 } as const;
        const clean = JSON.stringify(walk(parsed, inside));
        if (clean !== JSON.stringify(parsed)) return clean;
      } catch {
        // Not JSON: a text like any other.
      }
    }
    return text(value);
  }

  function leaf(value: string, place: Place): string {
    switch (place.kind) {
      case 'secret':
      case 'code':
        if (isAbsent(value) || isCount(place.name, value)) return value;
        return PROSE_NAME.test(place.name) && isProse(value) ? text(value) : REDACTED;
      case 'opaque':
        return isDrawn(value) ? REDACTED : string(value, place);
      case 'url':
      case 'link':
        return url(value);
      case 'query':
        return url(`?${value.replace(/^\?/, '')}`).slice(1);
      case 'address':
        return text(anonymiseAddresses(value));
      default:
        return string(value, place);
    }
  }

  /** Of a field: what its own name says, or else what its surroundings said of it. */
  function placeOf(key: string, around: Place, label: { kind: KeyKind; name: string }): Place {
    const below = { depth: around.depth + 1, jsonDepth: around.jsonDepth };
    const own = judge(key);
    if (own !== 'open')
      return { ...below, kind: own === 'address' && around.kind === 'list' ? 'list' : own, name: key };
    if (label.kind !== 'open' && PAIR_VALUES.has(key)) return { ...below, ...label };
    // `password: {minLength}`, `token: {type, value}`: one name with the one above says what it is.
    if (around.kind === 'secret' || around.kind === 'code')
      return { ...below, kind: judge(`${around.name} ${key}`), name: around.name };
    const goesOn = around.kind === 'list' || PAIR_VALUES.has(key);
    return { ...below, kind: goesOn ? around.kind : 'open', name: around.name };
  }

  function object(fields: Fields, place: Place): Fields {
    const named = PAIR_NAMES.map((name) => fields[name]).find((name) => typeof name === 'string');
    const label = { kind: named === undefined ? ('open' as const) : judge(named), name: named ?? '' };
    const isJwk = typeof fields.kty === 'string';
    const clean = new Map<string, unknown>();
    for (const [key, value] of Object.entries(fields)) {
      const inside = placeOf(key, place, label);
      const name = PLAIN_KEY.test(key) ? key : text(key);
      const free = clean.has(name) ? `${name} ${clean.size + 1}` : name;
      clean.set(free, walk(value, isJwk && JWK_SECRETS.has(key) ? { ...inside, kind: 'code', name: key } : inside));
    }
    return Object.fromEntries(clean);
  }

  function array(items: readonly unknown[], place: Place): unknown[] {
    const inside = { ...place, depth: place.depth + 1 };
    // Header lists: [["Cookie", "…"], …].
    if (items.length > 0 && items.every(isPair))
      return items.map(([name, value]) => {
        const kind = judge(name);
        return [text(name), walk(value, kind === 'open' ? inside : { ...inside, kind, name })];
      });
    return items.map((item) => walk(item, inside));
  }

  function walk(value: unknown, place: Place): unknown {
    if (typeof value === 'string') return leaf(value, place);
    if (typeof value === 'number') return place.kind === 'code' || isCardNumber(String(value)) ? REDACTED : value;
    if (typeof value !== 'object' || value === null) return value;
    if (place.depth === MAX_DEPTH) return REDACTED;
    return Array.isArray(value) ? array(value, place) : object(value as Fields, place);
  }

  return (value: unknown): unknown => walk(value, { kind: 'open', name: '', depth: 0, jsonDepth: 0 });
}
