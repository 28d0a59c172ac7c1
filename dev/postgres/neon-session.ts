import { connect } from 'node:net';
import pg from 'pg';
import { Exchange, Plain, type Result, type Statement } from './neon-exchange.ts';

export interface Login {
  user: string;
  password: string;
  database: string;
}

export interface Script {
  statements: Statement[];
  /** For a batch: the statement that opens its transaction. */
  begin?: string;
}

/**
 * What DISCARD ALL does (https://www.postgresql.org/docs/current/sql-discard.html) without DISCARD PLANS: Neon's proxy too
 * lets a pooled connection keep its plans, and a function's plans are most of what a request would cost Postgres.
 */
const RESET = `CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; DEALLOCATE ALL; UNLISTEN *;
  SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES`;

/** One connection to Postgres, used by one request at a time. */
export class Session {
  readonly #client: pg.Client;
  readonly #port: number;
  #alive = true;
  #onEnd: () => void = () => undefined;
  idleSince = 0;

  private constructor(client: pg.Client, port: number) {
    this.#client = client;
    this.#port = port;
    client.on('error', () => this.#ended());
    client.on('end', () => this.#ended());
  }

  static async open(login: Login, port: number): Promise<Session> {
    const client = new pg.Client({
      ...login,
      host: '127.0.0.1',
      port,
      ssl: false,
      connectionTimeoutMillis: 10_000,
      fallback_application_name: 'neon',
    });
    const session = new Session(client, port);
    await client.connect();
    return session;
  }

  /** Called once when the connection is gone. */
  onEnd(listener: () => void): void {
    if (this.#alive) this.#onEnd = listener;
    else listener();
  }

  /**
   * Runs a script and answers its results. `done` is called later, when the session is as fresh as a new one (true)
   * or must not be used again (false); the caller's answer need not wait for it.
   */
  run(script: Script, done: (clean: boolean) => void): Promise<Result[]> {
    const { begin } = script;
    return new Promise((resolve, reject) => {
      const statements =
        begin === undefined
          ? script.statements
          : [{ query: begin, params: [] }, ...script.statements, { query: 'COMMIT', params: [] }];
      // The reset travels with a single statement. Behind a batch it would meet an open transaction after an error.
      const together = begin === undefined;
      let settled = false;
      this.#client.query(
        new Exchange(
          statements,
          (error, results) => {
            if (settled) return;
            settled = true;
            if (error) reject(error);
            else resolve(begin === undefined ? results : results.slice(1, -1));
            this.#clean(together, error !== null && !together, done);
          },
          together ? RESET : undefined,
        ),
      );
    });
  }

  /** Asks Postgres to stop what the session is running; the session must then be closed, not reused. */
  cancel(): void {
    const { processID, secretKey } = this.#client as unknown as { processID: number; secretKey: number };
    const message = Buffer.alloc(16);
    for (const [i, value] of [16, 80877102, processID, secretKey].entries()) message.writeInt32BE(value, i * 4);
    connect(this.#port, '127.0.0.1')
      .on('error', () => undefined)
      .end(message);
  }

  close(): void {
    this.#alive = false;
    this.#client.end().catch(() => undefined);
  }

  #clean(sent: boolean, rollback: boolean, done: (clean: boolean) => void): void {
    const reset = (): void => {
      this.#client.query(
        new Plain(RESET, sent, (error) => {
          done(error === null && this.#alive && this.#client.getTransactionStatus() === 'I');
        }),
      );
    };
    if (!this.#alive) done(false);
    else if (rollback) this.#client.query(new Plain('ROLLBACK', false, (error) => (error ? done(false) : reset())));
    else reset();
  }

  #ended(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#onEnd();
  }
}
