import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { adminExports } from '../schema/index.ts';

const p = sql.placeholder;

/** Of the last twenty finished ones of this kind. Null: there was none. */
export const recentSpeed = statement<
  { exportType: string; fileFormat: string },
  { rows_per_second: number | null }
>(sql`
SELECT (sum(rows_done) * 1000 / nullif(sum(active_ms), 0))::float8 AS rows_per_second FROM (
  SELECT rows_done, active_ms FROM ${adminExports} WHERE export_type = ${p('exportType')} AND status IN ('ready', 'expired')
    AND file_format::text = ${p('fileFormat')} AND rows_done > 0 ORDER BY id DESC LIMIT 20) AS recent`);
