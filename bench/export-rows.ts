import { randomUUID } from 'node:crypto';
import { settle, writeAuditRows } from './audit-rows.ts';
import type { Plan, Source } from './export-cases.ts';
import { writeFeatures } from './export-features.ts';
import type { Site } from './site.ts';

export const WARM_UP_ROWS = 1_000;
export const SMALL_ROWS = 100;

/** Services with exactly so many rows, by source. */
export interface Stock {
  service(source: Source, rows: number): string;
  /** All of them are older. */
  to: string;
}

/** Writes what the plan needs. @returns where it is */
export async function stock(site: Site, plan: Plan): Promise<Stock> {
  const wanted: Record<Source, Set<number>> = { clickhouse: new Set([WARM_UP_ROWS]), postgres: new Set() };
  for (const { name, source, rows } of plan.cases) {
    wanted[source].add(rows);
    if (name === 'csv.clickhouse') wanted.clickhouse.add(plan.tenth);
  }
  if (plan.parts.includes('download')) wanted.clickhouse.add(plan.downloadRows);
  if (plan.parts.includes('handover') || plan.parts.includes('fair')) wanted.clickhouse.add(plan.rows);
  if (plan.parts.includes('fair')) wanted.clickhouse.add(SMALL_ROWS);
  const services = new Map<string, string>();
  for (const source of ['clickhouse', 'postgres'] as const)
    for (const rows of wanted[source]) {
      const id = await addService(site);
      services.set(`${source} ${rows}`, id);
      await (source === 'clickhouse' ? writeAuditRows(site, id, rows) : writeFeatures(site, id, rows));
    }
  await settle(site);
  await site.db.query('VACUUM ANALYZE service_features');
  await recordCommits(site);
  return {
    to: new Date().toISOString(),
    service: (source, rows) => {
      const id = services.get(`${source} ${rows}`);
      if (!id) throw new Error(`no service has ${rows} rows in ${source}`);
      return id;
    },
  };
}

async function addService({ db }: Site): Promise<string> {
  const id = randomUUID();
  await db.query(
    `WITH made AS (INSERT INTO services (id, slug, name) VALUES ($1, $2, 'Bench') RETURNING id)
     INSERT INTO service_config (id, service_id) SELECT id, id FROM made`,
    [id, `bench-${id}`],
  );
  return id;
}

/** Steward has no use for when a chunk was committed; a measurement has, and the database is its own. */
async function recordCommits({ db }: Site): Promise<void> {
  await db.query(
    'ALTER TABLE admin_export_chunks ADD COLUMN committed_at timestamptz NOT NULL DEFAULT clock_timestamp()',
  );
}
