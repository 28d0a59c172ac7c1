import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of one request: an answer, no answer at all, or a connection that breaks. */
export type Reaction = { status: number; headers?: Record<string, string> } | 'hang' | 'break';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A receiver of OTLP/HTTP that does as it is told: the reactions in their order, the last one for ever. */
export async function startReceiver(...reactions: Reaction[]) {
  const received: Received[] = [];
  const hanging = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts).toString() });
      const reaction = (reactions.length > 1 ? reactions.shift() : reactions[0]) ?? { status: 200 };
      if (reaction === 'break') request.socket.destroy();
      else if (reaction === 'hang') hanging.add(response);
      else response.writeHead(reaction.status, { 'content-type': 'application/json', ...reaction.headers }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    /** From now on. */
    react: (...next: Reaction[]) => void reactions.splice(0, reactions.length, ...next),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type Receiver = Awaited<ReturnType<typeof startReceiver>>;
