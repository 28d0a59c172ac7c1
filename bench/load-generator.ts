/** A process of its own that keeps connections busy: it prepares every byte it sends beforehand, so that little of the CPU is its own. */
import { connect } from 'node:net';

export interface Job {
  port: number;
  /** Whole HTTP/1.1 requests, said in turn: one list a connection. */
  lanes: string[][];
  seconds: number;
  maxRequests: number;
}

export interface Load {
  requests: number;
  seconds: number;
  /** Answers by status. */
  statuses: Record<string, number>;
  p50Ms: number;
  p99Ms: number;
}

const SILENCE_MS = 30_000;

async function run({ port, lanes, seconds, maxRequests }: Job): Promise<Load> {
  const statuses: Record<string, number> = {};
  const times: number[] = [];
  const began = performance.now();
  const mayGoOn = () => times.length < maxRequests && performance.now() - began < seconds * 1000;
  const onAnswer = (status: string, ms: number) => {
    statuses[status] = (statuses[status] ?? 0) + 1;
    times.push(ms);
  };
  await Promise.all(lanes.map((lane) => converse(port, lane, mayGoOn, onAnswer)));
  const took = (performance.now() - began) / 1000;
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
  return { requests: times.length, seconds: took, statuses, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** One request after the other on one connection. */
function converse(
  port: number,
  lane: string[],
  mayGoOn: () => boolean,
  onAnswer: (status: string, ms: number) => void,
) {
  const requests = lane.map((text) => Buffer.from(text));
  return new Promise<void>((done, fail) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    let sent = 0;
    let sentAt = 0;
    let received = Buffer.alloc(0);
    const next = () => {
      const request = requests[sent++ % requests.length];
      if (!request || (sent > 1 && !mayGoOn())) return void socket.end(done);
      sentAt = performance.now();
      socket.write(request);
    };
    socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error(`no answer in ${SILENCE_MS} ms`)));
    socket.on('connect', next);
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the connection was closed in the middle')));
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const status = wholeAnswer(received);
      if (status === null) return;
      received = Buffer.alloc(0);
      onAnswer(status, performance.now() - sentAt);
      next();
    });
  });
}

/** The status of a complete answer, else null. */
function wholeAnswer(bytes: Buffer): string | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = bytes.toString('latin1', 0, end);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without Content-Length: ${head}`);
  return bytes.length >= end + 4 + Number(length) ? head.slice(9, 12) : null;
}

process.once('message', async (job: Job) => {
  process.send?.(await run(job));
  process.disconnect();
});
