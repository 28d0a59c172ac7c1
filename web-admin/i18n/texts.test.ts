import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

type Texts = { [key: string]: string | Texts };
const FOLDER = import.meta.dirname;
const PLURAL = /_(zero|one|two|few|many|other)$/;
/** The forms each language tells apart (CLDR). */
const FORMS = { en: ['one', 'other'], ar: ['zero', 'one', 'two', 'few', 'many', 'other'] };
type Language = keyof typeof FORMS;

const flat = (texts: Texts, prefix = ''): [string, string][] =>
  Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [[prefix + key, value] as [string, string]] : flat(value, `${prefix}${key}.`),
  );

async function textsOf(language: Language, file: string): Promise<[string, string][]> {
  const { default: texts } = (await import(`./${language}/${file}`)) as { default: Texts };
  return flat(texts);
}
const baseOf = (key: string) => key.replace(PLURAL, '');
const parametersOf = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).toSorted();

const files = await readdir(join(FOLDER, 'en'));

describe.each(files)('the texts of %s', (file) => {
  it('are there in every language, with every plural form of it, and with the same parameters', async () => {
    const english = await textsOf('en', file);
    const arabic = await textsOf('ar', file);
    expect([...new Set(arabic.map(([key]) => baseOf(key)))].toSorted()).toEqual(
      [...new Set(english.map(([key]) => baseOf(key)))].toSorted(),
    );
    for (const [language, texts] of [
      ['en', english],
      ['ar', arabic],
    ] as const) {
      const plurals = new Set(texts.filter(([key]) => PLURAL.test(key)).map(([key]) => baseOf(key)));
      for (const key of plurals)
        expect([key, FORMS[language].filter((form) => !texts.some(([each]) => each === `${key}_${form}`))]).toEqual([
          key,
          [],
        ]);
      // "one" and "two" may say the number in words.
      for (const [key, text] of texts) {
        const wanted = english.find(([each]) => baseOf(each) === baseOf(key) && !/_(one|two|zero)$/.test(each));
        const lacking = parametersOf(wanted?.[1] ?? '').filter((name) => !parametersOf(text).includes(name));
        expect([key, lacking.filter((name) => !(PLURAL.test(key) && name === 'count'))]).toEqual([key, []]);
        const unknown = parametersOf(text).filter(
          (name) => name !== 'count' && !parametersOf(wanted?.[1] ?? '').includes(name),
        );
        expect([key, unknown]).toEqual([key, []]);
      }
    }
    expect(english.filter(([, text]) => text.trim() === '')).toEqual([]);
    expect(arabic.filter(([, text]) => text.trim() === '')).toEqual([]);
  });
});

/** JSX text with a letter in it, and attributes that people hear or read. */
const SHOWN = [
  />\s*[^<>{}]*\p{L}[^<>{}]*<\//u,
  /\b(?:label|title|placeholder|aria-label|description|alt)="[^"]*\p{L}/u,
];
/** What reads the same in every language. */
const ALIKE = [/<Kbd[^>]*>/, /"_blank"/];

async function sources(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter(({ name }) => !['dist', 'node_modules'].includes(name))
      .map((entry) => (entry.isDirectory() ? sources(join(folder, entry.name)) : [join(folder, entry.name)])),
  );
  return found.flat().filter((path) => path.endsWith('.tsx'));
}

describe('the pages', () => {
  it('hold no text of their own', async () => {
    const all = await sources(join(FOLDER, '..'));
    const found: string[] = [];
    for (const path of all) {
      const lines = (await readFile(path, 'utf8')).split('\n');
      for (const [index, line] of lines.entries()) {
        const code = line.replace(/\/\/.*|\/\*.*\*\//, '');
        if (SHOWN.some((shown) => shown.test(code)) && !ALIKE.some((alike) => alike.test(code)))
          found.push(`${path}:${index + 1}: ${line.trim()}`);
      }
    }
    console.log(`pages looked through for texts: tried ${all.length}, found ${found.length}`);
    expect(all.length).toBeGreaterThan(20);
    expect(found).toEqual([]);
  });
});
