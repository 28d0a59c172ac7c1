import { createRedactor } from '../domain/audit/redact.ts';
import type { Log, LogLevel, OwnWords } from '../domain/context.ts';
import { isDrawn } from '../domain/trace-context.ts';
import { plain } from './log-fields.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[];

export interface LogSettings {
  /** What lies below is not written. */
  level: LogLevel;
  /** Of so many traces in a hundred everything is written. */
  debugPercent: number;
}

const UNLESS_TOLD: LogSettings = { level: 'info', debugPercent: 0 };

// JSON escapes CR, LF and ESC; these still break lines or reorder text in some viewers.
const UNSAFE = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const escapeUnsafe = (text: string) =>
  text.replace(UNSAFE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Nothing in such a text needs an escape. */
const PLAIN = /^[\w./:{}() -]*$/;

/** Of one invocation the platform keeps 256 KB: no line may take all of them. */
const MAX_LINE = 65_536;

const WRITE: Readonly<Record<LogLevel, (line: string) => void>> = {
  debug: (line) => console.debug(line),
  info: (line) => console.info(line),
  warn: (line) => console.warn(line),
  error: (line) => console.error(line),
};

interface Ids {
  requestId: string;
  traceId: string;
}

/** One JSON line an event, with the request's ids in each; secrets and personal values are redacted. */
export function createLog(ids: Ids, settings: LogSettings = UNLESS_TOLD, redact = createRedactor()): Log {
  const least = isDrawn(ids.traceId, settings.debugPercent) ? 0 : LOG_LEVELS.indexOf(settings.level);
  const isWritten = (level: LogLevel) => LOG_LEVELS.indexOf(level) >= least;
  const head = (level: LogLevel, msg: string) => ({ level, msg, time: new Date().toISOString(), ...ids });
  const line = (level: LogLevel, msg: string, fields: Readonly<Record<string, unknown>>) => {
    const own = head(level, redact.text(msg));
    // Twice: first in the order people read, and last so that no field takes their place.
    const text = escapeUnsafe(JSON.stringify({ ...own, ...(redact.value(plain(fields)) as object), ...own }));
    return text.length <= MAX_LINE ? text : escapeUnsafe(JSON.stringify({ ...own, leftOut: text.length }));
  };
  const at =
    (level: LogLevel) =>
    (msg: string, fields: Readonly<Record<string, unknown>> = {}) => {
      if (isWritten(level)) WRITE[level](line(level, msg, fields));
    };
  const brief = (level: LogLevel, msg: string, fields: OwnWords) => {
    if (!isWritten(level)) return;
    const isPlain = Object.values(fields).every((value) => typeof value !== 'string' || PLAIN.test(value));
    WRITE[level](isPlain ? JSON.stringify({ ...fields, ...head(level, msg) }) : line(level, msg, fields));
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), brief };
}
