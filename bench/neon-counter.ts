import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface NeonCounter {
  /** To be used instead of the front's. */
  url: string;
  /** Requests so far that came with this database role. */
  of(role: string): number;
  close(): Promise<void>;
}

/** Stands before the Neon front and counts requests by database role: the outbox drain's are not the request's own. */
export async function startNeonCounter(neonUrl: string): Promise<NeonCounter> {
  const counts = new Map<string, number>();
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, response) => {
    const role = new URL(String(incoming.headers['neon-connection-string'])).username;
    counts.set(role, (counts.get(role) ?? 0) + 1);
    const { method, headers } = incoming;
    const outgoing = request(neonUrl, { method: method ?? 'POST', headers, agent }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sql`,
    of: (role) => counts.get(role) ?? 0,
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
