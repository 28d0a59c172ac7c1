import { findSecret } from '../../audit/redact.ts';
import { grouped, MAX_LISTED_ERRORS } from './limits.ts';

/** What is wrong with one row of a file. */
export interface LineError {
  /** Where the row begins, as an editor counts lines: the file's first is 1. */
  line: number;
  /** As the file calls it; null when it is the row as a whole. */
  column: string | null;
  reason: string;
}

export interface LineErrors {
  /** In the order of the file, as many as are listed. */
  listed: LineError[];
  /** All of them. */
  count: number;
}

/** @param tell called only when the error is listed: a file may have a hundred thousand */
export function addError(errors: LineErrors, line: number, tell: () => Omit<LineError, 'line'>): void {
  errors.count++;
  if (errors.listed.length < MAX_LISTED_ERRORS) errors.listed.push({ line, ...tell() });
}

/** The errors of two readings of one file as one list. */
export const joinErrors = (one: LineErrors, other: LineErrors): LineErrors => ({
  listed: [...one.listed, ...other.listed].sort((a, b) => a.line - b.line).slice(0, MAX_LISTED_ERRORS),
  count: one.count + other.count,
});

const MAX_SHOWN = 40;

/** Whether a message may repeat all of it, as long as it is no secret. */
export const isShort = (text: string): boolean => text.length <= MAX_SHOWN;

/** How a message speaks of a cell. */
export function showCell(text: string): string {
  if (!isShort(text)) return `a text of ${grouped(text.length)} characters`;
  return findSecret(text) === null ? JSON.stringify(text) : 'a text that looks like it holds a secret';
}
