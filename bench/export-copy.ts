/**
 * Streams a COPY … TO STDOUT into a file, as psql would: what Postgres gives of itself. A process of its own, because the front
 * that exports read through runs in the bench's.
 *   forked; a message { url, query, file }; says the seconds it took and the rows
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import pg from 'pg';

export interface Copy {
  url: string;
  query: string;
  file: string;
}

export interface Copied {
  seconds: number;
  rows: number;
}

/** The driver's own parser, a message a row; what comes of it is written in pieces of so many bytes. */
const WRITE_BYTES = 256 * 1024;

interface Connection {
  query(text: string): void;
  stream: { pause(): void; resume(): void };
}

/** As the driver wants what is queued: it calls these by name. */
function copying({ query, file }: Copy) {
  const to = createWriteStream(file);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let [parts, bytes, rows]: [Buffer[], number, number] = [[], 0, 0];
  const flush = (connection: Connection) => {
    const more = to.write(Buffer.concat(parts));
    [parts, bytes] = [[], 0];
    if (more) return;
    connection.stream.pause();
    to.once('drain', () => connection.stream.resume());
  };
  const submittable = {
    submit: (connection: Connection) => connection.query(query),
    handleCopyData: ({ chunk }: { chunk: Buffer }, connection: Connection) => {
      // The parser reuses its buffer.
      parts.push(Buffer.from(chunk));
      bytes += chunk.length;
      rows++;
      if (bytes >= WRITE_BYTES) flush(connection);
    },
    handleCommandComplete: () => undefined,
    handleError: reject,
    handleReadyForQuery: () => {
      to.end(Buffer.concat(parts));
      once(to, 'finish').then(() => resolve(rows), reject);
    },
  };
  return { submittable, done: promise };
}

async function copy(asked: Copy): Promise<Copied> {
  const client = new pg.Client({ connectionString: asked.url });
  await client.connect();
  const began = performance.now();
  const { submittable, done } = copying(asked);
  client.query(submittable as unknown as pg.Submittable);
  const rows = await done;
  const seconds = (performance.now() - began) / 1000;
  await client.end();
  return { seconds, rows };
}

process.once('message', (asked: Copy) => {
  void copy(asked).then(
    (copied) => process.send?.(copied, () => process.disconnect()),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
