/** `npm start [-- --fresh] [-- --port N] [-- --grpc-port N] [-- --data FOLDER]`: all of Steward on this machine, until Ctrl-C. */
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { endLeftovers, type Reaper, startReaper } from './children.ts';
import { CLICKHOUSE_USERS, type Stack, startStack } from './stack.ts';
import { explain, isReady, openData, Refusal, requirePort, takeLock } from './state.ts';
import { summary } from './summary.ts';

const USAGE =
  'npm start takes --port N, --grpc-port N (default 50052), --fresh (forget all data first) and --data FOLDER (default .steward)';
const GRPC_PORT = 50_052;
const TOKEN_SECONDS = 8 * 3600;
/** npm passes a Ctrl-C on that the terminal has sent already: this soon after the first it is the same one. */
const SAME_SIGNAL_MS = 700;
const STOP_LIMIT_MS = 20_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Arguments {
  port: number;
  /** Null: 50052, or any when somebody else has it. */
  grpcPort: number | null;
  fresh: boolean;
  /** Empty: .steward in the project. */
  dataDir: string;
  help: boolean;
}

/** npm keeps for itself what is not behind `--` and leaves it in npm_config_*: `npm start --fresh` means what it says. */
export function parseArguments(argv: string[], env: Record<string, string | undefined>): Arguments {
  const parsed: Arguments = {
    port: 3001,
    grpcPort: env.npm_config_grpc_port ? grpcPortOf(env.npm_config_grpc_port) : null,
    fresh: env.npm_config_fresh === 'true',
    dataDir: '',
    help: false,
  };
  let port = env.npm_config_port ?? env.PORT;
  const rest = argv.flatMap((each) => /^(--[\w-]+)=(.*)$/.exec(each)?.slice(1) ?? each);
  const value = (name: string): string => {
    const given = rest.shift();
    if (!given) throw new Refusal(`${name} needs a value: ${USAGE}`, 2);
    return given;
  };
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '--fresh') parsed.fresh = true;
    else if (name === '--help' || name === '-h') parsed.help = true;
    else if (name === '--port') port = value(name);
    else if (name === '--grpc-port') parsed.grpcPort = grpcPortOf(value(name));
    else if (name === '--data') parsed.dataDir = value(name);
    else throw new Refusal(`Unknown argument ${name}: ${USAGE}`, 2);
  }
  if (port !== undefined) parsed.port = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  // The five ports after it are Steward's too, when they are free.
  if (parsed.port < 1 || parsed.port > 65_530)
    throw new Refusal(`The port must be a number from 1 to 65530, not "${port}"`, 2);
  return parsed;
}

function grpcPortOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new Refusal(`The gRPC port must be a number from 1 to 65535, not "${text}"`, 2);
  return port;
}

