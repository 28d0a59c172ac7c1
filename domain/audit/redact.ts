import { createKeyJudge, judgeKey } from './redact-keys.ts';
import { createFinder, createTextRedactor } from './redact-text.ts';
import { createUrlRedactor } from './redact-url.ts';
import { createValueRedactor } from './redact-value.ts';
import { URL_QUERY_NAMES, VALUE_RULES } from './redaction-rules.ts';

export { REDACTED } from './redact-words.ts';

/** What a deployment adds to the table of redaction-rules.ts. */
export interface RedactionSettings {
  /** Names of keys whose values go, in whatever spelling: `salary` is also `Base_Salary`. */
  keys?: readonly string[];
  /** What goes wherever it stands: a regular expression a name. */
  patterns?: Readonly<Record<string, RegExp>>;
  /** Query parameters that addresses keep, instead of the table's. */
  queryNames?: readonly string[];
}

/** What a record, a log or a message may hold of what somebody sent. */
export interface Redactor {
  /** Free text: secrets and personal values replaced by "[redacted]". */
  text(text: string): string;
  /** A JSON value, deeply: by key names and by value patterns. A copy; input untouched. */
  value<T>(value: T): T;
  /** JSON text: parsed, redacted as a value, written again; text that is not JSON is redacted as text. */
  json(text: string): string;
  /** A URL or path: credentials and fragment dropped, query kept only for allow-listed names, path segments redacted as text (percent-encoded ones too). */
  url(url: string): string;
}

export function createRedactor({
  keys = [],
  patterns = {},
  queryNames = URL_QUERY_NAMES,
}: RedactionSettings = {}): Redactor {
  const judge = createKeyJudge(keys);
  const own = Object.entries(patterns).map(([name, { source, flags }]) => ({
    name,
    pattern: new RegExp(source, `${flags.replace(/[gy]/g, '')}g`),
  }));
  const text = createTextRedactor(createFinder([...VALUE_RULES, ...own], judge));
  const url = createUrlRedactor(text, judge, new Set(queryNames.map((name) => name.toLowerCase())));
  const value = createValueRedactor({ text, url, judge });
  return {
    text,
    value: <T>(input: T) => value(input) as T,
    json(input) {
      let parsed: unknown;
      try {
        parsed = JSON.parse(input);
      } catch {
        return text(input);
      }
      return JSON.stringify(value(parsed));
    },
    url,
  };
}

const findAll = createFinder(VALUE_RULES, judgeKey);

/** The kind of secret found in `text`, or null: for texts that are published and must be refused instead of changed. */
export function findSecret(text: string): string | null {
  return findAll(text).find(({ sure }) => sure)?.kind ?? null;
}
