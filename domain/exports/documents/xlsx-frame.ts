import { strFromU8, unzipSync } from 'fflate';
import { type CellStyle, writeXlsx } from 'hucre/xlsx';
import { type DocumentColumn, type DocumentInput, particulars } from './document.ts';
import { columnLetters, type Styles, textXml } from './xlsx-cell.ts';

const DATA_SHEET = 'xl/worksheets/sheet1.xml';
const ABOUT_SHEET = 'xl/worksheets/sheet2.xml';
const FONT = { name: 'Calibri', size: 11 };
/** Characters. */
const WIDTHS: Record<DocumentColumn['kind'], number> = {
  uuid: 38,
  time: 26,
  text: 28,
  word: 20,
  integer: 14,
  boolean: 10,
  address: 18,
  json: 60,
  list: 40,
};

/** A workbook but for the rows of its data: they go between `before` and `after` in the part `path`. */
export interface Frame {
  parts: [path: string, xml: string][];
  data: { path: string; before: string; after: string };
  styles: Styles;
}

/**
 * The library writes everything that makes a workbook: content types, relations, styles, the frozen header, the filter. Only
 * rows are ours: its own writer for streams knows no styled header, filter or second sheet.
 */
export async function frameWorkbook(input: DocumentInput): Promise<Frame> {
  const lastCell = `${columnLetters(input.columns.length - 1)}${input.rows + 1}`;
  const written = unzipSync(await writeEmpty(input, `A1:${lastCell}`));
  const parts = new Map(Object.entries(written).map(([path, bytes]) => [path, strFromU8(bytes)]));
  const sheet = parts.get(DATA_SHEET) ?? '';
  const styles = { header: styleOf(sheet, 'A1'), text: styleOf(sheet, 'A2'), integer: styleOf(sheet, 'A3') };
  const { before, after } = around(sheet, `A1:${lastCell}`);
  const about = around(parts.get(ABOUT_SHEET) ?? '', `A1:B${particulars(input).length}`);
  parts.set(ABOUT_SHEET, about.before + aboutRows(input, styles) + about.after);
  parts.delete(DATA_SHEET);
  // The placeholders were the only shared strings; an unused table of them is valid.
  return {
    parts: [...parts],
    data: { path: DATA_SHEET, before: before + headerRow(input.columns, styles), after },
    styles,
  };
}

/** A workbook with one cell of each style instead of its rows. */
function writeEmpty({ title, requestedBy, cutoff, columns }: DocumentInput, range: string): Promise<Uint8Array> {
  const header: CellStyle = { font: { ...FONT, bold: true } };
  // As text, so that editing a cell that begins with "=" does not make a formula of it either.
  const text: CellStyle = { font: FONT, numFmt: '@' };
  // Else twelve digits and more are shown as a power of ten.
  const integer: CellStyle = { font: FONT, numFmt: '0' };
  return writeXlsx({
    sheets: [
      {
        name: title,
        rows: [['header'], ['text'], ['integer']],
        cells: new Map([header, text, integer].map((style, row) => [`${row},0`, { style }])),
        columns: columns.map(({ kind }) => ({ width: WIDTHS[kind] })),
        freezePane: { rows: 1 },
        autoFilter: { range },
      },
      { name: 'About', rows: [], columns: [{ width: 24 }, { width: 80 }] },
    ],
    properties: { title, creator: requestedBy.toWellFormed(), created: new Date(cutoff), modified: new Date(cutoff) },
    defaultFont: FONT,
  });
}

/** The library wrote something else than this code was made for: better no file than a broken one. */
class UnknownFrame extends Error {
  override name = 'UnknownFrame';
}

function styleOf(sheet: string, ref: string): string {
  const style = new RegExp(`<c r="${ref}"[^>]* s="(\\d+)"`).exec(sheet)?.[1];
  if (!style) throw new UnknownFrame(`no style at ${ref}`);
  return style;
}

function around(sheet: string, dimension: string): { before: string; after: string } {
  const cut = /^(?<head>.*?)<dimension ref="[^"]*"\/>(?<middle>.*)<sheetData(?:\/>|>.*<\/sheetData>)(?<tail>.*)$/s;
  const { head, middle, tail } = cut.exec(sheet)?.groups ?? {};
  if (head === undefined) throw new UnknownFrame('no dimension or no sheetData');
  return { before: `${head}<dimension ref="${dimension}"/>${middle}<sheetData>`, after: `</sheetData>${tail}` };
}

function headerRow(columns: readonly DocumentColumn[], { header }: Styles): string {
  const cells = columns.map(({ name }, index) => textXml(name, `${columnLetters(index)}1`, header));
  return `<row r="1">${cells.join('')}</row>`;
}

function aboutRows(input: DocumentInput, { header, text }: Styles): string {
  return particulars(input)
    .map(([name, value], index) => {
      const at = index + 1;
      return `<row r="${at}">${textXml(name, `A${at}`, header)}${textXml(value, `B${at}`, text)}</row>`;
    })
    .join('');
}