/** The whole of an error, of which the terminal gets one line. */
function record(dataDir: string, error: unknown): void {
  try {
    appendFileSync(join(dataDir, 'logs', 'start.log'), `${new Date().toISOString()} ${inspect(error)}\n`);
  } catch {
    // A folder that cannot be written to is what the line is about.
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const complain = (line: string): void => void process.stderr.write(`${line}\n`);

/**
 * Aborts, with a Refusal as its reason, on the first signal or on an error nobody caught. A second signal, or a stop that takes
 * too long, ends every process the hard way.
 */
function watchForTheEnd(dataDir: string, endHard: () => Promise<void>): { signal: AbortSignal; hurry(): void } {
  const ending = new AbortController();
  let first = 0;
  const harder = async (why: string): Promise<void> => {
    complain(why);
    await endHard();
    process.exit(1);
  };
  const hurry = (): void => {
    setTimeout(() => void harder('Stopping takes too long: ending what is left.'), STOP_LIMIT_MS).unref();
  };
  const onSignal = (): void => {
    if (first > 0 && performance.now() - first < SAME_SIGNAL_MS) return;
    if (first > 0) return void harder('Stopping at once.');
    first = performance.now();
    say('\nStopping …');
    ending.abort(new Refusal('Stopped before it was ready.', 0));
    hurry();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  // Miniflare brings a listener that exits on the first signal, which would cut our stop short.
  process.on('newListener', (name, listener) => {
    if (SIGNALS.some((signal) => signal === name)) process.nextTick(() => process.removeListener(name, listener));
  });
  process.on('uncaughtException', (error) => {
    record(dataDir, error);
    const what = `Steward failed: ${error.message.split('\n')[0]} (more in ${dataDir}/logs/start.log)`;
    // A child that died explains the error better, and is noticed a little later.
    setTimeout(() => ending.abort(new Refusal(what)), 500);
  });
  return { signal: ending.signal, hurry };
}

/** Local runtimes fire no cron triggers of their own. A run that is still going when the next is due makes that one wait. */
export function everyMinute(run: () => Promise<void>, report: (line: string) => void, ms = 60_000): () => void {
  let running = false;
  let failing = false;
  const timer = setInterval(async () => {
    if (running) return;
    running = true;
    const error = await run().then(
      () => undefined,
      (reason: unknown) => String(reason).split('\n')[0],
    );
    // The first of a row of failures: not one every minute for the rest of the day.
    if (error !== undefined && !failing) report(`The Worker's cron fails: ${error}`);
    failing = error !== undefined;
    running = false;
  }, ms);
  return () => clearInterval(timer);
}

/** What of the terminal's environment the Worker is to know, too. */
const varsOf = ({ NOTIFY_PRIVATE_TARGETS }: Record<string, string | undefined>): Record<string, string> =>
  NOTIFY_PRIVATE_TARGETS ? { NOTIFY_PRIVATE_TARGETS } : {};

async function describe(stack: Stack, dataDir: string): Promise<string> {
  const tokens = await Promise.all(
    stack.seeded.admins.map(async ({ role, subject, email }) => ({
      role,
      email,
      token: await stack.issuer.accessToken({ subject, email, sessionId: randomUUID(), ttlSeconds: TOKEN_SECONDS }),
    })),
  );
  const clickhouse = {
    url: stack.clickhouse.url,
    user: CLICKHOUSE_USERS.reader,
    password: stack.secrets.clickhouse.reader,
  };
  const where = {
    api: stack.worker.url,
    grpc: stack.grpc.url,
    issuer: stack.issuer.url,
    clickhouse,
    postgres: stack.postgres.ownerUrl,
    mail: stack.mail.url,
    dataDir,
  };
  const colour = process.stdout.isTTY === true && !process.env.NO_COLOR;
  return summary({ ...where, services: stack.seeded.services, tokens }, { colour });
}

/** Until the signal or until a child dies; answers what went wrong, if anything did. */
async function untilTheEnd(stack: Stack, signal: AbortSignal): Promise<string | undefined> {
  const asked = new Promise<undefined>((done) => {
    if (signal.aborted) done(undefined);
    signal.addEventListener('abort', () => done(undefined));
  });
  const died = stack.failed.then(async ({ name, how }) => {
    // A terminal's Ctrl-C reaches some children directly, and may be seen here a moment after their end.
    await sleep(300);
    return `${name} ended by itself (${how})`;
  });
  const failure = await Promise.race([asked, died]);
  if (!signal.aborted) return failure;
  const { exitCode, message } = signal.reason as Refusal;
  return exitCode === 0 ? undefined : message;
}

async function runStack(o: Arguments, reaper: Reaper, signal: AbortSignal, hurry: () => void): Promise<number> {
  const { port, dataDir, fresh } = o;
  const grpc = o.grpcPort ?? GRPC_PORT;
  const stores = { clickhouse: port + 2, postgres: port + 3, neon: port + 4 };
  const ports = { api: port, issuer: port + 1, ...stores, mail: port + 5, grpc };
  const log = (line: string): void => say(`  ${line}`);
  // Nothing a first start has made is worth waiting for: the next one begins anew.
  const giveUp = (): void => void reaper.endAll();
  if (fresh || !isReady(dataDir)) signal.addEventListener('abort', giveUp);
  const vars = varsOf(process.env);
  const stack = await startStack({ dataDir, fresh, ports, vars, onChild: reaper.watch, log, signal });
  signal.removeEventListener('abort', giveUp);
  const stopCron = everyMinute(() => stack.worker.scheduled('* * * * *'), complain);
  if (stack.grpc.port !== grpc)
    say(`  Port ${grpc} is in use by another program: choose one for gRPC with npm start -- --grpc-port N`);
  say(await describe(stack, dataDir));
  const failure = await untilTheEnd(stack, signal);
  stopCron();
  hurry();
  await stack.stop();
  if (failure === undefined) return 0;
  complain(
    `${failure}: everything else is stopped and the data kept. Run npm start again, or look into ${dataDir}/logs.`,
  );
  return 1;
}

/** From the lock to its release; answers the exit code. */
async function start(o: Arguments): Promise<number> {
  const { dataDir, port } = o;
  openData(dataDir);
  const run = randomUUID();
  const lock = takeLock(dataDir, run);
  const reaper = startReaper(run);
  const finish = async (): Promise<void> => {
    await reaper.endAll();
    lock.release();
  };
  try {
    const { signal, hurry } = watchForTheEnd(dataDir, finish);
    if (lock.abandoned) {
      say(`The start before this one (pid ${lock.abandoned.pid}) was killed: ending what it left behind.`);
      await endLeftovers(lock.abandoned.run);
    }
    await requirePort(port);
    if (o.grpcPort !== null) await requirePort(o.grpcPort, '--grpc-port');
    say(`Starting Steward in ${dataDir} …`);
    return await runStack(o, reaper, signal, hurry);
  } finally {
    await finish();
  }
}

async function main(): Promise<number> {
  let dataDir = '';
  try {
    const o = parseArguments(process.argv.slice(2), process.env);
    if (o.help) return say(USAGE) ?? 0;
    // npm moves to the project's folder and says where it was called from.
    dataDir = o.dataDir
      ? resolve(process.env.INIT_CWD ?? '', o.dataDir)
      : fileURLToPath(new URL('../.steward', import.meta.url));
    return await start({ ...o, dataDir });
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    if (error instanceof Refusal) complain(message);
    else {
      record(dataDir, error);
      complain(explain(error, dataDir) ?? `Steward did not start: ${message} (more in ${dataDir}/logs/start.log)`);
    }
    return error instanceof Refusal ? error.exitCode : 1;
  }
}

if (import.meta.main) {
  // The terminal may be gone before we are.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.exit(await main());
}
