// A cell that begins so is a formula to a spreadsheet, in its second line too; full-width signs are folded to these.
const SIGNS = '[=+\\-@\\t\\x00＝＋－＠]';
const DANGEROUS = `(^|[\\r\\n])${SIGNS}|^[\\r\\n]`;
const NUMBER = '^[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?$';

const literal = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/**
 * SQL that makes a text cell harmless: an apostrophe before each sign that could start a formula. Numbers stay as they are.
 * The guard comes first because most cells are ordinary and the replacement is what costs.
 */
export function harmlessText(column: string): string {
  const marked = `replaceRegexpAll(${column}, ${literal(`(^|[\\r\\n])(${SIGNS})`)}, ${literal("\\1'\\2")})`;
  const led = `if(match(${column}, ${literal('^[\\r\\n]')}), concat('\\'', ${marked}), ${marked})`;
  return `if(match(${column}, ${literal(DANGEROUS)}) AND NOT match(${column}, ${literal(NUMBER)}), ${led}, ${column})`;
}
