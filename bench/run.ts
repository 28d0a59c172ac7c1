/** `npm run bench [-- NAME [--runs N] [--rows N] [--seconds N] [--full] [--only A,B]]`: JSON lines on standard output, progress on standard error. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Reaper, startReaper } from '../dev/children.ts';
import { type Report, reportFor } from './figure.ts';

/** What a bench is given. */
export interface Bench {
  report: Report;
  /** Empty; removed afterwards. */
  dataDir: string;
  /** To be called with each child process: none outlives the bench. */
  onChild: (pid: number) => void;
  /** Absent: the bench's own. */
  runs?: number | undefined;
  rows?: number | undefined;
  seconds?: number | undefined;
  /** The whole size, however long it takes, instead of what shows in two minutes. */
  full?: boolean;
  /** Some of what the bench measures, by the beginning of its figures' names. */
  only?: string[] | undefined;
}

const BENCHES: Record<string, { about: string; load(): Promise<(bench: Bench) => Promise<void>> }> = {
  export: {
    about:
      'exports in every format from ClickHouse and Postgres (--full: 10 and 1 million rows; --only csv.clickhouse,fair): rows/s against curl and R2, CPU, memory, downloads, fairness',
    load: async () => (await import('./export.ts')).benchExport,
  },
  gate: {
    about:
      'checks at the gate at 16 connections: CPU and checks/s against a bare Hono route and Cloudflare’s own rate limiter',
    load: async () => (await import('./gate.ts')).benchGate,
  },
  api: {
    about: 'reading and changing a configuration at 16 connections: CPU and requests/s against a bare Hono route',
    load: async () => (await import('./api.ts')).benchApi,
  },
  tree: {
    about: 'a tree of 1,000 features through the Worker: time against raw SQL through the same front, CPU',
    load: async () => (await import('./tree.ts')).benchTree,
  },
  audit: {
    about:
      'finding audit records among 2 and 20 million (--rows), 200 requests a question (--runs): time against bare SQL, growth',
    load: async () => (await import('./audit.ts')).benchAudit,
  },
  operations: {
    about:
      'ending 100,000 sessions (--rows) as one operation: time to the last refusal, items/s against one UPDATE, the API meanwhile, planning',
    load: async () => (await import('./operations.ts')).benchOperations,
  },
  observability: {
    about:
      'what the instrumentation costs a request, health while a dependency hangs, a scrape of 2,000 series, notifications (--only request,scrape)',
    load: async () => (await import('./observability.ts')).benchObservability,
  },
  web: {
    about:
      'the admin UI in a real Chromium: what it weighs, LCP, TBT and CLS on a slow processor, a table of 100,000 rows (--rows; --only first_load,route)',
    load: async () => (await import('./web.ts')).benchWeb,
  },
};

const say = (line: string) => void process.stdout.write(`${line}\n`);
const complain = (line: string) => void process.stderr.write(`${line}\n`);

function parse(argv: string[]) {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { runs: text, rows: text, seconds: text, only: text, full: { type: 'boolean', default: false } },
  });
  const [name, ...rest] = positionals;
  if (rest.length > 0) throw new Error(`one bench at a time, not also ${rest.join(', ')}`);
  const whole = (text: string | undefined) => {
    if (text !== undefined && !/^[1-9]\d{0,8}$/.test(text)) throw new Error(`${text} is not a whole number above 0`);
    return text === undefined ? undefined : Number(text);
  };
  const { full, only } = values;
  const numbers = { runs: whole(values.runs), rows: whole(values.rows), seconds: whole(values.seconds) };
  return { name, ...numbers, full, only: only?.split(',') };
}

async function run(name: string, o: Omit<Bench, 'report' | 'dataDir' | 'onChild'>, reaper: Reaper, dataDir: string) {
  const bench = await BENCHES[name]?.load();
  // Libraries print to the console; standard output belongs to the figures.
  console.log = console.info = console.error;
  await bench?.({ ...o, report: reportFor(name), dataDir, onChild: reaper.watch });
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

let stopping = false;

function onSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const name of SIGNALS)
    process.on(name, () => {
      stopping = true;
      process.on('uncaughtException', () => undefined);
      resolve();
    });
  // Miniflare brings a listener that exits on the first signal, which would cut our stop short.
  process.on('newListener', (name, listener) => {
    if (SIGNALS.some((signal) => signal === name)) process.nextTick(() => process.removeListener(name, listener));
  });
  return promise;
}

async function main(): Promise<number> {
  let args: ReturnType<typeof parse>;
  try {
    args = parse(process.argv.slice(2));
  } catch (error) {
    complain(`bench: ${error instanceof Error ? error.message : error}`);
    return 2;
  }
  const { name, ...o } = args;
  if (name === undefined) {
    for (const [each, { about }] of Object.entries(BENCHES)) say(`${each.padEnd(13)} ${about}`);
    return 0;
  }
  if (!Object.hasOwn(BENCHES, name)) {
    complain(`bench: there is no "${name}"; there is ${Object.keys(BENCHES).join(' and ')}`);
    return 2;
  }
  const dataDir = mkdtempSync(join(tmpdir(), `steward-bench-${name}-`));
  const reaper = startReaper(randomUUID());
  let finished: Promise<void> | undefined;
  const finish = () => {
    finished ??= reaper.endAll().then(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 }));
    return finished;
  };
  const stopped = onSignal().then(() => finish().then(() => 130));
  return Promise.race([stopped, finishing(run(name, o, reaper, dataDir), stopped, finish, name)]);
}

/** Its exit code. What fails because a signal ended the engines is no failure of the bench. */
async function finishing(work: Promise<void>, stopped: Promise<number>, finish: () => Promise<void>, name: string) {
  try {
    await work;
    return 0;
  } catch (error) {
    if (stopping) return stopped;
    complain(`bench ${name}: ${error instanceof Error ? error.stack : error}`);
    return 1;
  } finally {
    await finish();
  }
}

process.exit(await main());
