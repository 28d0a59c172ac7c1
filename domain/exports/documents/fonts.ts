/** Where the files of FONT_FILES lie, e.g. the Worker's static assets. */
export interface FontSource {
  /** `path` begins with "/". Rejects when there is no such file. */
  read(path: string): Promise<ArrayBuffer>;
}

export type Face = 'plain' | 'bold' | 'chinese' | 'korean';

/** TrueType files under `web-admin/public`, put there by `dev/fonts.mjs` out of the packages of package.json (OFL 1.1). */
export const FONT_FILES: Record<Face, string> = {
  plain: '/fonts/NotoSans-Regular.ttf',
  bold: '/fonts/NotoSans-SemiBold.ttf',
  // 10 MB and 6 MB: read only when a character needs them.
  chinese: '/fonts/NotoSansSC-Regular.ttf',
  korean: '/fonts/NotoSansKR-Regular.ttf',
};

/** Left to right, and readable with one glyph a character. */
const SCRIPTS =
  /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Hangul}\p{Script=Common}\p{Script=Inherited}]/u;
/** Controls, formats (also those that turn the reading direction), lone surrogates, unassigned; separators of lines; joiners. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const EAST_ASIAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Hangul}]/u;
const HANGUL = /\p{Script=Hangul}/u;

/** A line may end after these, and after every East Asian character. */
const BREAKING = new Set(' -,;:/_@.?&=|)]}、。，；：');

/** The fonts to look a character up in, in order; none when it is shown by its number. */
export function facesFor(character: string): Face[] {
  if (INVISIBLE.test(character) || !SCRIPTS.test(character)) return [];
  if (HANGUL.test(character)) return ['korean', 'chinese'];
  if (EAST_ASIAN.test(character)) return ['chinese', 'korean'];
  const code = character.codePointAt(0) ?? 0;
  // The big fonts have signs such as → and ①, but no emoji: for these they need not be read.
  const sign = code >= 0x2000 && code < 0x1f000;
  return sign ? ['plain', 'chinese', 'korean'] : ['plain'];
}

export const breaksAfter = (character: string) => BREAKING.has(character) || EAST_ASIAN.test(character);

/** U+1F600 → "U+1F600". */
export const codePointName = (code: number) => `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
