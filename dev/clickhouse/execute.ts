import type { Answer } from './answer.ts';
import { type Connection, type Engine, restrict } from './engine.ts';
import { ClickHouseError, unsupported } from './errors.ts';
import { headerFilter, streaming } from './formats.ts';
import { insertRows } from './insert.ts';
import type { Query } from './request.ts';
import type { SessionRequest, Sessions } from './sessions.ts';
import { type Parameters, quoteName, setStatement } from './settings.ts';
import type { Identity } from './users.ts';

export type Job = {
  who: Identity;
  query: Query;
  parameters: Parameters;
  database: string | undefined;
  readonly: '0' | '1' | '2';
  /** The format for a result whose query names none. */
  defaultFormat: string;
  /** Send nothing before the query has ended. */
  whole: boolean;
  session: SessionRequest | undefined;
  /** Unique to the job; the engine shows it in system.processes, which is how the job can be stopped. */
  mark: string;
};

/** Sends what of the answer is left once the connection is no longer needed. */
type Finish = () => Promise<void> | void;

const KILL_AGAIN_MS = 250;

/** Runs one job on a connection prepared for it and writes what comes out. */
export async function execute(engine: Engine, sessions: Sessions, job: Job, answer: Answer): Promise<void> {
  const { settings } = job.parameters;
  settings.set('log_comment', [settings.get('log_comment'), job.mark].filter(Boolean).join(' '));
  const lease = await connect(engine, sessions, job);
  const stopKilling = killOnLeave(engine, job, answer.signal, settings.get('log_comment') ?? job.mark);
  let finish: Finish;
  try {
    const prelude = [
      ...(job.database === undefined ? [] : [`USE ${quoteName(job.database)}`]),
      ...[setStatement(job.parameters)].filter((sql) => sql !== undefined),
      ...(lease.restricted ? [] : restrict(job.who.may, job.readonly)),
    ];
    await lease.connection.queryAsync(prelude.join('; '), { format: 'TSV' });
    if (answer.signal.aborted) throw new ClickHouseError(394, 'QUERY_WAS_CANCELLED', 'The client went away.');
    finish = await run(engine, lease.connection, job, answer);
  } finally {
    stopKilling();
    await lease.release();
  }
  // Only now: whoever has the whole answer may use the session again.
  await finish();
}

async function connect(engine: Engine, sessions: Sessions, job: Job) {
  if (job.session !== undefined) return sessions.lease(job.who, job.session, job.parameters.settings);
  const connection = engine.connect();
  return { connection, restricted: false, release: async () => connection.close() };
}

/** A read whose client has left is stopped. The engine may not have begun it yet, hence more than one attempt. */
function killOnLeave(engine: Engine, job: Job, signal: AbortSignal, mark: string): () => void {
  if (job.query.statement.kind !== 'read') return () => {};
  let timer: NodeJS.Timeout | undefined;
  // A failed attempt is repeated, and the query's own end stops the attempts.
  const kill = () => void engine.kill(mark).catch(() => {});
  const onAbort = () => {
    kill();
    timer = setInterval(kill, KILL_AGAIN_MS);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return () => {
    signal.removeEventListener('abort', onAbort);
    clearInterval(timer);
  };
}

async function run(engine: Engine, connection: Connection, job: Job, answer: Answer): Promise<Finish> {
  const { statement, sql, data } = job.query;
  if (statement.insert?.source === 'format') {
    const written = await insertRows(connection, engine.spool, statement.insert, sql, data);
    return () => answer.whole('TabSeparated', written, new Uint8Array(0));
  }
  refuseInput(statement.tokens, statement.kind);
  const format = statement.format ?? job.defaultFormat;
  const text = sql.toString('utf8');
  const words = statement.tokens.map((token) => token.keyword);
  const how = streaming(format, words, job.parameters.settings.keys());
  // chdb streams queries only, no SHOW, DESCRIBE, EXPLAIN or EXISTS.
  const selects = statement.kind === 'read' && ['SELECT', 'WITH'].includes(words.find((word) => word !== '') ?? '');
  if (!selects || how === undefined || job.whole) return single(connection, text, format, answer);
  return stream(connection, text, format, how === 'header' ? headerFilter(format) : undefined, answer);
}

/** chdb has no input() over HTTP data: it would report success and write nothing. */
function refuseInput(tokens: Query['statement']['tokens'], kind: string): void {
  if (kind === 'read') return;
  if (tokens.some((token, i) => token.text.toLowerCase() === 'input' && tokens[i + 1]?.text === '(')) {
    throw unsupported('INSERT … SELECT FROM input() is not supported here: INSERT INTO … FORMAT … instead.');
  }
}

async function single(connection: Connection, sql: string, format: string, answer: Answer): Promise<Finish> {
  const result = await connection.queryAsync(sql, { format });
  return () => answer.whole(format, { resultRows: result.rowsRead, resultBytes: result.bytesRead }, result.bytes());
}

type Filter = ((block: Buffer) => Buffer) | undefined;

/** Sends block after block, one being computed while the one before is sent, and no more than that. */
async function stream(
  connection: Connection,
  sql: string,
  format: string,
  filter: Filter,
  answer: Answer,
): Promise<Finish> {
  const blocks = connection.queryStream(sql, { format })[Symbol.asyncIterator]();
  try {
    let next = blocks.next();
    for (let block = await next; block.done !== true; block = await next) {
      next = blocks.next();
      // Awaited below, but perhaps after a write that fails first.
      next.catch(() => {});
      if (!answer.begun) answer.begin(format);
      const { buffer, byteOffset, byteLength } = block.value.raw();
      const bytes = Buffer.from(buffer, byteOffset, byteLength);
      await answer.write(filter === undefined ? bytes : filter(bytes));
    }
  } finally {
    await blocks.return?.();
  }
  // Without a row there is no block, and so no header either.
  if (!answer.begun && filter !== undefined) return single(connection, sql, format, answer);
  if (!answer.begun) return () => answer.whole(format, {}, new Uint8Array(0));
  return () => answer.end();
}
