import {
  ADDRESS_KEY,
  HEADS,
  LEADS,
  LINK_HEADS,
  LISTS,
  NUMERIC,
  OPAQUE,
  PARTS,
  URL_KEYS,
  WORDS,
} from './redaction-rules.ts';

/**
 * What a key's name says of its value.
 * - open: nothing
 * - secret: a text goes, a number stays (`tokens: 512`); code: a number goes too (`pin: 4711`)
 * - opaque: goes when it looks like something drawn by lot
 * - link: the address of something secret; url, query: an address whose query may hold anything
 * - address: where somebody comes from; list: addresses that are business data
 */
export type KeyKind = 'open' | 'secret' | 'code' | 'opaque' | 'link' | 'url' | 'query' | 'address' | 'list';

export type JudgeKey = (name: string) => KeyKind;

const MAX_NAME = 200;
const MAX_REMEMBERED = 2000;

/** `clientSecret`, `CLIENT-SECRET`, `client[secret]` → client, secret. */
export const wordsOf = (name: string): string[] =>
  name
    .slice(-MAX_NAME)
    .replace(/(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, ' ')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');

const bare = (word: string) => word.replace(/\d{1,10}$/, '');

function judge(words: readonly string[], own: readonly string[]): KeyKind {
  const spaced = ` ${words.join(' ')} `;
  if (own.some((name) => spaced.includes(name))) return 'code';
  const squashed = words.join('');
  if (URL_KEYS.has(squashed)) return squashed === 'urlquery' ? 'query' : 'url';
  if (PARTS.test(spaced) || words.some((word) => WORDS.test(bare(word)))) {
    const head = words.findLast((word) => bare(word) !== '') ?? '';
    if (LEADS.test(words[0] ?? '') || HEADS.test(head)) return 'open';
    if (LINK_HEADS.test(head)) return 'link';
    return NUMERIC.test(spaced) ? 'code' : 'secret';
  }
  if (words.some((word) => LISTS.test(word))) return 'list';
  if (ADDRESS_KEY.test(words.join('.'))) return 'address';
  return OPAQUE.test(words.at(-1) ?? '') ? 'opaque' : 'open';
}

/** By the table alone. */
export const judgeKey: JudgeKey = (name) => judge(wordsOf(name), []);

/** @param keys names beyond the table: as whole words of a key, in whatever spelling */
export function createKeyJudge(keys: readonly string[] = []): JudgeKey {
  const own = keys.map((key) => ` ${wordsOf(key).join(' ')} `);
  const remembered = new Map<string, KeyKind>();
  return (name) => {
    const known = remembered.get(name);
    if (known) return known;
    const kind = judge(wordsOf(name), own);
    if (remembered.size < MAX_REMEMBERED && name.length <= MAX_NAME) remembered.set(name, kind);
    return kind;
  };
}
