import { type ClickHouseClient, createClient } from '@clickhouse/client-web';

export type ClickHouse = ClickHouseClient;

export interface ClickHouseAddress {
  url: string;
  username: string;
  password: string;
}

/** Rows that are JSONEachRow text already, as `values` of an insert. */
export class JsonLines {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const REFUSAL = /Code: \d+\. .*Exception: .*\([A-Z][A-Z0-9_]{2,}\)/s;

/**
 * What is no refusal of ClickHouse's own, such as a proxy's page, would become an error's message, whatever it repeats of a request:
 * nobody needs more of it than the status.
 */
async function ask(...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...request);
  if (response.ok) return response;
  const { status, headers } = response;
  const text = await response.text();
  return new Response(REFUSAL.test(text) ? text : `ClickHouse answered ${status}`, { status, headers });
}

/** The production client over HTTP. Answers are UTC and 64-bit integers are strings: neither may be bent on the way. */
export function connectClickHouse(address: ClickHouseAddress, timeoutMs = 30_000): ClickHouse {
  return createClient({
    ...address,
    database: 'audit_db',
    request_timeout: timeoutMs,
    application: 'steward',
    fetch: ask,
    json: { stringify: (value) => (value instanceof JsonLines ? value.text : JSON.stringify(value)) },
    clickhouse_settings: { output_format_json_quote_64bit_integers: 1, session_timezone: 'UTC' },
  });
}
