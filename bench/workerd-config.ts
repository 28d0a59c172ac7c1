/** What a Worker is given. The names are those of Miniflare's options, so that wrangler.toml can be read with Wrangler's own reader. */
export interface WorkerdOptions {
  compatibilityDate: string;
  compatibilityFlags: string[];
  bindings: Record<string, unknown>;
  durableObjects?: Record<string, { className: string; useSQLite?: boolean }>;
  kvNamespaces?: Record<string, unknown>;
  r2Buckets?: Record<string, unknown>;
  queueProducers?: Record<string, { queueName?: string }>;
  /** Service bindings to the Worker's own entrypoints, by class name. */
  entrypoints?: Record<string, string>;
  /** host:port of a store that speaks R2's wire format (r2-sink.ts), instead of one that keeps nothing. */
  r2Address?: string;
  /** Static files, without the router in front. */
  assets?: { binding: string; directory: string };
  /** The most that V8 may take for its heap, young and old, MB; its own choice depends on the machine. */
  heapMb?: number;
  /** Without V8's inspector, which keeps each line that a Worker logs, with where it came from; then nobody can ask for its heap. */
  isUninspected?: boolean;
  /** Queues hand what they are sent to the Worker's own consumer, instead of dropping it. */
  deliver?: boolean;
}

/** What the configuration expects beside it: the script, the stub, and a folder for Durable Objects. */
export const FILES = { script: 'index.js', stub: 'stub.js', broker: 'broker.js', storage: 'storage' } as const;
// A caller's write ends only when its body was read; a queue's producer fails without these numbers.
const SENT = { metadata: { metrics: { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: 0 } } };
export const STUB = `export default {
  async fetch(request) {
    await request.arrayBuffer();
    return new Response('${JSON.stringify(SENT)}', { status: request.method === 'GET' ? 404 : 200 });
  },
};`;

/** Gives each message to the consumer alone, after the delay it was sent with, and again after the delay the consumer asks for. */
export const BROKER = `export default {
  async fetch(request, { CONSUMER, QUEUE }, ctx) {
    const body = await request.json();
    const id = crypto.randomUUID();
    const deliver = async (attempts) => {
      const { outcome, retryMessages } = await CONSUMER.queue(QUEUE, [{ id, timestamp: new Date(), attempts, body }]);
      const [again] = outcome === 'ok' ? retryMessages : [{ delaySeconds: 1 }];
      if (!again) return;
      await new Promise((done) => setTimeout(done, (again.delaySeconds ?? 0) * 1000));
      await deliver(attempts + 1);
    };
    const delay = Number(request.headers.get('X-Msg-Delay-Secs') ?? 0) * 1000;
    ctx.waitUntil(new Promise((done) => setTimeout(done, delay)).then(() => deliver(1)));
    return new Response('${JSON.stringify(SENT)}');
  },
};`;

// Cap'n Proto quotes text as JSON does, but for control characters, at which workerd refuses to start.
const quoted = (text: string) => JSON.stringify(text);
const list = (items: string[]) => `[${items.join(', ')}]`;

/**
 * A configuration of workerd in which little but the Worker itself takes CPU: KV and the Cache API take what is written and
 * keep nothing, and so do R2 and queues unless told otherwise. KV then answers that there is no such key; reading from R2 fails.
 */
export function workerdConfig(o: WorkerdOptions, storagePath: string): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "${FILES.script}", esModule = embed "${FILES.script}")],
      compatibilityDate = ${quoted(o.compatibilityDate)},
      compatibilityFlags = ${list(o.compatibilityFlags.map(quoted))},
      bindings = ${list(bindingsOf(o))},
      durableObjectNamespaces = ${list(namespacesOf(o))},
      durableObjectStorage = (localDisk = "storage"),
      cacheApiOutbound = "stub",
    )),
    (name = "stub", worker = (
      modules = [(name = "${FILES.stub}", esModule = embed "${FILES.stub}")],
      compatibilityDate = ${quoted(o.compatibilityDate)},
    )),
    ${[...brokersOf(o), ...storesOf(o)].map((each) => `${each},`).join('\n    ')}
    (name = "internet", network = (allow = ["public", "private"])),
    (name = "storage", disk = (path = ${quoted(storagePath)}, writable = true)),
  ],
  v8Flags = ${list(o.heapMb ? [quoted(`--max-heap-size=${o.heapMb}`)] : [])},
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;
}

function bindingsOf(o: WorkerdOptions): string[] {
  const each = (values: object | undefined, field: (value: unknown) => string) =>
    Object.entries(values ?? {}).map(([name, value]) => `(name = ${quoted(name)}, ${field(value)})`);
  return [
    ...each(o.bindings, (value) =>
      typeof value === 'string' ? `text = ${quoted(value)}` : `json = ${quoted(JSON.stringify(value))}`,
    ),
    ...Object.entries(o.durableObjects ?? {}).map(
      ([name, { className }]) => `(name = ${quoted(name)}, durableObjectNamespace = ${quoted(className)})`,
    ),
    ...Object.entries(o.entrypoints ?? {}).map(
      ([name, entrypoint]) => `(name = ${quoted(name)}, service = (name = "main", entrypoint = ${quoted(entrypoint)}))`,
    ),
    ...(o.assets ? [`(name = ${quoted(o.assets.binding)}, service = "assets")`] : []),
    ...each(o.kvNamespaces, () => 'kvNamespace = "stub"'),
    ...each(o.r2Buckets, () => `r2Bucket = ${o.r2Address ? '"r2"' : '"stub"'}`),
    ...Object.keys(o.queueProducers ?? {}).map(
      (name) => `(name = ${quoted(name)}, queue = ${quoted(o.deliver ? name : 'stub')})`,
    ),
  ];
}

const storesOf = ({ r2Address, assets }: WorkerdOptions): string[] => [
  ...(r2Address ? [`(name = "r2", external = (address = ${quoted(r2Address)}, http = ()))`] : []),
  ...(assets ? [`(name = "assets", disk = (path = ${quoted(assets.directory)}))`] : []),
];

/** One for each queue, named as the Worker's binding: what is sent does not say which queue it is for. */
function brokersOf({ deliver, queueProducers, compatibilityDate }: WorkerdOptions): string[] {
  if (!deliver) return [];
  return Object.entries(queueProducers ?? {}).map(
    ([name, { queueName = name }]) => `(name = ${quoted(name)}, worker = (
      modules = [(name = "${FILES.broker}", esModule = embed "${FILES.broker}")],
      compatibilityDate = ${quoted(compatibilityDate)},
      compatibilityFlags = ["service_binding_extra_handlers"],
      bindings = [(name = "CONSUMER", service = "main"), (name = "QUEUE", text = ${quoted(queueName)})],
    ))`,
  );
}

function namespacesOf({ durableObjects = {} }: WorkerdOptions): string[] {
  return Object.values(durableObjects).map(
    ({ className, useSQLite = false }) =>
      `(className = ${quoted(className)}, uniqueKey = ${quoted(className)}, enableSql = ${useSQLite})`,
  );
}
