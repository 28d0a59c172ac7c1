import type { Connection, Submittable } from 'pg';

/** A statement and its parameters, each already the text Postgres reads, or null. */
export interface Statement {
  query: string;
  params: (string | null)[];
}

export interface Field {
  name: string;
  tableID: number;
  columnID: number;
  dataTypeID: number;
  dataTypeSize: number;
  dataTypeModifier: number;
  format: string;
}

export interface Result {
  command: string;
  rowCount: number | null;
  rows: (string | null)[][];
  fields: Field[];
}

export class CopyRefused extends Error {}

/** What Neon allows an answer, of all statements of a request together; it goes by the rows' own bytes. */
const ANSWER_LIMIT = 64 * 1024 * 1024;

export class AnswerTooLarge extends Error {
  constructor() {
    super(`response is too large (max is ${ANSWER_LIMIT} bytes)`);
  }
}

/**
 * Statements sent in one write and answered together: after the first error the server skips the rest.
 * pg's own Query turns every value into a JavaScript value through a parser; the Neon protocol wants Postgres' text,
 * which is what the messages carry, so rows are passed on untouched.
 */
export class Exchange implements Submittable {
  readonly #statements: Statement[];
  readonly #results: Result[] = [];
  #current = emptyResult();
  #bytes = 0;
  readonly #settle: (error: Error | null, results: Result[]) => void;
  /** Sent right behind, answered separately: it must have an exchange of its own queued. */
  readonly #afterwards: string | undefined;

  constructor(statements: Statement[], settle: (error: Error | null, results: Result[]) => void, afterwards?: string) {
    this.#statements = statements;
    this.#settle = settle;
    this.#afterwards = afterwards;
  }

  submit(connection: Connection): void {
    connection.stream.cork();
    for (const { query, params } of this.#statements) {
      // Nameless statements, as Neon's proxy uses: nothing is left in the session.
      connection.parse({ name: '', text: query, types: [] }, true);
      connection.bind({ values: params }, true);
      connection.describe({ type: 'P' }, true);
      connection.execute(null, true);
    }
    connection.sync();
    if (this.#afterwards !== undefined) connection.query(this.#afterwards);
    connection.stream.uncork();
  }

  handleRowDescription(message: { fields: Field[] }): void {
    this.#current.fields = message.fields;
  }

  handleDataRow(message: { length: number; fields: (string | null)[] }): void {
    this.#bytes += message.length;
    if (this.#bytes <= ANSWER_LIMIT) this.#current.rows.push(message.fields);
  }

  handleCommandComplete(message: { text: string }): void {
    const words = message.text.split(' ');
    // INSERT reports an object id, always 0, before the count.
    const count = Number(words[0] === 'INSERT' ? words[2] : words[1]);
    this.#current.command = words[0] ?? '';
    this.#current.rowCount = Number.isInteger(count) ? count : null;
    this.#next();
  }

  handleEmptyQuery(): void {
    this.#next();
  }

  handlePortalSuspended(): void {}

  handleCopyData(): void {}

  handleCopyInResponse(connection: Connection): void {
    // The server now waits for rows that a request cannot carry, and has swallowed our Sync.
    connection.stream.destroy();
    this.#settle(new CopyRefused('COPY FROM STDIN is not possible over HTTP'), []);
  }

  handleError(error: Error): void {
    this.#settle(error, []);
  }

  handleReadyForQuery(): void {
    // What the statements did is committed by now. Whether Neon keeps it is not known here.
    if (this.#bytes > ANSWER_LIMIT) this.#settle(new AnswerTooLarge(), []);
    else this.#settle(null, this.#results);
  }

  #next(): void {
    this.#results.push(this.#current);
    this.#current = emptyResult();
  }
}

/** One simple statement whose rows nobody wants. `sent`: it already went out behind another exchange. */
export class Plain implements Submittable {
  readonly #text: string;
  readonly #sent: boolean;
  readonly #settle: (error: Error | null) => void;

  constructor(text: string, sent: boolean, settle: (error: Error | null) => void) {
    this.#text = text;
    this.#sent = sent;
    this.#settle = settle;
  }

  submit(connection: Connection): void {
    if (!this.#sent) connection.query(this.#text);
  }

  handleRowDescription(): void {}

  handleDataRow(): void {}

  handleCommandComplete(): void {}

  handleEmptyQuery(): void {}

  handleError(error: Error): void {
    this.#settle(error);
  }

  handleReadyForQuery(): void {
    this.#settle(null);
  }
}

function emptyResult(): Result {
  return { command: '', rowCount: null, rows: [], fields: [] };
}
