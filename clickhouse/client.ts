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

/** The production client over HTTP. Answers are UTC and 64-bit integers are strings: neither may be bent on the way. */
export function connectClickHouse(address: ClickHouseAddress, timeoutMs = 30_000): ClickHouse {
  return createClient({
    ...address,
    database: 'audit_db',
    request_timeout: timeoutMs,
    application: 'steward',
    json: { stringify: (value) => (value instanceof JsonLines ? value.text : JSON.stringify(value)) },
    clickhouse_settings: { output_format_json_quote_64bit_integers: 1, session_timezone: 'UTC' },
  });
}
