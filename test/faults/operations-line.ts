import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A statement on its way to Postgres: of a transaction the last one. */
export interface Said {
  text: string;
  params: unknown[];
}

/** What becomes of it. `hold-reply`: Postgres does it, and nothing ever comes back. `hang`: nobody hears it. */
export type Fate = 'none' | 'refuse' | 'lose-reply' | 'hold-reply' | 'hang';

export interface Line {
  /** For NEON_HTTP_ENDPOINT. */
  url: string;
  leadTo(target: string): void;
  /** As long as a fate is not settled, the statement waits; also when the runtime that said it is gone by then. */
  decide(fate: (said: Said) => Fate | Promise<Fate>): void;
  /** Told how many rows Postgres answered, before the Worker is. */
  onReply(heard: (said: Said, rows: number) => void): void;
  /** The same of this statement only. */
  onceDone(said: Said, heard: (rows: number) => void): void;
  /** Statements that met a fault. */
  faults(): number;
  close(): Promise<void>;
}

async function textOf(stream: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function saidIn(body: string): Said {
  const asked = JSON.parse(body);
  const { query, params } = asked.queries ? asked.queries.at(-1) : asked;
  return { text: query, params };
}

function rowsIn(body: string): number {
  const answer = JSON.parse(body);
  return (answer.results?.at(-1) ?? answer).rows?.length ?? 0;
}

/** The line to Postgres in a test's hands. It forwards to the SQL front as the driver would. */
export async function startLine(): Promise<Line> {
  let target = '';
  let decide: (said: Said) => Fate | Promise<Fate> = () => 'none';
  const listeners: ((said: Said, rows: number) => void)[] = [];
  const once = new WeakMap<Said, (rows: number) => void>();
  let faults = 0;
  async function carry(incoming: IncomingMessage, body: string) {
    const headers = Object.entries(incoming.headers).filter(([name]) => /^neon-|^content-type$/.test(name));
    const reply = await fetch(target, { method: 'POST', headers: headers as [string, string][], body });
    return { status: reply.status, text: await reply.text() };
  }
  const server = createServer(async (incoming, response) => {
    try {
      const body = await textOf(incoming);
      const said = saidIn(body);
      const fate = await decide(said);
      if (fate !== 'none') faults++;
      if (fate === 'hang') return;
      if (fate === 'refuse') return void response.destroy();
      const reply = await carry(incoming, body);
      const rows = reply.status === 200 ? rowsIn(reply.text) : 0;
      for (const heard of listeners) heard(said, rows);
      once.get(said)?.(rows);
      if (fate === 'hold-reply') return;
      if (fate === 'lose-reply') return void response.destroy();
      response.writeHead(reply.status, { 'content-type': 'application/json' }).end(reply.text);
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sql`,
    leadTo: (url) => {
      target = url;
    },
    decide: (next) => {
      decide = next;
    },
    onReply: (heard) => void listeners.push(heard),
    onceDone: (said, heard) => void once.set(said, heard),
    faults: () => faults,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
