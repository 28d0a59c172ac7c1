import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { heldByIsolate } from './heap.ts';
import { type Served, type ServeOptions, smallWorker } from './runtime.ts';
import { BROKER, FILES, STUB, type WorkerdOptions, workerdConfig } from './workerd-config.ts';

// The program Miniflare runs, so that both ways of serving run the same one.
const miniflare = createRequire(import.meta.url).resolve('miniflare');
const { default: WORKERD } = createRequire(miniflare)('workerd') as { default: string };

/** Enough of what workerd complained to see why it ended. */
const COMPLAINT_LENGTH = 4000;

/**
 * Serves a script on workerd alone. Miniflare sends outgoing requests through a JavaScript Worker of its own and wraps the
 * classes of Durable Objects; a deployed Worker pays for neither, so a measurement of CPU must not either.
 */
export async function serveAlone(
  script: string,
  options: WorkerdOptions,
  { dataDir, onChild }: ServeOptions,
): Promise<Served> {
  const folder = await mkdtemp(join(dataDir, 'workerd-'));
  const config = await writeFiles(folder, script, options);
  // workerd says on file descriptor 3 which port it got; Miniflare learns it in the same way.
  const inspected = options.isUninspected ? [] : ['--inspector-addr=127.0.0.1:0'];
  const args = ['serve', '--control-fd=3', ...inspected, '--experimental', config];
  const child = spawn(WORKERD, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  const listening = portsOf(child, inspected.length > 0);
  const pid = child.pid ?? 0;
  if (pid) onChild(pid);
  const { http, inspector } = await listening;
  const url = `http://127.0.0.1:${http}`;
  return {
    url,
    pid,
    ...(inspector && { heldMb: () => heldByIsolate(new URL(`http://127.0.0.1:${inspector}`), 'main', url) }),
    stop: async () => {
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A file of bench/workers on the date and flags Steward itself runs on. */
export async function serveSmallAlone(
  entry: string,
  options: Omit<WorkerdOptions, 'compatibilityDate' | 'compatibilityFlags'>,
  where: ServeOptions,
): Promise<Served> {
  const { script, runsOn } = await smallWorker(entry, where);
  return serveAlone(script, { ...options, ...runsOn }, where);
}

async function writeFiles(folder: string, script: string, options: WorkerdOptions): Promise<string> {
  const storage = join(folder, FILES.storage);
  const config = join(folder, 'config.capnp');
  await mkdir(storage);
  await writeFile(join(folder, FILES.script), script);
  await writeFile(join(folder, FILES.stub), STUB);
  await writeFile(join(folder, FILES.broker), BROKER);
  await writeFile(config, workerdConfig(options, storage));
  return config;
}

/** @throws Error with what workerd complained, when it ends instead of listening */
function portsOf(child: ChildProcess, isInspected: boolean): Promise<{ http: number; inspector: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ http: number; inspector: number }>();
  let complaint = '';
  child.stderr?.on('data', (part: Buffer) => {
    complaint = `${complaint}${part}`.slice(-COMPLAINT_LENGTH);
  });
  const ports = { http: 0, inspector: 0 };
  createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => {
    const { event, port = 0 } = JSON.parse(line) as { event: string; port?: number };
    if (event === 'listen') ports.http = port;
    if (event === 'listen-inspector') ports.inspector = port;
    if (ports.http && (ports.inspector || !isInspected)) resolve(ports);
  });
  child.once('error', reject);
  child.once('close', (code, signal) => reject(new Error(`workerd ended with ${code ?? signal}: ${complaint.trim()}`)));
  return promise;
}

/** Killed, not asked: nothing it holds is wanted, and asked it would wait for its open connections. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
