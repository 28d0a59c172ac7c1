import type * as z from 'zod';
import { findSecret } from '../../audit/redact.ts';
import { addError, isShort, joinErrors, type LineError, type LineErrors, showCell } from './line-errors.ts';
import type { CsvField } from './map-header.ts';
import type { CsvFile } from './table.ts';

/** What an operation makes of a row. */
export interface RowRules<T> {
  /** Of one row. A cell that is empty is an absent field; blanks around a cell are taken off before. */
  schema: z.ZodType<T>;
  /** Rows of one key are the same target; only the first may stay. */
  keyOf?: ((value: T) => string) | undefined;
}

export interface CheckedRows<T> {
  rows: { line: number; value: T }[];
  /** Those of reading and those of checking, by line: the first thousand. */
  errors: LineError[];
  /** All of them; a row may have several. */
  errorCount: number;
}

interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

const MAX_MESSAGE = 200;

/** The columns that rows of this schema have. */
export const fieldsOf = (schema: z.ZodObject): CsvField[] =>
  Object.entries(schema.shape).map(([name, field]) => ({ name, isRequired: !(field as z.ZodType).isOptional() }));

function filledCells(cells: Cells): Record<string, string> {
  const filled: Record<string, string> = {};
  for (const field in cells) {
    const text = cells[field]?.trim();
    if (text) filled[field] = text;
  }
  return filled;
}

type Cells = Readonly<Record<string, string>>;

/** A schema's message may repeat what it found. */
function safeMessage(message: string, cells: Cells): string {
  const repeatsLong = Object.values(cells).some((text) => !isShort(text) && message.includes(text));
  return repeatsLong || message.length > MAX_MESSAGE || findSecret(message) !== null ? 'is not valid' : message;
}

function tell({ path, message, code }: Issue, cells: Cells, file: CsvFile): Omit<LineError, 'line'> {
  const reason = safeMessage(message, cells);
  const [field] = path;
  if (field === undefined) return { column: null, reason };
  const column = file.columns[String(field)] ?? String(field);
  const text = cells[String(field)];
  if (text !== undefined) return { column, reason: `${reason}: ${showCell(text)}` };
  return { column, reason: code === 'invalid_type' ? 'is empty' : reason };
}

/** Checks the rows of a file one by one. Bad rows are errors of the answer; nothing is thrown for them. */
export function checkRows<T>(file: CsvFile, { schema, keyOf }: RowRules<T>): CheckedRows<T> {
  const errors: LineErrors = { listed: [], count: 0 };
  const firstLines = new Map<string, number>();
  const rows: { line: number; value: T }[] = [];
  for (const { line, cells } of file.rows) {
    const filled = filledCells(cells);
    const { success, data: value, error } = schema.safeParse(filled);
    if (!success) {
      for (const issue of error.issues) addError(errors, line, () => tell(issue, filled, file));
      continue;
    }
    const key = keyOf?.(value);
    const first = key === undefined ? undefined : firstLines.get(key);
    if (first !== undefined) {
      addError(errors, line, () => ({ column: null, reason: `repeats line ${first}` }));
      continue;
    }
    if (key !== undefined) firstLines.set(key, line);
    rows.push({ line, value });
  }
  const all = joinErrors({ listed: file.errors, count: file.errorCount }, errors);
  return { rows, errors: all.listed, errorCount: all.count };
}
