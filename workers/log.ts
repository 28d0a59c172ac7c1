import type { Log } from '../domain/context.ts';

// JSON escapes CR, LF and ESC; these still break lines or reorder text in some viewers.
const UNSAFE = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const escapeUnsafe = (text: string) =>
  text.replace(UNSAFE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

function plain(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  return { name, message, stack, ...(cause === undefined ? {} : { cause: plain(cause) }) };
}

/** One JSON line an entry, with the request's ids in each. */
export function createLog(ids: { requestId: string; traceId: string }): Log {
  const line = (level: string, message: string, fields: Record<string, unknown> = {}) => {
    const safe = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plain(value)]));
    return escapeUnsafe(JSON.stringify({ level, message, ...ids, ...safe }));
  };
  return {
    info: (message, fields) => console.log(line('info', message, fields)),
    error: (message, fields) => console.error(line('error', message, fields)),
  };
}
