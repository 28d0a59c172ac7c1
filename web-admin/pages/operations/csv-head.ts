import Papa from 'papaparse';

/** Enough for a header and a few lines; the whole file is read by the server alone. */
const HEAD_BYTES = 64 * 1024;
const SHOWN_LINES = 5;

export interface CsvHead {
  columns: string[];
  lines: string[][];
}

/** The header of a file and its first lines. */
export async function headOf(file: Blob): Promise<CsvHead> {
  const text = await file.slice(0, HEAD_BYTES).text();
  const { data } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), {
    preview: SHOWN_LINES + 1,
    skipEmptyLines: true,
  });
  const [columns = [], ...lines] = data;
  return { columns: columns.map((name) => name.trim()), lines };
}

/** As the server compares names: whatever their case and spaces. */
const plain = (name: string) => name.toLowerCase().replaceAll(/[\s_-]/g, '');

/** Field → the column that is called so; those that are called otherwise are left to whoever uploads. */
export function matched(fields: readonly string[], columns: readonly string[]): Record<string, string> {
  const found = fields.map((field) => [field, columns.find((column) => plain(column) === plain(field))] as const);
  return Object.fromEntries(found.filter((each): each is [string, string] => each[1] !== undefined));
}
