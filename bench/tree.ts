import { randomUUID } from 'node:crypto';
import { type Figure, median, medianOf } from './figure.ts';
import { cpuMicros } from './process.ts';
import type { Bench } from './run.ts';
import { type Site, startSite } from './site.ts';
import { serveSmallAlone } from './workerd.ts';

const RUNS = 5;
const REQUESTS = 100;
/** Long enough for the engine to have compiled what runs often. */
const WARM_UP = 300;
const FEATURES = 1000;
const CHILDREN = 3;

/** Who is asked, as often as is said, one request after the other. */
interface Target {
  ask(): Promise<string>;
  /** The process whose CPU counts. */
  pid?: number;
}

interface Measured {
  ms: number;
  cpuMicros: number;
}

type Name = 'tree' | 'raw' | 'one_query';

/** A service's tree of 1,000 features through the Worker, against the rows of the same table through the same front. */
export async function benchTree(bench: Bench): Promise<void> {
  const { report, runs = RUNS } = bench;
  const site = await startSite({ ...bench, log: report.progress });
  try {
    const service = await plant(site);
    const worker = await site.workerAlone();
    const treeUrl = new URL(`/v1/admin/services/${service}/features`, worker.url).href;
    const get = (url: string) => answered(url, { headers: { Authorization: `Bearer ${site.token}` } });
    const ANSWER = JSON.parse(await get(treeUrl));
    if (ANSWER.items.length !== FEATURES) throw new Error(`the tree has ${ANSWER.items.length} features`);
    const SQL = `SELECT * FROM service_features WHERE service_id = '${service}'`;
    const bindings = { ANSWER, SQL, ENDPOINT: site.neonUrl, DATABASE_URL: site.databaseUrl };
    const oneQuery = await serveSmallAlone('one-query.ts', { bindings }, bench);
    try {
      const measured = await alternate(
        {
          tree: { ask: () => get(treeUrl), pid: worker.pid },
          raw: { ask: () => rows(site, SQL) },
          one_query: { ask: () => get(new URL('/hello', oneQuery.url).href), pid: oneQuery.pid },
        },
        runs,
        report.progress,
      );
      for (const figure of treeFigures(measured)) report.figure(figure);
    } finally {
      await Promise.all([worker.stop(), oneQuery.stop()]);
    }
  } finally {
    await site.stop();
  }
}

/** Seven levels, three features below each, with texts as long as people write them. */
async function plant({ db }: Site): Promise<string> {
  const service = randomUUID();
  const ids = Array.from({ length: FEATURES }, () => randomUUID());
  const parents = ids.map((_, i) => (i < CHILDREN ? null : ids[Math.floor(i / CHILDREN) - 1]));
  await db.query(`INSERT INTO services (id, slug, name) VALUES ($1::uuid, 'tree-' || $1::uuid, 'Tree')`, [service]);
  await db.query(
    `INSERT INTO service_features (id, service_id, parent_id, name, code, description, category, is_active, display_order, created_by)
     SELECT id, $1, parent, 'Feature number ' || nr, 'area.feature-' || nr, repeat('What it does. ', 5), 'checkout', nr % 5 <> 0, nr % 7, $1
     FROM unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY AS f (id, parent, nr)`,
    [service, ids, parents],
  );
  await db.query('ANALYZE service_features');
  return service;
}

async function answered(url: string, init: RequestInit): Promise<string> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (response.status !== 200) throw new Error(text);
  return text;
}

/** As the production driver asks, without the driver. */
function rows({ neonUrl, databaseUrl }: Site, query: string): Promise<string> {
  const headers = {
    'Neon-Connection-String': databaseUrl,
    'Neon-Raw-Text-Output': 'true',
    'Neon-Array-Mode': 'true',
  };
  return answered(neonUrl, { method: 'POST', headers, body: JSON.stringify({ query, params: [] }) });
}

async function measure({ ask, pid }: Target, requests: number): Promise<Measured> {
  const before = pid ? cpuMicros(pid) : 0;
  const times: number[] = [];
  for (let i = 0; i < requests; i++) {
    const start = performance.now();
    await ask();
    times.push(performance.now() - start);
  }
  return { ms: median(times), cpuMicros: pid ? (cpuMicros(pid) - before) / requests : 0 };
}

async function alternate(targets: Record<Name, Target>, runs: number, progress: (line: string) => void) {
  const measured: Record<Name, Measured[]> = { tree: [], raw: [], one_query: [] };
  const names = Object.keys(targets) as Name[];
  for (const name of names) await measure(targets[name], WARM_UP);
  for (let run = 1; run <= runs; run++)
    for (const name of names) {
      const one = await measure(targets[name], REQUESTS);
      measured[name].push(one);
      progress(`run ${run} ${name}: ${one.ms.toFixed(2)} ms, ${one.cpuMicros.toFixed(0)} µs of CPU`);
    }
  return measured;
}

function treeFigures(measured: Record<Name, Measured[]>): Figure[] {
  const runs = measured.tree.length;
  const ms = (name: Name) => medianOf(measured[name], (one) => one.ms);
  const cpu = (name: Name) => medianOf(measured[name], (one) => one.cpuMicros);
  return [
    {
      figure: 'tree_1000.ms',
      value: ms('tree'),
      unit: 'ms',
      limit: ms('raw'),
      limitIs: 'SELECT * of the same rows through the same front of the database, without the Worker',
      runs,
      note: `one request after the other, ${REQUESTS} a run; wanted: at most 3`,
    },
    {
      figure: 'tree_1000.cpu_us',
      value: cpu('tree'),
      unit: 'µs',
      limit: cpu('one_query'),
      limitIs: 'a Hono route that only sends that SELECT, reads its JSON and answers as many bytes, same runtime',
      runs,
      note: 'CPU of workerd, without Miniflare',
    },
  ];
}
