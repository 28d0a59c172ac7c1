import { malformed } from './errors.ts';

/** URL parameters that speak to the HTTP server and are no settings of the engine. */
const PROTOCOL = new Set([
  'query',
  'database',
  'default_format',
  'query_id',
  'user',
  'password',
  'role',
  'quota_key',
  'stacktrace',
  'session_id',
  'session_timeout',
  'session_check',
  'close_session',
  'buffer_size',
  'wait_end_of_query',
  'compress',
  'decompress',
  'enable_http_compression',
  'http_zlib_compression_level',
  'readonly',
]);

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export type Parameters = { settings: Map<string, string>; params: Map<string, string> };

/** Splits what a request carries into engine settings and query parameters (`param_*`). */
export function splitParameters(entries: Iterable<[string, string]>): Parameters {
  const settings = new Map<string, string>();
  const params = new Map<string, string>();
  for (const [name, value] of entries) {
    if (PROTOCOL.has(name)) continue;
    if (!NAME.test(name)) throw malformed(`A setting or parameter has a name ClickHouse cannot have: ${quote(name)}.`);
    if (name.startsWith('param_')) params.set(name.slice('param_'.length), value);
    else settings.set(name, value);
  }
  return { settings, params };
}

/** A string literal. Only the quote and the backslash can end one early; NUL would end the text itself. */
export function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '\\0')}'`;
}

export function quoteName(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('\0', '\\0')}\``;
}

/**
 * One SET for settings and parameters, or nothing. Every value is quoted: the engine reads '2' as a number where a
 * number is wanted, exactly as it does for a URL parameter. Parameters go this way, and not through chdb's binding,
 * because that binding runs one query at a time in the whole process.
 */
export function setStatement({ settings, params }: Parameters): string | undefined {
  const pairs = [...settings].map(([name, value]) => `${name}=${quote(value)}`);
  for (const [name, value] of params) pairs.push(`param_${name}=${quote(value)}`);
  return pairs.length === 0 ? undefined : `SET ${pairs.join(', ')}`;
}
