import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

/**
 * Below what systems give to outgoing connections (Linux from 32768, the others from 49152): a port from there that is free now may be
 * somebody's connection a moment later, and then nobody can listen on it, also not the server that had it before a restart.
 */
const FIRST = 20_000;
const AFTER_LAST = 32_000;

function accepts(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => done(true)).once('error', () => done(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** The error code that listening on the port of 127.0.0.1 would meet, null when it is free. */
export async function listenError(port: number): Promise<string | null> {
  // Some systems let one listen on 127.0.0.1 beside a server that has the port on every address: ask for an answer first.
  if (await accepts(port)) return 'EADDRINUSE';
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? ''));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => done(null)));
  });
}

/** The wanted port when it is free, else 0, which lets the server take any. */
export const wishPort = async (wanted = 0): Promise<number> =>
  wanted !== 0 && (await listenError(wanted)) === null ? wanted : 0;

/** For a server that has to be told its port. Another one may still take it first. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < 100; tried++) {
    const port = randomInt(FIRST, AFTER_LAST);
    if ((await listenError(port)) === null) return port;
  }
  throw new Error(`No free port on 127.0.0.1 among 100 of ${FIRST} to ${AFTER_LAST - 1}.`);
}
