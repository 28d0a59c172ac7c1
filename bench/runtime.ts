import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptions } from 'miniflare';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';
import { childNamed } from '../dev/worker/process.ts';
import type { WorkerdOptions } from './workerd-config.ts';

const ROOT = join(import.meta.dirname, '..');

/** A workerd of a bench, served directly. */
export interface Served {
  url: string;
  pid: number;
  /** MB the script's isolate holds once its garbage is collected; not with Miniflare. */
  heldMb?(): Promise<number>;
  stop(): Promise<void>;
}

export interface ServeOptions {
  /** A folder of its own is made below it. */
  dataDir: string;
  onChild: (pid: number) => void;
}

/** Steward's own options from wrangler.toml, for a bench that replaces some of them. */
export function stewardOptions(): WorkerdOptions {
  const { modulesRules: _, ...options } = unstable_getMiniflareWorkerOptions(join(ROOT, 'wrangler.toml')).workerOptions;
  return options as unknown as WorkerdOptions;
}

/** Starts a script on workerd without Miniflare's proxy in front. */
export async function serve(script: string, options: object, { dataDir, onChild }: ServeOptions): Promise<Served> {
  const persistDir = await mkdtemp(join(dataDir, 'workerd-'));
  const before = await childNamed('workerd');
  const worker = {
    ...options,
    name: 'bench',
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    modules: [{ type: 'ESModule', path: 'index.js', contents: script }],
  } as V4WorkerOptions;
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      resourcePersistencePath: persistDir,
      logRequests: false,
      cf: false,
      telemetry: { enabled: false },
      handleStructuredLogs: () => undefined,
      workers: [worker],
    }),
  );
  await miniflare.ready;
  const pid = (await childNamed('workerd')).find((child) => !before.includes(child)) ?? 0;
  onChild(pid);
  return {
    url: (await miniflare.unsafeGetDirectURL('bench')).origin,
    pid,
    stop: async () => {
      await miniflare.dispose();
      await rm(persistDir, { recursive: true, force: true });
    },
  };
}

/** A file of bench/workers as a script, and the date and flags Steward itself runs on: what Steward is held against. */
export async function smallWorker(entry: string, { dataDir }: ServeOptions) {
  const { compatibilityDate, compatibilityFlags } = stewardOptions();
  const script = await bundle(dataDir, join(import.meta.dirname, 'workers', entry), compatibilityDate);
  return { script, runsOn: { compatibilityDate, compatibilityFlags } };
}

/** With Miniflare, for what needs its simulators; workerd.ts serves without. */
export async function serveSmall(entry: string, options: object, where: ServeOptions): Promise<Served> {
  const { script, runsOn } = await smallWorker(entry, where);
  return serve(script, { ...options, ...runsOn }, where);
}

async function bundle(dataDir: string, main: string, compatibilityDate: string): Promise<string> {
  const folder = await mkdtemp(join(dataDir, 'bundle-'));
  const outDir = join(folder, 'out');
  await mkdir(outDir);
  const config = join(folder, 'wrangler.json');
  await writeFile(config, JSON.stringify({ name: 'bench', main, compatibility_date: compatibilityDate }));
  const wrangler = join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js');
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false', CI: 'true' };
  const args = [wrangler, 'deploy', '--dry-run', '--outdir', outDir, '--config', config];
  await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });
  return readFile(join(outDir, main.replace(/^.*\/([^/]+)\.ts$/, '$1.js')), 'utf8');
}
