import { randomUUID } from 'node:crypto';
import type { ConfigView } from '../domain/services/schema.ts';
import { call } from '../drizzle/client.ts';
import { readConfig } from '../drizzle/repositories/service-config.ts';
import { apiFigures, type Measurements } from './api-figures.ts';
import type { Figure } from './figure.ts';
import { measureLoad, requestText, type Target } from './load.ts';
import { startNeonCounter } from './neon-counter.ts';
import type { Bench } from './run.ts';
import type { Served } from './runtime.ts';
import { type Site, startSite } from './site.ts';
import { serveSmallAlone } from './workerd.ts';

const RUNS = 5;
const SECONDS = 2;
/** Long enough for the engine to have compiled what runs often. */
const WARM_UP_SECONDS = 4;
const CONNECTIONS = 16;
const SEQUENTIAL = 40;

const configPath = (id: string | undefined) => `/v1/admin/services/${id}/config`;
/** Said in turn, each one changes what the other one left. */
const PATCHES = [300, 600].map((rateLimitRequests) => JSON.stringify({ rateLimitRequests }));

/** GET and PATCH of a service's configuration, held against Hono routes that do less with an answer of the same size. */
export async function benchApi(bench: Bench): Promise<void> {
  const { report, runs = RUNS, seconds = SECONDS } = bench;
  const site = await startSite({ ...bench, log: report.progress });
  try {
    for (const figure of await countTrips(site)) report.figure(figure);
    const services = await addServices(site, CONNECTIONS);
    const served = await serveAll(site, services[0], bench);
    try {
      const plan = { runs, seconds, progress: report.progress };
      const measured = await alternate(targetsOf(site, served, services), plan);
      for (const figure of apiFigures(measured)) report.figure(figure);
    } finally {
      await Promise.all(Object.values(served).map((each) => each.stop()));
    }
  } finally {
    await site.stop();
  }
}

type ServedName = 'worker' | 'bare' | 'oneQuery' | 'least';

/** Steward and its yardsticks, each in a workerd of its own. */
async function serveAll(site: Site, service: string | undefined, bench: Bench): Promise<Record<ServedName, Served>> {
  const worker = await site.workerAlone();
  const ANSWER = await get(site, worker.url, service);
  const bare = await serveSmallAlone('hello.ts', { bindings: { ANSWER } }, bench);
  const database = { ANSWER, ENDPOINT: site.neonUrl, DATABASE_URL: site.databaseUrl };
  // As long as the statement behind GET, so that as much is sent.
  const SQL = `SELECT 1 -- ${readConfig.text.replaceAll('\n', ' ')}`;
  const oneQuery = await serveSmallAlone('one-query.ts', { bindings: { ...database, SQL } }, bench);
  // In memory or in SQLite makes no difference to an object that keeps nothing; Steward's are of this kind.
  const durableObjects = { LIMITER: { className: 'Counter', useSQLite: true } };
  const { text, parameters } = statementOf(site, service);
  const bindings = { ...database, SQL: text, PARAMETERS: parameters };
  const least = await serveSmallAlone('least.ts', { bindings, durableObjects }, bench);
  return { worker, bare, oneQuery, least };
}

/** The very statement of GET, asked by the seeded owner. */
function statementOf(site: Site, serviceId = '') {
  return call(readConfig, {
    serviceId,
    subject: site.owner,
    sessionId: randomUUID(),
    issuedAt: Math.floor(Date.now() / 1000),
    permissions: ['services.view'],
    action: 'service.config.read',
    reason: '',
    eventId: randomUUID(),
    eventTime: new Date().toISOString(),
    ipAddress: '::',
    userAgent: 'bench',
    requestId: randomUUID(),
    traceId: '0'.repeat(32),
  });
}

async function addServices({ db }: Site, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await db.query(
    `WITH made AS (INSERT INTO services (id, slug, name) SELECT id, 'bench-' || id, 'Bench' FROM unnest($1::uuid[]) AS id RETURNING id)
     INSERT INTO service_config (id, service_id) SELECT id, id FROM made`,
    [ids],
  );
  return ids;
}

