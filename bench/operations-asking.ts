import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answered, Ask, PaceJob } from './operations-pace.ts';
import type { Desk } from './operations-run.ts';

const CONNECTIONS = 2;
const PAUSE_MS = 30;

/** Somebody who asks until told to stop. */
export interface Asking {
  stop(): Promise<Answered[]>;
  /** Whatever becomes of what it has asked. */
  kill(): void;
}

/** Admins at work: reads and changes of configurations in turn, on two connections. */
export function keepAsking({ site, worker }: Desk): Asking {
  const headers = { Authorization: `Bearer ${site.token}`, 'User-Agent': 'bench' };
  const lanes = site.services.slice(0, CONNECTIONS).map(({ id }) => {
    const path = `/v1/admin/services/${id}/config`;
    const read: Ask = { method: 'GET', path, headers, body: '' };
    const change = (rateLimitRequests: number): Ask => {
      const body = JSON.stringify({ rateLimitRequests });
      const json = { 'Content-Type': 'application/json', 'Content-Length': String(body.length) };
      return { method: 'PATCH', path, headers: { ...headers, ...json }, body };
    };
    return [read, change(300), read, change(600)];
  });
  const child = fork(fileURLToPath(new URL('./operations-pace.ts', import.meta.url)), [], { execArgv: [] });
  const told = new Promise<Answered[]>((done, fail) => {
    child.once('message', (answered: Answered[]) => done(answered));
    child.once('exit', (code) => fail(new Error(`whoever asks ended with ${code}`)));
  });
  // Whoever stops it hears of a failure; until then it is no unhandled one.
  told.catch(() => undefined);
  child.send({ url: worker.url, lanes, pauseMs: PAUSE_MS } satisfies PaceJob);
  return {
    stop: () => {
      child.send('stop');
      return told;
    },
    kill: () => void child.kill(),
  };
}
