import { connect } from 'node:net';

/**
 * Whether Postgres would let a client log in right now. It sends the opening of a login: a server that is starting
 * up or shutting down answers with an error, a ready one asks for the password, which is then not given.
 */
export function answers(port: number, limitMs = 2_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(opening()));
    const done = (ok: boolean): void => {
      socket.destroy();
      resolve(ok);
    };
    socket.setTimeout(limitMs, () => done(false));
    socket.once('data', (data) => done(data[0] === 'R'.charCodeAt(0)));
    socket.once('error', () => done(false));
    socket.once('close', () => done(false));
  });
}

/** StartupMessage, protocol 3.0. */
function opening(): Buffer {
  const body = Buffer.from('user\0health\0database\0postgres\0\0');
  const message = Buffer.alloc(8 + body.length);
  message.writeInt32BE(message.length, 0);
  message.writeInt32BE(3 << 16, 4);
  body.copy(message, 8);
  return message;
}
