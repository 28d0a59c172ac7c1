import type { ChildProcess } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, listenError } from '../ports.ts';
import { findBinaries } from './binaries.ts';
import { DATABASE, ensureCluster, lastLines, OWNER } from './cluster.ts';
import { writableFolder } from './folders.ts';
import { SUPERVISOR_SETTING, stopLeftOver } from './left-over.ts';
import { chooseRunner, type Runner } from './run-as.ts';

export interface Exit {
  code: number | null;
  signal: string | null;
}

export interface Postgres {
  port: number;
  /** postgres://steward_owner:…@127.0.0.1:port/steward */
  ownerUrl: string;
  pid: number;
  /** Resolves when the server ends, whoever ended it. */
  exited: Promise<Exit>;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** The cluster itself. The owner's password is kept beside it, in `<dataDir>.password`. */
  dataDir: string;
  /** 0 or absent: any free port. */
  port?: number;
  log?: (line: string) => void;
}

const START_LIMIT_MS = 60_000;

/**
 * Starts the Postgres that comes with the npm packages, creating its data on first use.
 * It runs in a session of its own, so that Ctrl-C reaches our process only, which then stops it in order.
 * Rejects with one sentence that says what to do.
 */
export async function startPostgres(o: PostgresOptions): Promise<Postgres> {
  const dataDir = resolve(o.dataDir);
  const log = o.log ?? (() => undefined);
  const binaries = await findBinaries();
  try {
    await writableFolder(dirname(dataDir));
    const runner = await chooseRunner(binaries.initdb, dirname(dataDir));
    await stopLeftOver(dataDir);
    const password = await ensureCluster(dataDir, { binaries, runner, log });
    const { child, port } = await serve(binaries.postgres, runner, dataDir, o.port ?? 0, log);
    const ownerUrl = `postgres://${OWNER}:${password}@127.0.0.1:${port}/${DATABASE}`;
    return { port, ownerUrl, pid: child.pid, exited: child.exited, stop: () => stop(child) };
  } catch (error) {
    throw inPlainWords(error, dataDir);
  }
}

interface Server {
  pid: number;
  exited: Promise<Exit>;
  process: ChildProcess;
}

async function serve(
  program: string,
  runner: Runner,
  dataDir: string,
  wanted: number,
  log: (line: string) => void,
): Promise<{ child: Server; port: number }> {
  const until = Date.now() + START_LIMIT_MS;
  for (;;) {
    const port = wanted || (await freePort());
    if (wanted && (await listenError(port)) !== null) {
      throw new Error(`Port ${port} is in use: stop the program that uses it or choose another port for Postgres.`);
    }
    const process = runner.spawn(program, serverArguments(dataDir, port), {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const child = { process, pid: process.pid ?? 0, exited: exitOf(process) };
    const failure = await untilReady(child, log, until - Date.now());
    if (failure === undefined) return { child, port };
    await stop(child);
    // After kill -9 of the server its workers hold the shared memory a moment longer; a free port may be taken again.
    const passing =
      /shared memory block|lock file "postmaster.pid" already exists/.test(failure) ||
      (!wanted && failure.includes('Address already in use'));
    if (!passing || Date.now() > until) throw new Error(`Postgres did not start: ${lastLines(failure)}`);
    await sleep(200);
  }
}

function serverArguments(dataDir: string, port: number): string[] {
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    // A socket's path is limited to about 100 characters, which a data folder easily exceeds.
    unix_socket_directories: '',
    max_connections: '100',
    // Nothing replicates from this server, so the log need not carry what a replica would want. Still durable.
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_logical_replication_workers: '0',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    [SUPERVISOR_SETTING]: String(process.pid),
  };
  return ['-D', dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((done) => {
    child.once('exit', (code, signal) => done({ code, signal }));
    child.once('error', () => done({ code: null, signal: null }));
  });
}

/** Answers undefined once connections are accepted, else what the server said before it gave up. */
function untilReady(child: Server, log: (line: string) => void, limit: number): Promise<string | undefined> {
  let said = '';
  let ready = false;
  return new Promise((done) => {
    const timer = setTimeout(() => done(`${said}\nit was not ready in time`), Math.max(limit, 1_000));
    const settle = (failure?: string): void => {
      clearTimeout(timer);
      done(failure);
    };
    if (!child.process.stderr) return settle('it could not be run');
    createInterface({ input: child.process.stderr })
      .on('line', (line) => {
        log(line);
        if (ready) return;
        said += `${line}\n`;
        ready = line.includes('database system is ready to accept connections');
        if (ready) settle();
      })
      .on('close', () => settle(said || 'it ended without a word'));
  });
}

/** Fast shutdown first: clients are cut off, the data is written out. Later signals only if it hangs. */
async function stop(child: Server): Promise<void> {
  let ended = false;
  const exited = child.exited.then(() => {
    ended = true;
  });
  // Lets an exit that already happened be seen: its process id may be another program's by now.
  await Promise.race([exited, sleep(0)]);
  for (const [signal, limit] of [
    ['SIGINT', 15_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (ended) return;
    child.process.kill(signal);
    const giveUp = new AbortController();
    await Promise.race([exited, sleep(limit, undefined, { signal: giveUp.signal }).catch(() => undefined)]);
    giveUp.abort();
  }
}

function inPlainWords(error: unknown, dataDir: string): Error {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== undefined && ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT'].includes(code)) {
    return new Error(`Cannot write to ${dataDir} (${code}): make it writable or choose another folder.`, {
      cause: error,
    });
  }
  return error instanceof Error ? error : new Error(String(error));
}
