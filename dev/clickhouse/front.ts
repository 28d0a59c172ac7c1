/**
 * The process that holds the engine: it is started by start.ts, told what to do over IPC, and ends when told to, or
 * when whoever started it is gone. A process of its own, because planning a query holds up the event loop.
 */
import { accessSync, constants, mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Engine, openEngine } from './engine.ts';
import { createFront } from './http.ts';
import { Sessions } from './sessions.ts';
import { Slots } from './slots.ts';
import type { ClickHouseUser } from './users.ts';

export type Config = { dataDir: string; port: number; users: Record<string, ClickHouseUser> };
export type Report =
  | { kind: 'ready'; port: number }
  | { kind: 'failed'; why: 'data-dir' | 'engine' | 'port'; detail: string }
  | { kind: 'log'; line: string };

const RUNNING = 16;
const WAITING = 256;
/** How long running requests may take to end once the process is asked to stop. */
const GRACE_MS = 1_000;
/** After this the process ends whatever the engine does. What was inserted is on disk by then. */
const DEADLINE_MS = 8_000;

// Ctrl-C reaches the whole group at once; the parent stops this process when its own clients are done with it.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
process.once('message', (config: Config) => void main(config));

function report(message: Report): void {
  if (process.connected) process.send?.(message, () => {});
}

async function main(config: Config): Promise<void> {
  const engine = open(config.dataDir);
  if (engine === undefined) return leave(1);
  const sessions = new Sessions(engine);
  const server = createFront({
    engine,
    sessions,
    slots: new Slots(RUNNING, WAITING),
    users: new Map(Object.entries(config.users)),
    log: (line) => report({ kind: 'log', line }),
  });
  const stop = () => void close(server, sessions, engine);
  for (const event of ['SIGTERM', 'disconnect'] as const) process.once(event, stop);
  server.once('error', (error: NodeJS.ErrnoException) => {
    report({ kind: 'failed', why: 'port', detail: error.code ?? error.message });
    stop();
  });
  server.listen(config.port, '127.0.0.1', () => {
    report({ kind: 'ready', port: (server.address() as AddressInfo).port });
  });
}

function open(dataDir: string): Engine | undefined {
  // Rows to insert reach the engine by a path, which it reads as a pattern: it would find no file and insert nothing.
  if (/[*?{}[\]]/.test(dataDir)) {
    report({ kind: 'failed', why: 'data-dir', detail: 'its path has one of * ? { } [ ]' });
    return undefined;
  }
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    report({ kind: 'failed', why: 'data-dir', detail: code ?? message });
    return undefined;
  }
  try {
    return openEngine(dataDir);
  } catch (error) {
    report({ kind: 'failed', why: 'engine', detail: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

let closing = false;

async function close(server: Server, sessions: Sessions, engine: Engine): Promise<void> {
  if (closing) return;
  closing = true;
  // Not process.exit: its hooks would close the engine under a query that is still running.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), DEADLINE_MS).unref();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await closed;
  clearTimeout(cut);
  sessions.closeAll();
  await engine.close();
  leave(0);
}

function leave(code: number): void {
  process.exitCode = code;
  if (process.connected) process.disconnect();
}
