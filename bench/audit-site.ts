import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeAuditYears } from './audit-data.ts';
import { writeSessionYears } from './audit-session-data.ts';
import type { Bench } from './run.ts';
import { type Site, startSite, until, type Worker } from './site.ts';

/** Engines that hold so many audit records, and a Worker on them. */
export interface AuditSite {
  rows: number;
  site: Site;
  worker: Worker;
  /** The newest record is not younger; milliseconds. */
  end: number;
  stop(): Promise<void>;
}

const CACHE = join(tmpdir(), 'steward-bench-audit');
const MIGRATIONS = join(import.meta.dirname, '..', 'clickhouse', 'migrations');
const SETTLED_MS = 3_600_000;

/**
 * Opens engines with `rows` records of three years. They are written once, into a folder of their own below the system's folder
 * for temporary files, and found there the next time; whoever wants the space back deletes it.
 */
export async function openAuditSite({ report, onChild }: Bench, rows: number): Promise<AuditSite> {
  const dataDir = join(CACHE, `${rows}-${await version()}`);
  const written = join(dataDir, 'written.json');
  report.progress(`${rows} records: ${existsSync(written) ? 'found' : 'to be written'} in ${dataDir}`);
  // Gigabytes that nothing would find again.
  if (!existsSync(written)) await rmEach(`${rows}-`);
  await mkdir(dataDir, { recursive: true });
  const site = await startSite({ dataDir, onChild, log: () => undefined });
  try {
    if (!existsSync(written)) {
      const end = Date.now() - 3_600_000;
      const began = performance.now();
      await writeAuditYears(site.sql, rows, end);
      await writeSessionYears(site.sql, rows, end);
      report.progress(`${rows} records written in ${Math.round((performance.now() - began) / 1000)} s`);
      await writeFile(written, JSON.stringify({ end }));
    }
    await settled(site);
    const { end } = JSON.parse(await readFile(written, 'utf8')) as { end: number };
    const worker = await site.workerAlone();
    return { rows, site, worker, end, stop: () => worker.stop().then(() => site.stop()) };
  } catch (error) {
    await site.stop();
    throw error;
  }
}

async function rmEach(prefix: string): Promise<void> {
  const names = await readdir(CACHE).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(prefix)))
    await rm(join(CACHE, name), { recursive: true, force: true });
}

/** Of the data: other generators or tables make other data. */
async function version(): Promise<string> {
  const files = ['audit-data.ts', 'audit-session-data.ts'].map((name) => join(import.meta.dirname, name));
  const migrations = (await readdir(MIGRATIONS)).sort().map((name) => join(MIGRATIONS, name));
  const hash = createHash('sha256');
  for (const file of [...files, ...migrations]) hash.update(await readFile(file));
  return hash.digest('hex').slice(0, 12);
}

/** As a table is some time after its inserts: in parts of its own choosing, but with no merge or mutation at work. */
async function settled({ sql }: Site): Promise<void> {
  const working = `SELECT (SELECT count() FROM system.merges) + (SELECT count() FROM system.mutations WHERE NOT is_done)`;
  let idle = 0;
  await until(
    async () => {
      idle = (await sql(working)) === '0' ? idle + 1 : 0;
      return idle > 20;
    },
    'merges end',
    SETTLED_MS,
  );
}
