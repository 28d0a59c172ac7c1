import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Figure, medianOf } from './figure.ts';
import { portOf } from './observability-receiver.ts';
import type { Bench } from './run.ts';
import type { Site, Worker } from './site.ts';

const RUNS = 3;
const SECONDS = 30;
const CONNECTIONS = 4;
/** Of each connection: 20 requests a second in all. */
const EVERY_MS = 200;
/** HEALTH_PROBE_MS, unless it is set. */
const LOOK_MS = 1000;

interface Asked {
  /** Sorted; from when a request was due to the end of its answer. */
  times: number[];
  /** Of a Worker that nobody has asked before. */
  first: number;
  /** Looks at ClickHouse that the answers told of, by status. */
  clickhouse: Record<string, number>;
}

/** `GET /v1/system/health` while ClickHouse accepts and never answers, and while nothing hangs. */
export async function measureHealth(site: Site, bench: Bench): Promise<Figure[]> {
  const { report, runs = RUNS, seconds = SECONDS } = bench;
  const hole = await startHole();
  const measured: { hanging: Asked[]; well: Asked[] } = { hanging: [], well: [] };
  try {
    for (let run = 1; run <= runs; run++)
      for (const name of ['well', 'hanging'] as const) {
        const vars: Record<string, string> = name === 'hanging' ? { CLICKHOUSE_URL: hole.url } : {};
        const asked = await askFresh(site, vars, seconds);
        measured[name].push(asked);
        report.progress(
          `run ${run} ${name}: ${asked.times.length} requests, p99 ${at(asked, 0.99).toFixed(1)} ms, longest ${at(asked, 1).toFixed(1)} ms, first ${asked.first.toFixed(0)} ms`,
        );
      }
  } finally {
    await hole.stop();
  }
  return healthFigures(measured.hanging, measured.well);
}

/** Accepts connections and never says a word. */
async function startHole() {
  const server = createServer((socket) => socket.on('error', () => undefined).resume());
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    // What it holds open goes with the Workers.
    stop: () => new Promise((closed) => server.close(closed)),
  };
}

async function askFresh(site: Site, vars: Record<string, string>, seconds: number): Promise<Asked> {
  const worker = await site.worker({ vars });
  try {
    const asked: Asked = { times: [], first: 0, clickhouse: {} };
    asked.first = await ask(site, worker, asked, performance.now());
    const end = performance.now() + seconds * 1000;
    const connections = Array.from({ length: CONNECTIONS }, async (_, i) => {
      // Each a little after the one before. A late answer delays the next request, whose time began when it was due.
      for (let due = end - seconds * 1000 + (i * EVERY_MS) / CONNECTIONS; due < end; due += EVERY_MS) {
        await sleep(Math.max(0, due - performance.now()));
        asked.times.push(await ask(site, worker, asked, due));
      }
    });
    await Promise.all(connections);
    asked.times.sort((a, b) => a - b);
    return asked;
  } finally {
    await worker.stop();
  }
}

async function ask(site: Site, worker: Worker, { clickhouse }: Asked, due: number): Promise<number> {
  const response = await fetch(new URL('/v1/system/health', worker.url), {
    headers: { Authorization: `Bearer ${site.token}` },
  });
  const text = await response.text();
  const took = performance.now() - due;
  if (response.status !== 200) throw new Error(text);
  const { components } = JSON.parse(text) as { components: { name: string; status: string }[] };
  const status = components.find(({ name }) => name === 'clickhouse')?.status ?? 'missing';
  clickhouse[status] = (clickhouse[status] ?? 0) + 1;
  return took;
}

const at = ({ times }: Asked, part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;

/** @throws Error when ClickHouse was not seen as it was: the figures would be of something else */
function healthFigures(hanging: Asked[], well: Asked[]): Figure[] {
  const seen = (runs: Asked[]) => [...new Set(runs.flatMap(({ clickhouse }) => Object.keys(clickhouse)))].join(', ');
  if (seen(hanging) !== 'down' || seen(well).includes('down'))
    throw new Error(`ClickHouse was seen as ${seen(hanging)} while it hung, and as ${seen(well)} before`);
  const p = (runs: Asked[], part: number) => medianOf(runs, (one) => at(one, part));
  const requests = hanging.reduce((sum, { times }) => sum + times.length, 0);
  const waits = (runs: Asked[]) =>
    `p50 ${p(runs, 0.5).toFixed(1)} ms, longest of all ${Math.max(...runs.map((one) => at(one, 1))).toFixed(0)} ms, first answer of a fresh Worker ${medianOf(runs, ({ first }) => first).toFixed(0)} ms`;
  const figure = {
    figure: 'health.p99_ms_one_hanging',
    value: p(hanging, 0.99),
    unit: 'ms',
    runs: hanging.length,
    note: `ClickHouse accepts and never answers: ${waits(hanging)}; nothing hanging: ${waits(well)}; ${CONNECTIONS} connections, 20 requests a second, ${requests} in all, none failed; timed from when a request was due`,
  };
  return [
    { ...figure, limit: p(well, 0.99), limitIs: 'p99 with nothing hanging, same run' },
    {
      ...figure,
      figure: 'health.vs_one_look',
      limit: LOOK_MS,
      limitIs: 'the most that a look at one dependency takes',
      note: 'p99 of health.p99_ms_one_hanging',
    },
  ];
}
