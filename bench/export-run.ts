import { fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuMicros, type Memory, memory, watchPeak } from './process.ts';
import { type Site, until, type Worker } from './site.ts';

export interface Exported {
  id: string;
  rows: number;
  bytes: number;
  chunks: { bytes: number; rows: number; sha256: string }[];
  /** UTC text with microseconds, as ClickHouse takes it. */
  cutoff: string;
  /** From the accepted request to the finished file, by the database's clock. */
  seconds: number;
}

export interface MeasuredExport extends Exported {
  /** workerd's peak during the export above its idle after the warm-up, MB. */
  above: Memory;
  roundTrips: number;
  /** CPU seconds of workerd. */
  cpu: number;
  /** MB that the Worker's isolate holds afterwards, garbage collected; 0 when nobody asked. */
  held: number;
}

/** One export on a workerd of its own with Miniflare's simulators in it, warmed up by an export of `warmUp`, a service with few records. */
export async function measureSimulated(site: Site, service: string, warmUp: string): Promise<MeasuredExport> {
  const worker = await site.worker();
  try {
    await download(site, worker, await exportOf(site, worker, warmUp));
    return await measure(site, worker, service, memory(worker.pid));
  } finally {
    await worker.stop();
  }
}

/** Exports of `services`, one after the other, on one workerd without simulators; R2 is another process. */
export async function measureWorker(site: Site, services: string[], warmUp: string): Promise<MeasuredExport[]> {
  const folder = join(site.dataDir, 'sink');
  const sink = fork(fileURLToPath(new URL('./r2-sink.ts', import.meta.url)), [folder], { execArgv: [] });
  try {
    const port = await new Promise<number>((done, fail) => {
      sink.once('message', done);
      sink.once('exit', (code) => fail(new Error(`the R2 sink ended with ${code}`)));
    });
    const worker = await site.workerAlone({ r2Address: `127.0.0.1:${port}`, deliver: true });
    try {
      await exportOf(site, worker, warmUp);
      const idle = memory(worker.pid);
      const measured: MeasuredExport[] = [];
      for (const service of services) {
        const one = await measure(site, worker, service, idle);
        measured.push({ ...one, held: (await worker.heldMb?.()) ?? 0 });
      }
      return measured;
    } finally {
      await worker.stop();
    }
  } finally {
    sink.disconnect();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(site: Site, worker: Worker, service: string, idle: Memory): Promise<MeasuredExport> {
  const trips = site.roundTrips();
  const peakOf = watchPeak(worker.pid);
  const cpuBefore = cpuMicros(worker.pid);
  const exported = await exportOf(site, worker, service);
  const cpu = (cpuMicros(worker.pid) - cpuBefore) / 1e6;
  const peak = peakOf();
  const roundTrips = site.roundTrips() - trips;
  const above = { rss: peak.rss - idle.rss, anonymous: peak.anonymous - idle.anonymous };
  return { ...exported, above, roundTrips, cpu, held: 0 };
}

/** Requests an export over HTTP and waits for it. @throws Error unless it holds exactly what it should */
export async function exportOf(site: Site, worker: Worker, service: string): Promise<Exported> {
  const body = JSON.stringify({ exportType: 'audit_logs', parameters: { serviceId: service } });
  const headers = { Authorization: `Bearer ${site.token}`, 'Content-Type': 'application/json' };
  const response = await fetch(new URL('/v1/admin/exports', worker.url), { method: 'POST', headers, body });
  const text = await response.text();
  if (response.status !== 202) throw new Error(text);
  const { id } = JSON.parse(text) as { id: string };
  // Asking the database, not the API: the round trips and the memory are to be the export's alone.
  await until(async () => ['ready', 'failed'].includes((await rowOf(site, id)).status), `export ${id} ends`);
  const row = await rowOf(site, id);
  if (row.status !== 'ready') throw new Error(`the export failed: ${row.reason}`);
  const { rows: chunks } = await site.db.query<Exported['chunks'][number]>(
    'SELECT bytes::float8, rows::float8, sha256 FROM admin_export_chunks WHERE export_id = $1 ORDER BY seq',
    [id],
  );
  const exported = { id, chunks, rows: row.rows, bytes: row.bytes, cutoff: row.cutoff, seconds: row.seconds };
  await check(site, service, exported);
  return exported;
}

interface Row {
  status: string;
  reason: string | null;
  rows: number;
  bytes: number;
  cutoff: string;
  seconds: number;
}

async function rowOf({ db }: Site, id: string): Promise<Row> {
  const { rows } = await db.query<Row>(
    `SELECT status, failure_reason AS reason, rows_done::float8 AS rows, bytes_done::float8 AS bytes,
       to_char(cutoff AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS cutoff,
       extract(epoch FROM finished_at - created_at)::float8 AS seconds
     FROM admin_exports WHERE id = $1`,
    [id],
  );
  if (!rows[0]) throw new Error(`there is no export ${id}`);
  return rows[0];
}

async function check({ sql }: Site, service: string, { id, rows, bytes, chunks, cutoff }: Exported): Promise<void> {
  const expected = Number(
    await sql(
      `SELECT count() FROM audit_db.admin_audit_logs WHERE service_id = '${service}' AND accepted_at <= toDateTime64('${cutoff}', 6)`,
    ),
  );
  const sum = (of: 'rows' | 'bytes') => chunks.reduce((total, chunk) => total + chunk[of], 0);
  if (rows !== expected || sum('rows') !== expected) throw new Error(`export ${id} has ${rows} of ${expected} rows`);
  if (sum('bytes') !== bytes) throw new Error(`export ${id} has chunks of ${sum('bytes')} bytes, not ${bytes}`);
}

/** Downloads a finished export by its link. @throws Error unless it is as long, and has as many lines, as it should */
export async function download(site: Site, worker: Worker, { id, rows, bytes }: Exported): Promise<void> {
  const headers = { Authorization: `Bearer ${site.token}` };
  const view = (await (await fetch(new URL(`/v1/admin/exports/${id}`, worker.url), { headers })).json()) as {
    downloadUrl: string;
  };
  const { pathname, search } = new URL(view.downloadUrl);
  const response = await fetch(new URL(pathname + search, worker.url));
  if (!response.ok || !response.body) throw new Error(await response.text());
  const counted = { bytes: 0, lines: 0 };
  for await (const part of response.body) {
    counted.bytes += part.length;
    for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) counted.lines += 1;
  }
  if (counted.bytes !== bytes || counted.lines !== rows + 1)
    throw new Error(`the download has ${counted.bytes} bytes and ${counted.lines} lines, not ${bytes} and ${rows + 1}`);
}