async function get(site: Site, url: string, service: string | undefined): Promise<ConfigView> {
  const response = await fetch(new URL(configPath(service), url), {
    headers: { Authorization: `Bearer ${site.token}` },
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(text);
  return JSON.parse(text);
}

type Name = keyof Measurements;

function targetsOf(
  site: Site,
  { worker, bare, oneQuery, least }: Record<ServedName, Served>,
  services: string[],
): Record<Name, Target> {
  const headers = { Authorization: `Bearer ${site.token}`, 'User-Agent': 'bench' };
  const json = { ...headers, 'Content-Type': 'application/json' };
  const hello = () => [requestText('GET', '/hello', headers)];
  return {
    bare: { ...bare, lane: hello },
    one_query: { ...oneQuery, lane: hello },
    least: { ...least, lane: hello },
    get_config: { ...worker, lane: (i) => [requestText('GET', configPath(services[i]), headers)] },
    patch_config: {
      ...worker,
      lane: (i) => PATCHES.map((body) => requestText('PATCH', configPath(services[i]), json, body)),
    },
  };
}

interface Plan {
  runs: number;
  seconds: number;
  progress: (line: string) => void;
}

async function alternate(targets: Record<Name, Target>, plan: Plan): Promise<Measurements> {
  const measured: Measurements = { bare: [], one_query: [], least: [], get_config: [], patch_config: [] };
  const names = Object.keys(targets) as Name[];
  for (const name of names) await measureLoad(targets[name], WARM_UP_SECONDS);
  for (let run = 1; run <= plan.runs; run++)
    for (const name of names) {
      const one = await measureLoad(targets[name], plan.seconds);
      measured[name].push(one);
      const [p50, p99] = [one.p50Ms.toFixed(1), one.p99Ms.toFixed(1)];
      plan.progress(
        `run ${run} ${name}: ${one.cpuMicros.toFixed(0)} µs, ${one.perSecond.toFixed(0)}/s, p50 ${p50} ms, p99 ${p99} ms`,
      );
    }
  return measured;
}

const TRIPS = {
  unit: 'requests',
  limit: 1,
  limitIs: 'one round trip',
  runs: SEQUENTIAL,
  note: 'the most that any of so many requests, one after the other, sent to Postgres in the role steward_api',
};

/** Says each request alone and counts what reaches Postgres for it. */
async function countTrips(site: Site): Promise<Figure[]> {
  const counter = await startNeonCounter(site.neonUrl);
  const worker = await site.worker({ neonUrl: counter.url });
  const [service] = await addServices(site, 1);
  const headers = { Authorization: `Bearer ${site.token}`, 'Content-Type': 'application/json' };
  const trips = async (method: string, i: number) => {
    const before = counter.of('steward_api');
    const body = method === 'PATCH' ? { body: PATCHES[i % 2] ?? '' } : {};
    const response = await fetch(new URL(configPath(service), worker.url), { method, headers, ...body });
    const text = await response.text();
    if (response.status !== 200) throw new Error(text);
    return { count: counter.of('steward_api') - before, version: JSON.parse(text).version as number };
  };
  try {
    const results = [];
    const first = await trips('GET', 0);
    for (const method of ['GET', 'PATCH']) {
      const answers = [];
      for (let i = 0; i < SEQUENTIAL; i++) answers.push(await trips(method, i));
      const versions = new Set(answers.map(({ version }) => version)).size;
      if (versions !== (method === 'PATCH' ? SEQUENTIAL : 1)) throw new Error(`${method} left ${versions} versions`);
      const value = Math.max(...answers.map(({ count }) => count));
      const note = `${TRIPS.note}; the session’s first request, which taught its guard, made ${first.count}`;
      results.push({ figure: `${method.toLowerCase()}_config.db_round_trips`, value, ...TRIPS, note });
    }
    return results;
  } finally {
    await worker.stop();
    await counter.close();
  }
}
