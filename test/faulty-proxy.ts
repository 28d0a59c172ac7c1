import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of one request on its way to an engine. */
export type Fault =
  | 'none'
  /** The connection breaks before the engine sees anything. */
  | 'refuse'
  /** The engine does the work and its reply is lost. */
  | 'lose-reply'
  /** The engine does the work and its reply never comes. */
  | 'hold-reply'
  /** 500 without reaching the engine. */
  | 'error'
  /** Nothing comes back, and the engine sees nothing. */
  | 'hang'
  /** The first `bytes` of the reply, then the connection breaks. */
  | { breakAfter: number }
  /** The first `bytes` of the reply, then an end that looks like a proper one. */
  | { endAfter: number }
  /** These words instead of the engine's. */
  | { reply: string; status: number }
  /** The first `bytes` of the reply, then nothing more: the connection stays open. */
  | { stallAfter: number };

/** One request on its way to an engine. */
export interface Call {
  path: string;
  body: string;
  headers: IncomingMessage['headers'];
}

export interface FaultyProxy {
  url: string;
  /** Decides for each request; a request is known by its path and body. */
  decide(fault: (call: Call) => Fault): void;
  /** Requests that met a fault. */
  faults(): number;
  /** Replies held back: their work is done. */
  held(): number;
  requests(): number;
  close(): Promise<void>;
}

async function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

interface Reply {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer | string;
}

/** An engine that answers in this process, without the network. */
type Answers = (headers: IncomingMessage['headers'], body: string) => Promise<{ status: number; text: string }>;

async function replyOf(answers: Answers, incoming: IncomingMessage, body: string): Promise<Reply> {
  const { status, text } = await answers(incoming.headers, body);
  return { status, headers: { 'content-type': 'application/json' }, body: text };
}

function forward(engine: string, incoming: IncomingMessage, body: Buffer): Promise<Reply> {
  const target = new URL(engine);
  return new Promise((resolve, reject) => {
    const { host: _, connection: __, 'transfer-encoding': ___, ...headers } = incoming.headers;
    const outgoing = request(
      {
        host: target.hostname,
        port: target.port,
        path: incoming.url,
        method: incoming.method,
        headers: { ...headers, 'content-length': body.length },
      },
      (head) =>
        bodyOf(head).then(
          (reply) => resolve({ status: head.statusCode ?? 500, headers: head.headers, body: reply }),
          reject,
        ),
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function answer(response: ServerResponse, reply: Reply, fault: Fault): void {
  const { 'content-length': _, 'transfer-encoding': __, connection: ___, ...headers } = reply.headers;
  if (typeof fault === 'string') {
    const length = Buffer.byteLength(reply.body);
    response.writeHead(reply.status, { ...headers, 'content-length': length }).end(reply.body);
    return;
  }
  response.writeHead(reply.status, headers);
  const [cut] = Object.values(fault) as [number];
  response.write(Buffer.from(reply.body as string).subarray(0, cut), () => {
    if ('endAfter' in fault) response.end();
    else if ('breakAfter' in fault) response.destroy();
  });
}

/** Stands before an engine that speaks HTTP and fails on demand. @param engine its address, or itself */
export async function startFaultyProxy(engine: string | Answers): Promise<FaultyProxy> {
  let decide: (call: Call) => Fault = () => 'none';
  let faults = 0;
  let held = 0;
  let requests = 0;
  const server = createServer(async (incoming, response) => {
    try {
      const body = await bodyOf(incoming);
      requests++;
      const text = body.toString('utf8');
      const fault = decide({ path: incoming.url ?? '', body: text, headers: incoming.headers });
      if (fault !== 'none') faults++;
      if (fault === 'refuse') return void response.destroy();
      if (fault === 'hang') return;
      if (fault === 'error') return void response.writeHead(500).end('Code: 1. DB::Exception: injected');
      if (typeof fault === 'object' && 'reply' in fault)
        return void response.writeHead(fault.status, { 'content-type': 'application/json' }).end(fault.reply);
      const reply = await (typeof engine === 'string'
        ? forward(engine, incoming, body)
        : replyOf(engine, incoming, text));
      if (fault === 'hold-reply') return void held++;
      if (fault === 'lose-reply') return void response.destroy();
      answer(response, reply, fault);
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    decide: (next) => {
      decide = next;
    },
    faults: () => faults,
    held: () => held,
    requests: () => requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
