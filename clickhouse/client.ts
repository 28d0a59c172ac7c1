import { type ClickHouseClient, createClient } from '@clickhouse/client-web';

/** All that queries use of a client. */
export type ClickHouse = Pick<ClickHouseClient, 'query' | 'insert' | 'command' | 'exec'>;

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

/** Told of every call: `failed` was answered with an error, `unreachable` not at all. Milliseconds until the answer began. */
export type CallObserver = (outcome: 'ok' | 'failed' | 'unreachable', ms: number) => void;

/**
 * What is no refusal of ClickHouse's own, such as a proxy's page, would become an error's message, whatever it repeats of a request:
 * nobody needs more of it than the status.
 */
async function ask(observe: CallObserver, ...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await observed(observe, ...request);
  if (response.ok) return response;
  const { status, headers } = response;
  const text = await response.text();
  return new Response(REFUSAL.test(text) ? text : `ClickHouse answered ${status}`, { status, headers });
}

async function observed(observe: CallObserver, ...request: Parameters<typeof fetch>): Promise<Response> {
  const began = Date.now();
  try {
    const response = await fetch(...request);
    observe(response.ok ? 'ok' : 'failed', Date.now() - began);
    return response;
  } catch (error) {
    observe('unreachable', Date.now() - began);
    throw error;
  }
}

/** The production client over HTTP. Answers are UTC and 64-bit integers are strings: neither may be bent on the way. */
export function connectClickHouse(
  address: ClickHouseAddress,
  observe: CallObserver = () => undefined,
  timeoutMs = 30_000,
): ClickHouseClient {
  return createClient({
    ...address,
    database: 'audit_db',
    request_timeout: timeoutMs,
    application: 'steward',
    fetch: (...request) => ask(observe, ...request),
    json: { stringify: (value) => (value instanceof JsonLines ? value.text : JSON.stringify(value)) },
    clickhouse_settings: { output_format_json_quote_64bit_integers: 1, session_timezone: 'UTC' },
  });
}

/** The same client, whose requests tell ClickHouse of the trace they belong to (W3C Trace Context). */
export function traceClickHouse(client: ClickHouse, traceparent: string): ClickHouse {
  const http_headers = { traceparent };
  return {
    query: (params) => client.query({ ...params, http_headers }),
    insert: (params) => client.insert({ ...params, http_headers }),
    command: (params) => client.command({ ...params, http_headers }),
    exec: (params) => client.exec({ ...params, http_headers }),
  };
}
