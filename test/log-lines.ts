import type { App } from './app.ts';

/** A line of the Worker's log, as a log store reads it. */
export interface LogLine extends Record<string, unknown> {
  level: string;
  msg: string;
  time: string;
  requestId: string;
  traceId: string;
}

/** What the runtime writes before a line: the console's method. */
const TEXT = /^(?:debug|info|log|warn|error) (.*)$/s;

const textOf = (entry: string) => TEXT.exec(entry)?.[1] ?? entry;

/** What was logged since the `from`th entry. @throws SyntaxError for an entry that is no JSON */
export const linesOf = (app: Pick<App, 'log'>, from = 0): LogLine[] =>
  app.log.slice(from).map((entry) => JSON.parse(textOf(entry)) as LogLine);

/** Entries that some viewer would show as several lines, as none, or in another order. */
export const brokenOf = (app: Pick<App, 'log'>, from = 0): string[] =>
  app.log.slice(from).filter((entry) => {
    const text = textOf(entry);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(text)) return true;
    try {
      return typeof JSON.parse(text) !== 'object';
    } catch {
      return true;
    }
  });
