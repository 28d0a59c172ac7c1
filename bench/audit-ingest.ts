import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from './audit-measure.ts';
import { type Figure, medianOf } from './figure.ts';
import type { Bench } from './run.ts';
import { type Site, startSite, until, type Worker } from './site.ts';

const EVENTS = 60_000;
const PER_REQUEST = 100;
const SENDERS = 8;
const ROUNDS = 3;
const BULK = 10_000;
/** At a pace the queue does not build up at: what one event waits, not how long the line is. */
const PACED_REQUESTS = 200;
const PACE_MS = 50;
const POLL_MS = 20;
const TABLE = 'audit_db.admin_ui_events';

/** From POST /v1/otlp/v1/logs until ClickHouse shows the events: as fast as it goes, and one by one. */
export async function ingestFigures({ report, dataDir, onChild }: Bench): Promise<Figure[]> {
  const site = await startSite({ dataDir, onChild, log: report.progress });
  await site.db.query(
    `INSERT INTO grants (id, admin_id, role_id) SELECT gen_random_uuid(), a.id, r.id FROM admins a, roles r
      WHERE a.subject = $1 AND r.name = 'telemetry'`,
    [site.owner],
  );
  // With Miniflare's queues, which gather batches as Cloudflare's do.
  const worker = await site.worker();
  try {
    await load(site, worker, EVENTS / 10);
    const rounds: Round[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const through = await load(site, worker, EVENTS);
      const rows = await rowsOf(site);
      const one = {
        through,
        alike: await insertStraight(site, rows, PER_REQUEST),
        bulk: await insertStraight(site, rows, BULK),
      };
      rounds.push(one);
      const said = Object.entries(one).map(([name, rate]) => `${name} ${rate.toFixed(0)}/s`);
      report.progress(`ingest ${round}: ${said.join(', ')}`);
    }
    const waits = await pace(site, worker);
    return figuresOf(rounds, waits);
  } finally {
    await worker.stop();
    await site.stop();
  }
}

/** Rows a second: through the Worker, and straight into the table in inserts as large as a request, and in large ones. */
interface Round {
  through: number;
  alike: number;
  bulk: number;
}

function figuresOf(rounds: Round[], waits: number[]): Figure[] {
  const note = `${EVENTS} events in OTLP JSON, ${PER_REQUEST} a request, ${SENDERS} at once, until all can be queried`;
  const rate = (figure: string, limit: 'alike' | 'bulk', limitIs: string, wanted = ''): Figure => ({
    figure,
    value: medianOf(rounds, ({ through }) => through),
    unit: '/s',
    limit: medianOf(rounds, (round) => round[limit]),
    limitIs: `the same rows straight into the same table, ${limitIs}`,
    runs: rounds.length,
    note: `${note}${wanted}`,
  });
  return [
    rate(
      'ingest.rows_per_s',
      'alike',
      `${PER_REQUEST} an insert, ${SENDERS} at once, as the requests come`,
      '; wanted: at least 0.5',
    ),
    rate('ingest.vs_bulk', 'bulk', `${BULK} an insert, one after the other`),
    {
      figure: 'ingest.p99_ms',
      value: quantile(waits, 0.99),
      unit: 'ms',
      limit: 1000,
      limitIs: 'what the queue itself waits for a batch to fill (max_batch_timeout)',
      runs: waits.length,
      note: `from the answer until the request's events can be queried, median ${quantile(waits, 0.5).toFixed(0)} ms`,
    },
  ];
}

/** An ExportLogsServiceRequest; `mark` becomes the component's name, by which its events are found. */
function logs(mark: string, count: number): string {
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const record = (n: number) => ({
    timeUnixNano: `${Date.now()}000000`,
    severityNumber: 9,
    eventName: 'app.widget.click',
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    attributes: [
      text('app.widget.name', mark),
      text('url.path', `/services/${n}/config`),
      { key: 'app.screen.coordinate.x', value: { intValue: String(n * 7) } },
      { key: 'app.screen.coordinate.y', value: { intValue: String(n * 3) } },
    ],
  });
  const logRecords = Array.from({ length: count }, (_, n) => record(n));
  const resource = { attributes: [text('service.name', 'web-admin'), text('service.version', '1.2.3')] };
  return JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ scope: { name: 'bench' }, logRecords }] }] });
}

async function send({ token }: Site, worker: Worker, mark: string): Promise<void> {
  const response = await fetch(new URL('/v1/otlp/v1/logs', worker.url), {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: logs(mark, PER_REQUEST),
  });
  const body = await response.text();
  if (response.status !== 200 || body.includes('rejected')) throw new Error(body);
}

const countOf = async ({ sql }: Site) => Number(await sql(`SELECT count() FROM ${TABLE} FORMAT TSV`));

/** @returns events a second, from the first request until the last event can be queried */
async function load(site: Site, worker: Worker, events: number): Promise<number> {
  const before = await countOf(site);
  const began = performance.now();
  let left = events / PER_REQUEST;
  const sender = async () => {
    while (left-- > 0) await send(site, worker, 'load');
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  await until(async () => (await countOf(site)) >= before + events, 'every event can be queried');
  const seconds = (performance.now() - began) / 1000;
  const stored = (await countOf(site)) - before;
  if (stored !== events) throw new Error(`${stored} rows of ${events} events`);
  return events / seconds;
}

/** What the last load stored, as JSON lines. */
const rowsOf = async ({ sql }: Site) =>
  (
    await sql(
      `SELECT * FROM ${TABLE} WHERE component_name = 'load' ORDER BY accepted_at DESC LIMIT ${EVENTS} FORMAT JSONEachRow`,
    )
  ).split('\n');

/** The same rows into the same table, emptied. @returns rows a second */
async function insertStraight(site: Site, rows: readonly string[], size: number): Promise<number> {
  await site.sql(`TRUNCATE TABLE ${TABLE}`);
  const began = performance.now();
  let at = 0;
  const inserter = async () => {
    while (at < rows.length) {
      const lines = rows.slice(at, at + size).join('\n');
      at += size;
      await site.sql(
        `INSERT INTO ${TABLE} SETTINGS insert_deduplicate = 0, async_insert = 0 FORMAT JSONEachRow\n${lines}`,
      );
    }
  };
  await Promise.all(Array.from({ length: size === BULK ? 1 : SENDERS }, inserter));
  const seconds = (performance.now() - began) / 1000;
  if ((await countOf(site)) !== rows.length) throw new Error('not every row was inserted');
  return rows.length / seconds;
}

/** @returns milliseconds from each request's answer until its events can be queried */
async function pace(site: Site, worker: Worker): Promise<number[]> {
  const answered = new Map<string, number>();
  const waits: number[] = [];
  let sent = 0;
  const sending = (async () => {
    for (; sent < PACED_REQUESTS; sent++) {
      const mark = `paced-${sent}`;
      await send(site, worker, mark);
      answered.set(mark, performance.now());
      await sleep(PACE_MS);
    }
  })();
  const seen = new Set<string>();
  while (sent < PACED_REQUESTS || seen.size < PACED_REQUESTS) {
    const now = await site.sql(
      `SELECT DISTINCT component_name FROM ${TABLE} WHERE component_name LIKE 'paced-%' FORMAT TSV`,
    );
    for (const mark of now.split('\n').filter((each) => each !== '' && !seen.has(each))) {
      seen.add(mark);
      // Seen before the sender was told so: it waited for nothing.
      waits.push(performance.now() - (answered.get(mark) ?? performance.now()));
    }
    await sleep(POLL_MS);
  }
  await sending;
  return waits;
}
