import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Load } from './load-generator.ts';
import { cpuMicros } from './process.ts';

const CONNECTIONS = 16;
const MAX_REQUESTS = 500_000;

/** A served program and what to ask of it. */
export interface Target {
  url: string;
  pid: number;
  /** The requests of connection `i`, said in turn. */
  lane(i: number): string[];
}

export interface Measured extends Load {
  /** CPU µs of the server for one request. */
  cpuMicros: number;
  perSecond: number;
}

/** A whole HTTP/1.1 request. */
export function requestText(method: string, path: string, headers: Record<string, string>, body = ''): string {
  const all = {
    Host: 'steward.bench',
    ...headers,
    ...(body ? { 'Content-Length': String(Buffer.byteLength(body)) } : {}),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

/** Keeps 16 connections busy for some seconds. @throws Error when any answer is not 200 */
export async function measureLoad(target: Target, seconds: number): Promise<Measured> {
  const lanes = Array.from({ length: CONNECTIONS }, (_, i) => target.lane(i));
  const child = fork(fileURLToPath(new URL('./load-generator.ts', import.meta.url)), [], { execArgv: [] });
  const answered = new Promise<Load>((done, fail) => {
    child.once('message', (load: Load) => done(load));
    child.once('exit', (code) => fail(new Error(`the load generator ended with ${code}`)));
  });
  await new Promise((spawned) => child.once('spawn', spawned));
  const before = cpuMicros(target.pid);
  child.send({ port: Number(new URL(target.url).port), lanes, seconds, maxRequests: MAX_REQUESTS });
  const load = await answered;
  const cpu = cpuMicros(target.pid) - before;
  if (load.statuses['200'] !== load.requests)
    throw new Error(`not every answer was 200: ${JSON.stringify(load.statuses)}`);
  return { ...load, cpuMicros: cpu / load.requests, perSecond: load.requests / load.seconds };
}
