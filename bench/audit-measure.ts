import { DAY_MS } from './audit-data.ts';
import { type Known, QUESTIONS, type Question, type QuestionName } from './audit-questions.ts';
import type { AuditSite } from './audit-site.ts';
import { cpuMicros } from './process.ts';

/** Of one way of asking: milliseconds of each request, and what they cost all processes that worked on them. */
export interface Asked {
  times: number[];
  /** µs of CPU of one request. */
  cpu: number;
}

export type Size = 'small' | 'large';
export type Measured = Record<QuestionName, Record<Size, { worker: Asked; sql: Asked }>>;

const SEED = 20_261_122;
const WARM_UP = 15;
const PLACES = 10;
const PAGES = 49;
const SAMPLE = 2000;

/** Every question `requests` times: both sizes and both ways in turn, so that a busy moment of the machine meets all of them. */
export async function measureQuestions(
  sites: Record<Size, AuditSite>,
  requests: number,
  progress: (line: string) => void,
): Promise<Measured> {
  const known = { small: await knownOf(sites.small), large: await knownOf(sites.large) };
  const measured: Partial<Measured> = {};
  for (const name of Object.keys(QUESTIONS) as QuestionName[]) {
    measured[name] = await measureOne(name, sites, known, requests);
    const said = (['small', 'large'] as const).map((size) => {
      const { worker, sql } = (measured as Measured)[name][size];
      return `${size} ${summary(worker)}, by hand ${summary(sql)}`;
    });
    progress(`${name}: ${said.join('; ')}`);
  }
  return measured as Measured;
}

const summary = ({ times, cpu }: Asked) =>
  `p50 ${quantile(times, 0.5).toFixed(1)} p95 ${quantile(times, 0.95).toFixed(1)} ms (CPU ${(cpu / 1000).toFixed(1)} ms)`;

/** The smallest time that so many of the requests did not exceed. */
export function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('nothing was measured');
  return value;
}

async function measureOne(
  name: QuestionName,
  sites: Record<Size, AuditSite>,
  known: Record<Size, Known>,
  requests: number,
) {
  const empty = () => ({ worker: { times: [], cpu: 0 }, sql: { times: [], cpu: 0 } });
  const measured: Measured[QuestionName] = { small: empty(), large: empty() };
  for (let n = -WARM_UP; n < requests; n++)
    for (const size of n % 2 === 0 ? (['small', 'large'] as const) : (['large', 'small'] as const)) {
      const question = QUESTIONS[name](known[size]);
      // Whoever comes second finds the caches warm.
      const first = n % 4 < 2 ? 'worker' : 'sql';
      const one = await ask(sites[size], question, first);
      const other = await ask(sites[size], question, first === 'worker' ? 'sql' : 'worker');
      check(name, question, first === 'worker' ? [one.body, other.body] : [other.body, one.body]);
      if (n < 0) continue;
      for (const { way, ms, cpu } of [one, other]) {
        measured[size][way].times.push(ms);
        measured[size][way].cpu += cpu / requests;
      }
    }
  return measured;
}

async function ask({ site, worker }: AuditSite, { path, sql }: Question, way: 'worker' | 'sql') {
  const pids = [site.clickhouse.pid, ...(way === 'worker' ? [worker.pid] : [])];
  const used = () => pids.reduce((sum, pid) => sum + cpuMicros(pid), 0);
  const { user, password } = site.reader;
  const before = used();
  const began = performance.now();
  const response = await (way === 'worker'
    ? fetch(new URL(path, worker.url), { headers: { Authorization: `Bearer ${site.token}` } })
    : fetch(`${site.clickhouse.url}/?session_timezone=UTC&default_format=JSONEachRow`, {
        method: 'POST',
        headers: { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password },
        body: sql,
      }));
  const body = await response.text();
  const ms = performance.now() - began;
  if (response.status !== 200) throw new Error(`${way === 'worker' ? path : sql}: ${body}`);
  return { way, ms, cpu: used() - before, body };
}

/** Both must have found the same. @throws Error */
function check(name: QuestionName, { path, sql }: Question, [answer, rows]: [string, string] | string[]): void {
  const json = JSON.parse(answer ?? '');
  const found = (rows ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const same =
    name === 'histogram'
      ? json.total === found.reduce((sum, { records }) => sum + Number(records), 0)
      : JSON.stringify((json.items ?? [json]).map(idOf)) === JSON.stringify(found.slice(0, 50).map(idOf));
  if (!same)
    throw new Error(`${name}: the answers differ\n${path}\n${sql}\n${answer?.slice(0, 500)}\n${rows?.slice(0, 500)}`);
}

const idOf = (found: { id?: string; entry?: { id: string } }) => found.id ?? found.entry?.id;

async function knownOf(audit: AuditSite): Promise<Known> {
  const { site, end } = audit;
  const lines = async (sql: string) => (await site.sql(`${sql} FORMAT TSV`)).split('\n');
  const random = randomFrom(SEED);
  const ids = await lines(`SELECT id FROM audit_db.admin_audit_logs ORDER BY sipHash64(id) LIMIT ${SAMPLE}`);
  // Sessions are kept for two years.
  const sessions = await lines(`SELECT session_id FROM audit_db.admin_audit_logs
    WHERE timestamp > toDateTime64(${end / 1000}, 3) - INTERVAL 20 MONTH ORDER BY sipHash64(id) LIMIT ${SAMPLE}`);
  const places: Known['places'][number][] = [];
  for (let n = 0; n < PLACES; n++) places.push(await placeBefore(audit, end - Math.floor(random() * 300 * DAY_MS)));
  return { rows: audit.rows, end, random, places, ids, sessions };
}

/** Turns 49 pages over. */
async function placeBefore({ site, worker }: AuditSite, time: number): Promise<Known['places'][number]> {
  const to = new Date(time).toISOString();
  let page: { items: { id: string; timestamp: string }[]; nextCursor: string | null } | undefined;
  for (let n = 0; n < PAGES; n++) {
    const query = new URLSearchParams({ to, ...(page?.nextCursor && { cursor: page.nextCursor }) });
    const headers = { Authorization: `Bearer ${site.token}` };
    const response = await fetch(new URL(`/v1/audit/logs?${query}`, worker.url), { headers });
    page = (await response.json()) as NonNullable<typeof page>;
  }
  const last = page?.items.at(-1);
  if (!page?.nextCursor || !last) throw new Error('there are fewer than fifty pages');
  const timestamp = last.timestamp.replace('T', ' ').replace('Z', '');
  return { cursor: page.nextCursor, to, timestamp, id: last.id };
}

/** Numbers of [0, 1), the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
