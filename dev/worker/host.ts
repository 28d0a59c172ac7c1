import { join } from 'node:path';
import { convertV4MiniflareOptions, Miniflare, Response, type V4WorkerOptions } from 'miniflare';
import { buildWorker } from './build.ts';
import { type DecideBucket, faultyBucket } from './faulty-bucket.ts';
import { mailBridge, type SendMail } from './mail-bridge.ts';
import { childNamed, ended } from './process.ts';
import { type Tap, tapWorker, withoutTapped } from './tap.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface WorkerHost {
  url: string;
  /** workerd's process. */
  pid: number;
  exited: Promise<void>;
  /** Runs the cron handler; local runtimes fire no crons by themselves. */
  scheduled(cron: string, due?: Date): Promise<void>;
  /** The simulators behind the bindings, for tests and benchmarks. */
  miniflare: Miniflare;
  stop(): Promise<void>;
}

export interface WorkerOptions {
  /** 0 = any free port. */
  port: number;
  /** Where R2, KV and Durable Objects keep their data. */
  persistDir: string;
  /** Variables of the Worker, over those of wrangler.toml. */
  vars: Record<string, string>;
  log?: (line: string) => void;
  /** The bundle, when it is built already. */
  script?: string;
  /** What wrangler.toml says, when it is read already. */
  configuration?: WorkerConfiguration;
  /** Serves the Worker without the asset router and Miniflare's proxy in front, for measuring. */
  direct?: boolean;
  /** A Worker that calls ours by service bindings, served at `miniflare.unsafeGetDirectURL(name)`. */
  caller?: { name: string; script: string; serviceBindings: Record<string, { name: 'steward'; entrypoint: string }> };
  tap?: Tap;
  /** Stands between the Worker and its bucket. */
  bucket?: DecideBucket;
  /** Where its e-mail goes; absent: it sends none. */
  mail?: SendMail;
}

function callerOptions(caller: NonNullable<WorkerOptions['caller']>, { compatibilityDate }: Partial<V4WorkerOptions>) {
  return {
    name: caller.name,
    compatibilityDate,
    serviceBindings: caller.serviceBindings,
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    modules: [{ type: 'ESModule', path: 'index.js', contents: caller.script }],
  } as V4WorkerOptions;
}

/** The last one: a process mostly has one, of megabytes. */
let handed: { script: string; answer: string } | undefined;

/**
 * The bundle beside the configuration instead of in it: Miniflare copies all of that each time it grows, by four kilobytes, and to copy
 * the bundle hundreds of times is most of what a start costs Node.
 */
function handedOver(script: string) {
  if (handed?.script !== script) handed = { script, answer: JSON.stringify({ name: 'bundle.js', esModule: script }) };
  const { answer } = handed;
  const entry = "export * from './bundle.js'; export { default } from './bundle.js';";
  return {
    shared: { unsafeModuleFallbackService: () => new Response(answer) },
    worker: {
      unsafeUseModuleFallbackService: true,
      modules: [{ type: 'ESModule', path: 'index.js', contents: entry }],
    },
  };
}

/** The asset router's files without the router. */
function filesOf({ serviceBindings }: Partial<V4WorkerOptions>, assets: unknown) {
  const { binding, directory } = assets as { binding?: string; directory: string };
  return { ...serviceBindings, ...(binding && { [binding]: { disk: { path: directory, writable: false } } }) };
}

/** What wrangler.toml says, as Miniflare takes it; plain data. */
export type WorkerConfiguration = Awaited<ReturnType<typeof readConfiguration>>;

/** Loads Wrangler for it, which takes a second of CPU. */
export async function readConfiguration() {
  const { unstable_getMiniflareWorkerOptions } = await import('wrangler');
  return unstable_getMiniflareWorkerOptions(join(ROOT, 'wrangler.toml')).workerOptions;
}

let starting: Promise<unknown> = Promise.resolve();

/**
 * Starts the Worker on workerd, from the bundle a deployment would upload and the bindings of wrangler.toml. One after the other: which
 * process is whose is known by who has come since.
 */
export function startWorker(o: WorkerOptions): Promise<WorkerHost> {
  const started = starting.then(() => startNext(o));
  starting = started.catch(() => undefined);
  return started;
}

async function startNext(o: WorkerOptions): Promise<WorkerHost> {
  const script = o.script ?? (await buildWorker(join(o.persistDir, 'build')));
  const { modulesRules: _, email: __, assets, ...worker } = o.configuration ?? (await readConfiguration());
  const before = await childNamed('workerd');
  const bucket = o.bucket && faultyBucket(o.bucket, worker);
  const mail = o.mail && mailBridge(o.mail, worker);
  const bundle = o.direct ? handedOver(script) : undefined;
  const { BUCKET: _bucket, ...otherBuckets } = (worker.r2Buckets ?? {}) as Record<string, string>;
  const options = {
    host: '127.0.0.1',
    port: o.direct ? 0 : o.port,
    resourcePersistencePath: o.persistDir,
    logRequests: false,
    cf: false,
    telemetry: { enabled: false },
    ...bundle?.shared,
    handleStructuredLogs: ({ level, message }: { level: string; message: string }) => o.log?.(`${level} ${message}`),
    workers: [
      {
        ...worker,
        ...(assets === undefined || o.direct ? {} : { assets }),
        ...(o.direct ? { unsafeDirectSockets: [{ host: '127.0.0.1', port: o.port }] } : {}),
        name: 'steward',
        ...(bucket && { r2Buckets: otherBuckets }),
        serviceBindings: {
          ...(o.direct && assets !== undefined
            ? filesOf(worker, assets)
            : (worker.serviceBindings as object | undefined)),
          ...bucket?.binding,
          ...mail?.binding,
        },
        queueConsumers: withoutTapped(worker.queueConsumers ?? {}, o.tap),
        bindings: { ...(worker.bindings as Record<string, string>), ...o.vars },
        ...(bundle?.worker ?? { modules: [{ type: 'ESModule', path: 'index.js', contents: script }] }),
      } as V4WorkerOptions,
      ...(o.caller ? [callerOptions(o.caller, worker)] : []),
      ...(o.tap ? [tapWorker(o.tap, worker)] : []),
      ...(bucket ? [bucket.worker] : []),
      ...(mail ? [mail.worker] : []),
    ],
  };
  const miniflare = new Miniflare(convertV4MiniflareOptions(options));
  const entry = await miniflare.ready;
  const url = (o.direct ? await miniflare.unsafeGetDirectURL('steward') : entry).origin;
  const pid = (await childNamed('workerd')).find((child) => !before.includes(child)) ?? 0;
  return {
    url,
    pid,
    exited: ended(pid),
    miniflare,
    scheduled: async (cron, due = new Date()) => {
      const { outcome } = await (await miniflare.getWorker('steward')).scheduled({ cron, scheduledTime: due });
      if (outcome !== 'ok') throw new Error(`the cron handler ended with ${outcome}`);
    },
    stop: () => miniflare.dispose(),
  };
}
