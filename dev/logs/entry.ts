/** One line of the Worker's log file: what `npm start` writes before it, and what the Worker said. */
export interface Entry {
  /** RFC 3339; of the line's own or when it was written. */
  time: string;
  level: string;
  /** Empty: what the Worker said is `text`, and no line of its log. */
  fields: Readonly<Record<string, unknown>>;
  text: string;
}

const WRITTEN = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (debug|info|log|warn|error) (.*)$/s;

/** Of any text: what is no line of a log is told as it is. */
export function entryOf(line: string): Entry {
  const [, at = '', method = '', text = line] = WRITTEN.exec(line) ?? [];
  const fields = objectOf(text);
  const { time, level } = fields;
  return {
    time: typeof time === 'string' ? time : at,
    level: typeof level === 'string' ? level : method === 'log' ? 'info' : method,
    fields,
    text,
  };
}

function objectOf(text: string): Record<string, unknown> {
  if (!text.startsWith('{')) return {};
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

export interface Wanted {
  level?: string | undefined;
  /** The beginning of an id is enough: shown are eight characters. */
  request?: string | undefined;
  trace?: string | undefined;
}

export const LEVELS = ['debug', 'info', 'warn', 'error'];

const begins = (id: unknown, wanted: string | undefined) =>
  wanted === undefined || (typeof id === 'string' && id.startsWith(wanted.toLowerCase()));

/** What has no level may be anything, so that it is shown whatever level is asked for. */
export function isWanted({ level, fields }: Entry, wanted: Wanted): boolean {
  const rank = LEVELS.indexOf(level);
  return (
    (rank < 0 || rank >= LEVELS.indexOf(wanted.level ?? 'debug')) &&
    begins(fields.requestId, wanted.request) &&
    begins(fields.traceId, wanted.trace)
  );
}
