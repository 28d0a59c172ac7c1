import { type ChildProcess, fork } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config, Report } from './front.ts';
import type { ClickHouseUser } from './users.ts';

export type { ClickHouseUser } from './users.ts';

type Exit = { code: number | null; signal: string | null };

export interface ClickHouse {
  /** `http://127.0.0.1:<port>`, for client-web, curl or anything else that speaks ClickHouse's HTTP. */
  url: string;
  pid: number;
  exited: Promise<Exit>;
  /** Lets running requests end, closes the engine and resolves when the process is gone; takes seconds at most. */
  stop(): Promise<void>;
}

export type Options = {
  dataDir: string;
  /** 0 or absent: any free one. */
  port?: number;
  users: Record<string, ClickHouseUser>;
  log?: (line: string) => void;
};

// Queries and compression share these threads; more than the queries that run at once, or KILL would have to wait.
const THREADS = 24;
/** A little more than the process gives itself. */
const STOP_MS = 10_000;
const STDERR_KEPT = 4_096;

/** Starts ClickHouse in a process of its own. Rejects with one sentence that says what to do. */
export async function startClickHouse(options: Options): Promise<ClickHouse> {
  const config: Config = { dataDir: resolve(options.dataDir), port: options.port ?? 0, users: options.users };
  const child = fork(fileURLToPath(new URL('./front.ts', import.meta.url)), [], {
    // The parent's flags are not for this process, and neither are the secrets in its environment.
    execArgv: [],
    env: environment(),
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const exited = new Promise<Exit>((done) => {
    child.once('exit', (code, signal) => done({ code, signal }));
    child.once('error', () => done({ code: 1, signal: null }));
  });
  const port = await ready(child, exited, config, options.log ?? (() => {}));
  return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, exited, stop: () => stop(child, exited) };
}

function environment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { UV_THREADPOOL_SIZE: String(THREADS), TZ: 'UTC' };
  // STEWARD_RUN is how the reaper finds a child of a supervisor that was killed.
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH', 'STEWARD_RUN']) {
    if (process.env[name] !== undefined) env[name] = process.env[name];
  }
  return env;
}

function ready(child: ChildProcess, exited: Promise<Exit>, config: Config, log: (line: string) => void) {
  let stderr = '';
  // Read to the end so that the process never waits for a reader; kept for the reason of a failed start only.
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  return new Promise<number>((done, reject) => {
    let failure: Extract<Report, { kind: 'failed' }> | undefined;
    child.on('message', (report: Report) => {
      if (report.kind === 'ready') done(report.port);
      else if (report.kind === 'log') log(report.line);
      else failure = report;
    });
    // The reason of a failure may arrive on stderr after its report: wait for the end of both.
    child.once('close', () => reject(new Error(sentence(config, failure, stderr))));
    child.once('error', (error) => reject(new Error(`ClickHouse could not be started: ${error.message}.`)));
    child.send(config, (error) => {
      if (error !== null) void exited.then(() => reject(new Error(sentence(config, failure, stderr))));
    });
  });
}

function sentence({ dataDir, port }: Config, failure: Extract<Report, { kind: 'failed' }> | undefined, stderr: string) {
  if (failure?.why === 'port') {
    return `ClickHouse cannot listen on port ${port} (${failure.detail}): stop what uses it or choose another port.`;
  }
  if (failure?.why === 'data-dir') {
    return `ClickHouse cannot use ${dataDir} (${failure.detail}): make it writable or choose another directory.`;
  }
  if (/Cannot lock file/.test(stderr)) {
    return `ClickHouse's directory ${dataDir} is in use by another process: stop it or choose another directory.`;
  }
  const said = (stderr.trim().split('\n').at(-1) || failure?.detail) ?? 'it ended without saying why';
  return `ClickHouse did not start: ${said.slice(0, 300)}. If ${dataDir} is damaged, delete it and start again.`;
}

async function stop(child: ChildProcess, exited: Promise<Exit>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(timer);
}
