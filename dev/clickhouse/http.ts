import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Answer } from './answer.ts';
import type { Engine } from './engine.ts';
import { asClickHouseError, denied, malformed, unsupported } from './errors.ts';
import { execute, type Job } from './execute.ts';
import { guard } from './guard.ts';
import { readQuery } from './request.ts';
import type { Sessions } from './sessions.ts';
import { splitParameters } from './settings.ts';
import type { Slots } from './slots.ts';
import { authenticate, type ClickHouseUser, type Identity } from './users.ts';

export type Front = {
  engine: Engine;
  sessions: Sessions;
  slots: Slots;
  users: Map<string, ClickHouseUser>;
  log(line: string): void;
};

// Longer than clients keep an idle connection, so that it is they who close it and no request meets a closed one.
const KEEP_ALIVE_MS = 75_000;

/** The HTTP interface of ClickHouse: https://clickhouse.com/docs/interfaces/http */
export function createFront(front: Front): Server {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (req, res) => {
    res.on('error', () => {});
    void handle(front, req, res);
  });
  return server;
}

async function handle(front: Front, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = URL.parse(req.url ?? '/', 'http://front');
  if (url === null) {
    res.writeHead(400).end();
    return;
  }
  const isQuery = url.pathname === '/' && (req.method === 'POST' || url.searchParams.has('query'));
  if (!isQuery) {
    const ok = url.pathname === '/' || url.pathname === '/ping' || url.pathname === '/replicas_status';
    const text = ok ? 'Ok.\n' : `There is no handle ${url.pathname}\n\nUse / or /ping.\n`;
    res.writeHead(ok ? 200 : 404, { 'Content-Type': 'text/plain; charset=UTF-8' }).end(text);
    return;
  }
  const startedAt = performance.now();
  const queryId = url.searchParams.get('query_id') || randomUUID();
  const answer = new Answer(res, queryId.replace(/[^\x20-\x7e]/g, '?'), front.engine.version, gzipLevel(req, url));
  try {
    await answerQuery(front, req, url.searchParams, answer);
  } catch (thrown) {
    const error = asClickHouseError(thrown);
    answer.fail(error);
    // Never the message: it quotes the query, and so perhaps a secret.
    const took = Math.round(performance.now() - startedAt);
    const outcome = answer.signal.aborted ? 'client left' : `${error.code} ${error.type}`;
    front.log(`query ${JSON.stringify(queryId.slice(0, 80))}: ${outcome} after ${took} ms`);
  }
}

async function answerQuery(front: Front, req: IncomingMessage, url: URLSearchParams, answer: Answer): Promise<void> {
  const who = authenticate(req, url, front.users);
  if (url.get('compress') === '1' || url.get('decompress') === '1') {
    throw unsupported('The native compression of compress=1 and decompress=1: use HTTP compression.');
  }
  const query = await readQuery(req, url);
  try {
    const job = jobOf(req, url, who, query);
    guard(who.may, query.statement, job.parameters.settings.keys(), front.engine.forbidden);
    const giveBack = await front.slots.take(answer.signal);
    try {
      await execute(front.engine, front.sessions, job, answer);
    } finally {
      giveBack();
    }
  } finally {
    query.free();
  }
}

function jobOf(req: IncomingMessage, url: URLSearchParams, who: Identity, query: Job['query']): Job {
  if (url.has('role')) throw denied('Roles are not given per request here: use a user that may do it.');
  const parameters = splitParameters([...url, ...query.fields]);
  const sessionId = url.get('session_id');
  const session = { id: sessionId ?? '', timeout: url.get('session_timeout'), check: url.get('session_check') === '1' };
  const database = url.get('database') ?? req.headers['x-clickhouse-database'];
  const format = url.get('default_format') ?? req.headers['x-clickhouse-format'];
  return {
    who,
    query,
    parameters,
    database: typeof database === 'string' && database !== '' ? database : undefined,
    readonly: readonlyLevel(req, url, query, sessionId !== null),
    defaultFormat: formatName(typeof format === 'string' && format !== '' ? format : 'TabSeparated'),
    whole: url.get('wait_end_of_query') === '1',
    session: sessionId === null ? undefined : session,
    mark: randomUUID(),
  };
}

/** A GET only reads, as in ClickHouse. The connection of a session cannot leave readonly, so there the text decides. */
function readonlyLevel(req: IncomingMessage, url: URLSearchParams, query: Job['query'], inSession: boolean) {
  const asked = url.get('readonly') ?? '0';
  if (asked !== '0' && asked !== '1' && asked !== '2') throw malformed('readonly is 0, 1 or 2.');
  if (req.method === 'POST' || asked !== '0') return asked;
  if (inSession && query.statement.kind !== 'read') {
    throw denied('Cannot execute query in readonly mode. For queries that change something, use POST.');
  }
  return '2';
}

function formatName(name: string): string {
  if (!/^\w+$/.test(name)) throw malformed('default_format is not the name of a format.');
  return name;
}

function gzipLevel(req: IncomingMessage, url: URL): number | undefined {
  const asked = url.searchParams.get('enable_http_compression');
  const accepted = /\bgzip\b/.test(String(req.headers['accept-encoding'] ?? ''));
  if ((asked !== '1' && asked !== 'true') || !accepted) return undefined;
  const level = Number(url.searchParams.get('http_zlib_compression_level') ?? 3);
  return Number.isInteger(level) && level >= 1 && level <= 9 ? level : 3;
}
