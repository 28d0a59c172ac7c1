import { Zip, ZipDeflate } from 'fflate';
import { collectBytes } from './collect-bytes.ts';
import { type DocumentInput, forEachRow } from './document.ts';
import { columnLetters, rowXml } from './xlsx-cell.ts';
import { frameWorkbook } from './xlsx-frame.ts';

/** UTF-16 units of XML that are deflated at once. */
const PORTION = 1 << 16;

/**
 * An XLSX file (ECMA-376): the rows on the first sheet below a bold, frozen header with a filter, what they are on the second.
 *
 * Cells are text, except booleans and integers of at most 15 digits (Excel keeps no more). Times are text in RFC 3339: a date of
 * Excel's has neither a zone nor exact milliseconds, and this text sorts as well. Characters that XML cannot hold are written
 * `_xHHHH_`, which Excel and most readers give back as the character. Rows go to the compressor as they come: memory does not
 * grow with their number, except for the file itself. Deflate is done in JavaScript, not by the runtime: another version or
 * processor would give other bytes for the same rows.
 * @throws CellTooLong, RowCountMismatch
 */
export async function writeXlsx(input: DocumentInput): Promise<Uint8Array<ArrayBuffer>> {
  const { parts, data, styles } = await frameWorkbook(input);
  const file = collectBytes();
  const zip = new Zip((error, bytes) => {
    if (error) throw error;
    file.add(bytes);
  });
  for (const [path, xml] of parts) openPart(zip, path)(xml, true);
  const write = openPart(zip, data.path);
  let xml = data.before;
  const letters = input.columns.map((_, index) => columnLetters(index));
  await forEachRow(
    input,
    () => undefined,
    (row, number) => {
      xml += rowXml(row, number, input.columns, letters, styles);
      if (xml.length < PORTION) return;
      write(xml, false);
      xml = '';
    },
  );
  write(xml + data.after, true);
  zip.end();
  return file.take();
}

function openPart(zip: Zip, path: string): (xml: string, last: boolean) => void {
  const part = new ZipDeflate(path, { level: 6 });
  // The first moment ZIP can state, in local time as ZIP has it: the file holds no time but the cutoff.
  part.mtime = new Date(1980, 0, 1);
  zip.add(part);
  const encoder = new TextEncoder();
  // One buffer for all: the compressor copies what it is given, and a new one each time would be hundreds of megabytes of garbage.
  const buffer = new Uint8Array(PORTION);
  return (xml, last) => {
    for (let rest = xml; rest; ) {
      const { read, written } = encoder.encodeInto(rest, buffer);
      part.push(buffer.subarray(0, written), false);
      rest = rest.slice(read);
    }
    if (last) part.push(buffer.subarray(0, 0), true);
  };
}
