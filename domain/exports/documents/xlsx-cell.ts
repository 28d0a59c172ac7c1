import type { Cell, DocumentColumn } from './document.ts';
import { DocumentRefused } from './refused.ts';

/** UTF-16 units; Excel's own limit. A longer cell makes it "repair" the file by cutting. */
const CELL_LENGTH = 32_767;
/** Excel computes and shows 15 digits and makes the others zero, although a double would hold 2^53. */
const EXACT_INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;

/** XLSX cannot hold this text, and it must not be cut. `row` counts from 1, without the header. */
export class CellTooLong extends DocumentRefused {
  override name = 'CellTooLong';
  readonly row: number;
  readonly column: string;

  constructor(row: number, column: string, length: number) {
    super(`row ${row}, column ${column}: ${length} characters, and an XLSX cell holds ${CELL_LENGTH}`);
    this.row = row;
    this.column = column;
  }
}

/** Styles of the workbook, by their index in styles.xml. */
export interface Styles {
  header: string;
  text: string;
  integer: string;
}

/** `<row>` with its cells; an empty cell is left out. Throws CellTooLong. */
export function rowXml(
  cells: readonly Cell[],
  number: number,
  columns: readonly DocumentColumn[],
  letters: readonly string[],
  styles: Styles,
): string {
  // The header is row 1 of the sheet.
  const at = number + 1;
  let xml = `<row r="${at}">`;
  for (let i = 0; i < columns.length; i++) {
    const value = cells[i];
    if (value === null || value === undefined) continue;
    const { name, kind } = columns[i] as DocumentColumn;
    const ref = `${letters[i]}${at}`;
    if (typeof value === 'boolean') xml += `<c r="${ref}" t="b"><v>${value ? 1 : 0}</v></c>`;
    else if (isInteger(value, kind)) xml += `<c r="${ref}" s="${styles.integer}"><v>${value}</v></c>`;
    else if (isFraction(value)) xml += `<c r="${ref}"><v>${value}</v></c>`;
    else {
      const text = String(value);
      if (text.length > CELL_LENGTH) throw new CellTooLong(number, name, text.length);
      xml += textXml(text, ref, styles.text);
    }
  }
  return `${xml}</row>`;
}

const isInteger = (value: string | number, kind: DocumentColumn['kind']) =>
  (typeof value === 'number' || kind === 'integer') && EXACT_INTEGER.test(String(value));

const isFraction = (value: string | number) =>
  typeof value === 'number' && Number.isFinite(value) && !Number.isInteger(value);

/** A cell of type text: it never is a formula, whatever it begins with. */
export function textXml(text: string, ref: string, style: string): string {
  const preserve = keepsOnlyIfAsked(text) ? ' xml:space="preserve"' : '';
  return `<c r="${ref}" s="${style}" t="inlineStr"><is><t${preserve}>${escapeText(text)}</t></is></c>`;
}

/** Readers may trim white space at the ends and join lines otherwise. */
function keepsOnlyIfAsked(text: string): boolean {
  return text.charCodeAt(0) <= 0x20 || text.charCodeAt(text.length - 1) <= 0x20 || text.includes('\n');
}

// The underscore that could begin an escape is escaped itself, whatever follows the four digits: the next character may become one.
const SPECIAL = /[&<>\p{Cs}\ufffe\uffff[\p{Cc}--[\t\n]]]|_(?=x[\da-f]{4})/iv;
const EVERY_SPECIAL = new RegExp(SPECIAL, 'giv');

/** XML text, with `_xHHHH_` (ECMA-376, ST_Xstring) for what XML 1.0 cannot hold or readers change. */
function escapeText(text: string): string {
  return SPECIAL.test(text) ? text.replace(EVERY_SPECIAL, escapeCharacter) : text;
}

function escapeCharacter(character: string): string {
  if (character === '&') return '&amp;';
  if (character === '<') return '&lt;';
  if (character === '>') return '&gt;';
  return `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
}

/** 0 → A, 25 → Z, 26 → AA. */
export function columnLetters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : columnLetters(Math.floor(index / 26) - 1) + last;
}
