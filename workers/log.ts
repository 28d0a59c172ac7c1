import { createRedactor } from '../domain/audit/redact.ts';
import type { Log } from '../domain/context.ts';

// JSON escapes CR, LF and ESC; these still break lines or reorder text in some viewers.
const UNSAFE = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const escapeUnsafe = (text: string) =>
  text.replace(UNSAFE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

const MAX_DEPTH = 8;

/** What JSON can hold of a value: errors with their causes, nesting with an end. */
function plain(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  if (value instanceof Date) return value.toJSON();
  if (typeof value !== 'object' || value === null) return value;
  if (depth === MAX_DEPTH) return '[deeper]';
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  const fields = value instanceof Error ? errorFields(value) : value;
  return Object.fromEntries(Object.entries(fields).map(([key, item]) => [key, plain(item, depth + 1)]));
}

const errorFields = ({ name, message, stack, cause }: Error) => ({ name, message, stack, cause });

/** One JSON line an entry, with the request's ids in each; secrets and personal values are redacted. */
export function createLog(ids: { requestId: string; traceId: string }, redact = createRedactor()): Log {
  const line = (level: string, message: string, fields: Record<string, unknown> = {}) => {
    const own = { level, message: redact.text(message), ...ids };
    // Twice: first in the order people read, and last so that no field takes their place.
    return escapeUnsafe(JSON.stringify({ ...own, ...(redact.value(plain(fields)) as object), ...own }));
  };
  return {
    info: (message, fields) => console.log(line('info', message, fields)),
    error: (message, fields) => console.error(line('error', message, fields)),
  };
}
