import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answers } from './health.ts';
import { toProblem } from './neon-errors.ts';
import { type Caller, Pools } from './neon-pool.ts';
import { parseLogin, parseRequest, toAnswer } from './neon-request.ts';
import type { Login } from './neon-session.ts';

export interface NeonFront {
  /** http://127.0.0.1:port/sql, for `neonConfig.fetchEndpoint` */
  url: string;
  /** What a POST to /sql with these headers and this body would be answered: for who stands in this process already. */
  answer(headers: IncomingHttpHeaders, body: string): Promise<SqlAnswer>;
  /** Requests to /sql so far: what each costs in production is a trip to the database. */
  roundTrips(): number;
  close(): Promise<void>;
}

export interface SqlAnswer {
  status: number;
  /** JSON. */
  text: string;
}

export interface NeonFrontOptions {
  postgresPort: number;
  /** 0 or absent: any free port. */
  port?: number;
  /** Connections to Postgres for one user and database; further requests wait. 10 if absent. */
  maxConnections?: number;
}

const BODY_LIMIT = 64 * 1024 * 1024;
const KNOWN_LOGINS = 1_000;

/**
 * Stands in for Neon: the serverless driver's HTTP protocol in front of a local Postgres.
 * https://github.com/neondatabase/serverless/blob/main/src/httpQuery.ts
 */
export async function startNeonFront(o: NeonFrontOptions): Promise<NeonFront> {
  const pools = new Pools(o.postgresPort, o.maxConnections ?? 10);
  const login = rememberLogins();
  let trips = 0;
  const server = createServer((request, response) => {
    if (request.method === 'POST' && request.url === '/sql') {
      trips += 1;
      response.setHeader('x-steward-round-trips', trips);
      void serveSql(request, response, pools, login);
    } else if (request.url === '/health') {
      void answers(o.postgresPort).then((ok) => send(response, inJson(ok ? 200 : 503, { ok })));
    } else send(response, inJson(404, { message: 'Only POST /sql and GET /health are here.' }));
  });
  // A client may keep a connection as long as it likes: closing it first would lose the request it is sending.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(inPlainWords(error, o.port ?? 0)));
    server.listen(o.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sql`,
    answer: (headers, body) => {
      trips += 1;
      return answer({ headers, body }, pools, login, { gone: false });
    },
    roundTrips: () => trips,
    close: () => close(server, pools),
  };
}

async function serveSql(
  request: IncomingMessage,
  response: ServerResponse,
  pools: Pools,
  login: (text: string) => Login,
): Promise<void> {
  const caller: Caller = { gone: false };
  response.once('close', () => {
    if (response.writableEnded) return;
    caller.gone = true;
    caller.cancel?.();
  });
  const body = await readBody(request).catch(() => undefined);
  const said =
    body === undefined
      ? inJson(413, { message: `The request is larger than ${BODY_LIMIT} bytes.` })
      : await answer({ headers: request.headers, body }, pools, login, caller);
  send(response, said);
}

async function answer(
  { headers, body }: { headers: IncomingHttpHeaders; body: string },
  pools: Pools,
  login: (text: string) => Login,
  caller: Caller,
): Promise<SqlAnswer> {
  try {
    const sql = parseRequest(headers, body);
    const who = login(String(headers['neon-connection-string'] ?? ''));
    return inJson(200, toAnswer(sql, await pools.run(who, sql, caller)));
  } catch (error) {
    const problem = toProblem(error);
    return inJson(problem.status, problem.body);
  }
}

/** Answers undefined for a body over the limit, whose rest is read and dropped so that the client sees the answer. */
function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_LIMIT) chunks.push(chunk);
      else resolve(undefined);
    });
    request.once('end', () => resolve(Buffer.concat(chunks).toString()));
    request.once('error', reject);
  });
}

const inJson = (status: number, body: unknown): SqlAnswer => ({ status, text: JSON.stringify(body) });

function send(response: ServerResponse, { status, text }: SqlAnswer): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** A handful of connection strings arrive over and over. */
function rememberLogins(): (text: string) => Login {
  const known = new Map<string, Login>();
  return (text) => {
    const login = known.get(text) ?? parseLogin(text);
    if (known.size >= KNOWN_LOGINS) known.clear();
    known.set(text, login);
    return login;
  };
}

async function close(server: ReturnType<typeof createServer>, pools: Pools): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeAllConnections();
  await closed;
  pools.close();
}

function inPlainWords(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code !== 'EADDRINUSE') return error;
  return new Error(`Port ${port} is in use: stop the program that uses it or choose another port for the SQL front.`);
}
