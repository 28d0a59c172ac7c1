import { EXPORT_TYPES, FORMATS, type Format, type Source } from './export-cases.ts';
import { type Site, until, type Worker } from './site.ts';

/** What to ask for. */
export interface Wanted {
  source: Source;
  format: Format;
  service: string;
  /** Only records up to here (RFC 3339): the exports' own come later. */
  to: string;
}

export interface Exported {
  id: string;
  rows: number;
  bytes: number;
  chunks: Chunk[];
  /** UTC text with microseconds, as ClickHouse takes it. */
  cutoff: string;
  /** From the accepted request to the finished file, by the database's clock. */
  seconds: number;
  /** Of these, from the last chunk to the finished file: reading it back for its hash. */
  sealSeconds: number;
  /** Seconds since the epoch. */
  finishedAt: number;
}

export interface Chunk {
  bytes: number;
  rows: number;
  sha256: string;
  key: string;
  /** When it was committed, seconds since the epoch. */
  at: number;
}

/** More than any export takes that goes on. */
const PATIENCE_MS = 3_600_000;

/** Requests an export over HTTP and waits for it. @throws Error unless it holds exactly what it should */
export async function exportOf(site: Site, worker: Worker, wanted: Wanted): Promise<Exported> {
  return finished(site, await request(site, worker, wanted), wanted);
}

/**
 * Stops a Worker once its audit records are sent on. One that is killed while it sends some keeps them claimed for a minute, and
 * the next Worker's exports would wait for them.
 */
export async function stopWorker({ db }: Site, worker: Worker): Promise<void> {
  const waiting = async () => (await db.query('SELECT FROM audit_outbox WHERE sent_at IS NULL LIMIT 1')).rowCount;
  await until(async () => (await waiting()) === 0, 'the audit records are sent on');
  await worker.stop();
}

/** @returns the export's id */
export async function request(site: Site, worker: Worker, { source, format, service, to }: Wanted): Promise<string> {
  const parameters = { serviceId: service, ...(source === 'clickhouse' && { to }) };
  const asked = { exportType: EXPORT_TYPES[source], ...FORMATS[format], parameters };
  const headers = { Authorization: `Bearer ${site.token}`, 'Content-Type': 'application/json' };
  const body = JSON.stringify(asked);
  const response = await fetch(new URL('/v1/admin/exports', worker.url), { method: 'POST', headers, body });
  const text = await response.text();
  if (response.status !== 202) throw new Error(text);
  return (JSON.parse(text) as { id: string }).id;
}

/** Asks the database, not the API: the round trips and the memory are to be the export's alone. */
export async function finished(site: Site, id: string, wanted: Wanted): Promise<Exported> {
  await until(async () => ENDED.includes((await rowOf(site, id)).status), `export ${id} ends`, PATIENCE_MS);
  const { status, reason, finishedAt, ...row } = await rowOf(site, id);
  if (status !== 'ready' || finishedAt === null) throw new Error(`the export failed: ${reason}`);
  const { rows: chunks } = await site.db.query<Chunk>(
    `SELECT bytes::float8, rows::float8, sha256, object_key AS key, extract(epoch FROM committed_at)::float8 AS at
     FROM admin_export_chunks WHERE export_id = $1 ORDER BY generation, seq`,
    [id],
  );
  const sealSeconds = Math.max(0, finishedAt - (chunks.at(-1)?.at ?? 0));
  const exported = { id, ...row, finishedAt, chunks, sealSeconds };
  await check(site, wanted, exported);
  return exported;
}

const ENDED = ['ready', 'failed', 'expired'];

interface Row extends Omit<Exported, 'id' | 'chunks' | 'sealSeconds' | 'finishedAt'> {
  status: string;
  reason: string | null;
  /** null while it goes on. */
  finishedAt: number | null;
}

export async function rowOf({ db }: Site, id: string): Promise<Row> {
  const { rows } = await db.query<Row>(
    `SELECT status, failure_reason AS reason, rows_done::float8 AS rows, bytes_done::float8 AS bytes,
       to_char(cutoff AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS cutoff,
       extract(epoch FROM finished_at - created_at)::float8 AS seconds, extract(epoch FROM finished_at)::float8 AS "finishedAt"
     FROM admin_exports WHERE id = $1`,
    [id],
  );
  if (!rows[0]) throw new Error(`there is no export ${id}`);
  return rows[0];
}

async function check(site: Site, wanted: Wanted, { id, rows, bytes, chunks, cutoff }: Exported): Promise<void> {
  const expected = await expectedRows(site, wanted, cutoff);
  const sum = (of: 'rows' | 'bytes') => chunks.reduce((total, chunk) => total + chunk[of], 0);
  if (rows !== expected || sum('rows') !== expected) throw new Error(`export ${id} has ${rows} of ${expected} rows`);
  if (sum('bytes') !== bytes) throw new Error(`export ${id} has chunks of ${sum('bytes')} bytes, not ${bytes}`);
}

async function expectedRows({ sql, db }: Site, { source, service, to }: Wanted, cutoff: string): Promise<number> {
  if (source === 'clickhouse')
    return Number(
      await sql(
        `SELECT count() FROM audit_db.admin_audit_logs WHERE service_id = '${service}' AND accepted_at <= toDateTime64('${cutoff}', 6)
          AND timestamp <= parseDateTime64BestEffort('${to}', 3)`,
      ),
    );
  const counted = await db.query('SELECT count(*)::float8 AS rows FROM service_features WHERE service_id = $1', [
    service,
  ]);
  return (counted.rows[0] as { rows: number }).rows;
}
