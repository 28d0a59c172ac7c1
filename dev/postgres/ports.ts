import { type AddressInfo, createServer } from 'node:net';

/** A port nobody listens on right now. Another program may still take it first: be ready to ask again. */
export async function freePort(): Promise<number> {
  return (await tryListen(0)) ?? Promise.reject(new Error('No free port on 127.0.0.1.'));
}

export async function isFree(port: number): Promise<boolean> {
  return (await tryListen(port)) !== undefined;
}

function tryListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const chosen = (server.address() as AddressInfo).port;
      server.close(() => resolve(chosen));
    });
  });
}
