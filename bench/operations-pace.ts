/** A process of its own that asks, as people at work do, until it is told to stop, and tells how long each answer took. */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Ask {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface PaceJob {
  url: string;
  /** Requests said in turn: one list a connection. */
  lanes: Ask[][];
  /** Between an answer and the next request of its connection. */
  pauseMs: number;
}

export interface Answered {
  /** When it was asked, milliseconds since the epoch. */
  at: number;
  ms: number;
  status: number;
}

let stopping = false;

async function converse(job: PaceJob, lane: Ask[], answered: Answered[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let n = 0; !stopping; n++) {
    const began = performance.now();
    const status = await say(job.url, agent, lane[n % lane.length] as Ask);
    answered.push({ at: performance.timeOrigin + began, ms: performance.now() - began, status });
    await sleep(job.pauseMs);
  }
  agent.destroy();
}

function say(url: string, agent: Agent, { method, path, headers, body }: Ask): Promise<number> {
  return new Promise((done, fail) => {
    const outgoing = request(new URL(path, url), { method, headers, agent }, (incoming) => {
      incoming.resume().once('end', () => done(incoming.statusCode ?? 0));
      incoming.once('error', fail);
    });
    outgoing.once('error', fail);
    outgoing.end(body || undefined);
  });
}

// Whoever started it has gone.
process.once('disconnect', () => process.exit());
process.once('message', async (job: PaceJob) => {
  process.once('message', () => {
    stopping = true;
  });
  const answered: Answered[] = [];
  await Promise.all(job.lanes.map((lane) => converse(job, lane, answered)));
  process.send?.(answered, () => process.disconnect());
});
