import { neon, neonConfig } from '@neondatabase/serverless';
import { fillPlaceholders, type SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';

/** A statement compiled once; `Input` names its placeholders, `Row` one row of its answer. */
export interface Statement<Input extends object, Row> {
  readonly text: string;
  readonly parameters: readonly unknown[];
  readonly _types?: { input: Input; row: Row };
}

/** Compiles drizzle `sql` once at load: building it for each request would cost more CPU than the request's own work. */
export function statement<Input extends object, Row>(query: SQL): Statement<Input, Row> {
  const { sql: text, params } = new PgDialect().sqlToQuery(query);
  return { text, parameters: params };
}

export interface Database {
  /** One statement, one round trip. Throws the driver's NeonDbError (with `code`) or a network error. */
  run<Input extends object, Row>(statement: Statement<Input, Row>, input: Input): Promise<Row[]>;
  /** Several statements in one transaction and one round trip. */
  batch(calls: readonly Call[]): Promise<unknown[][]>;
  /** Reads that see one and the same state: one repeatable-read, read-only transaction, one round trip. */
  snapshot(calls: readonly Call[]): Promise<unknown[][]>;
}

export interface Call {
  readonly text: string;
  readonly parameters: unknown[];
}

export function call<Input extends object, Row>(statement: Statement<Input, Row>, input: Input): Call {
  return {
    text: statement.text,
    parameters: fillPlaceholders([...statement.parameters], input as Record<string, unknown>),
  };
}

// Serialization failure and deadlock: Postgres undid everything, so saying it again is safe.
const RETRYABLE = new Set(['40001', '40P01']);

async function retrying<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (tries >= 4 || typeof code !== 'string' || !RETRYABLE.has(code)) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** tries));
    }
  }
}

/** Sends the driver to an HTTP front other than Neon's own, as the embedded Postgres has. The driver keeps this per isolate. */
export function useHttpFront(endpoint: string): void {
  neonConfig.fetchEndpoint = endpoint;
}

/** How a call went: `failed` was answered with an error, `unreachable` not at all. */
export type CallOutcome = 'ok' | 'failed' | 'unreachable';
/** Told of every round trip. Its time is milliseconds. */
export type CallObserver = (outcome: CallOutcome, ms: number) => void;

const outcomeOf = (error: unknown): CallOutcome =>
  typeof (error as { code?: unknown }).code === 'string' && (error as { code: string }).code !== ''
    ? 'failed'
    : 'unreachable';

async function observed<T>(observe: CallObserver, call: () => Promise<T>): Promise<T> {
  const began = Date.now();
  try {
    const answer = await call();
    observe('ok', Date.now() - began);
    return answer;
  } catch (error) {
    observe(outcomeOf(error), Date.now() - began);
    throw error;
  }
}

/**
 * The production driver over HTTP: one request a call.
 * @param url connection string of one of the three database roles
 */
export function connect(url: string, observe: CallObserver = () => undefined, timeoutMs = 15_000): Database {
  const sql = neon(url);
  const options = () => ({ fetchOptions: { signal: AbortSignal.timeout(timeoutMs) } });
  const transaction = (calls: readonly Call[], mode: { isolationLevel?: 'RepeatableRead'; readOnly?: true }) =>
    retrying(
      () =>
        observed(observe, () =>
          sql.transaction(
            calls.map((c) => sql.query(c.text, c.parameters)),
            { ...options(), ...mode },
          ),
        ) as Promise<unknown[][]>,
    );
  return {
    run: <Input extends object, Row>(statement: Statement<Input, Row>, input: Input) => {
      const { text, parameters } = call(statement, input);
      return retrying(() => observed(observe, () => sql.query(text, parameters, options()) as Promise<Row[]>));
    },
    batch: (calls) => transaction(calls, {}),
    snapshot: (calls) => transaction(calls, { isolationLevel: 'RepeatableRead', readOnly: true }),
  };
}

/**
 * The same connection, whose statements end with the trace they belong to, as sqlcommenter writes it: Postgres's log and its statistics
 * then name it. Over HTTP a statement's text is the only thing of a call that Postgres itself sees.
 */
export function traceDatabase(database: Database, traceparent: string): Database {
  const traced = <Text extends { text: string }>(of: Text): Text => ({
    ...of,
    text: `${of.text} /*traceparent='${traceparent}'*/`,
  });
  return {
    run: (statement, input) => database.run(traced(statement), input),
    batch: (calls) => database.batch(calls.map(traced)),
    snapshot: (calls) => database.snapshot(calls.map(traced)),
  };
}
