import { anonymiseAddresses } from '../domain/audit/anonymise-address.ts';

/** An error's causes to the eighth: the fields, the error, and what is behind it. */
const MAX_DEPTH = 10;
const MAX_ERRORS = 10;
/** A number alone is an address too, to whoever reads addresses of every form. */
const MAYBE_ADDRESS = /(?:\d{1,3}\.){3}\d|:[^:]*:/;

/** What JSON can hold of a value: errors with their causes, nesting with an end, no address that is somebody's. */
export function plain(value: unknown, above: readonly object[] = []): unknown {
  if (typeof value === 'string') return MAYBE_ADDRESS.test(value) ? anonymiseAddresses(value) : value;
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value.toJSON();
  if (above.includes(value)) return '[circular]';
  if (above.length === MAX_DEPTH) return '[deeper]';
  const inside = [...above, value];
  if (Array.isArray(value)) return value.map((item) => plain(item, inside));
  const fields = value instanceof Error ? errorFields(value) : value;
  return Object.fromEntries(Object.entries(fields).map(([key, item]) => [key, plain(item, inside)]));
}

type ErrorFields = Readonly<Record<string, unknown>>;

/** Only these: drivers leave what they were asked for in fields of their own. */
function errorFields(error: Error): ErrorFields {
  const { name, message, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    name,
    message,
    ...(isCode(code) && { code }),
    ...(error instanceof AggregateError && { errors: error.errors.slice(0, MAX_ERRORS) }),
    cause,
    ...driverFields(error),
    stack: framesOf(error),
  };
}

const isCode = (code: unknown) => typeof code === 'number' || (typeof code === 'string' && /^[\w.-]{1,60}$/.test(code));

/** Where it happened, without the message that a stack begins with: that has a field of its own. */
function framesOf({ stack, message }: Error): string | undefined {
  if (typeof stack !== 'string') return undefined;
  const from = stack.indexOf(message);
  const frames = stack
    .slice(from < 0 ? 0 : from + message.length)
    .split('\n')
    .filter((line) => /^ {4}at \S.*[\d>)]$/.test(line));
  return frames.map((line) => line.trim()).join('\n');
}

/** What takes the place of a message that may repeat a value: a row's, a parameter's, a body's. */
function driverFields(error: Error): ErrorFields | null {
  if (error.name === 'NeonDbError') return postgresFields(error);
  const { code, type } = error as { code?: unknown; type?: unknown };
  if (typeof type === 'string' && typeof code === 'string' && /^\d+$/.test(code))
    return { name: 'ClickHouseError', message: `ClickHouse refused: ${type}`, type };
  // It quotes the text that is no JSON.
  if (error instanceof SyntaxError) return { message: error.message.replace(/["'`].*["'`]/s, '…') };
  return null;
}

/**
 * Classes of SQLSTATE whose messages speak of the connection, the statement or the server: ours in every word, for values are never
 * in a statement's text. Others (22, 23, P0 …) speak of rows.
 */
const ABOUT_THE_SERVER = /^(08|25|28|3D|40|42|53|54|55|57|58|XX)/;
const NO_ANSWER = /^(?:Server error \(HTTP status \d+\)|Error connecting to database)/;

function postgresFields(error: Error): ErrorFields {
  const { code, schema, table, column, constraint, routine, sourceError } = error as Error & ErrorFields;
  const own = typeof code === 'string' && ABOUT_THE_SERVER.test(code) ? error.message : null;
  const away = NO_ANSWER.exec(error.message)?.[0];
  return {
    message: own ?? away ?? `Postgres refused: ${isCode(code) ? code : 'without a code'}`,
    ...{ schema, table, column, constraint, routine },
    ...(sourceError instanceof Error && { cause: sourceError }),
  };
}
