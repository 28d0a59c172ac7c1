import { randomUUID } from 'node:crypto';
import type { RetainedTable } from '../clickhouse/queries/enforce-retention.ts';
import type { App } from './app.ts';

const YEARS: Record<RetainedTable, number> = {
  admin_audit_logs: 7,
  admin_ui_events: 7,
  admin_api_logs: 7,
  admin_sessions: 2,
};

const isSessions = (table: RetainedTable) => table === 'admin_sessions';

/** Ages past retention by years, and by as little as can be told; within it by as little as a day or two. */
export function agesOf(table: RetainedTable): { past: string[]; within: string[] } {
  const years = YEARS[table];
  const [least, days] = isSessions(table) ? ['0 DAY', '2 DAY'] : ['1 MINUTE', '1 DAY'];
  return {
    past: [`${years + 3} YEAR`, `${years + 1} YEAR`, `${years} YEAR - INTERVAL ${least}`],
    within: [`${years} YEAR + INTERVAL ${days}`, `${years - 1} YEAR`, '1 DAY'],
  };
}

/**
 * A row at each of these ages: of sessions about a day, of others about an instant. The next merge may take those past retention.
 * @returns whose they are: an actor of their own
 */
export async function plant(app: App, table: RetainedTable, ages: readonly string[]): Promise<string> {
  const actor = randomUUID();
  const [key, time, now] = isSessions(table) ? ['session_id', 'day', 'today()'] : ['id', 'timestamp', 'now64(3)'];
  const rows = ages.map((age) => `SELECT '${randomUUID()}', ${now} - INTERVAL ${age}, '${actor}'`);
  await app.analytics(`INSERT INTO audit_db.${table} (${key}, ${time}, actor_id) ${rows.join(' UNION ALL ')}`);
  return actor;
}

export async function leftOf(app: App, table: RetainedTable, actor: string): Promise<number> {
  const rows = await app.analytics(`SELECT 1 FROM audit_db.${table} WHERE actor_id = '${actor}'`);
  return rows.length;
}
