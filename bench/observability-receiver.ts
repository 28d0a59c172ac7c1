import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';

export const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** One request that a receiver had. */
export interface Received {
  /** Of the notification. */
  id: string;
  headers: Record<string, string>;
  body: string;
}

/** Somebody's endpoint for webhooks: answers all with one status. */
export async function startReceiver(status: number) {
  const received: Received[] = [];
  const wanted = { count: 0, came: (_at: number): void => undefined };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const headers = request.headers as Record<string, string>;
      received.push({ id: headers['webhook-id'] ?? '', headers, body: Buffer.concat(parts).toString() });
      response.writeHead(status).end();
      if (received.length === wanted.count) wanted.came(performance.now());
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    received,
    /** When the `count`th one came, by performance.now(). */
    arrival: (count: number): Promise<number> =>
      new Promise((came) => {
        Object.assign(wanted, { count, came });
        if (received.length >= count) came(performance.now());
      }),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

export type Receiver = Awaited<ReturnType<typeof startReceiver>>;
