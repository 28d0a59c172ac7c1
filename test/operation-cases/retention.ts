import { expect } from 'vitest';
import { RETAINED_TABLES, type RetainedTable } from '../../clickhouse/queries/enforce-retention.ts';
import type { App } from '../app.ts';
import { agesOf, leftOf, plant } from '../retention.ts';
import type { Case, Scene } from './case.ts';

// Those whose rows go with the operation itself.
const TABLES: readonly RetainedTable[] = ['admin_sessions', 'admin_ui_events'];

/** Rows past their retention, which the next merge may take, and others within it. */
async function prepare(app: App): Promise<Scene> {
  const planted = await Promise.all(
    TABLES.map(async (table) => {
      const { past, within } = agesOf(table);
      return { table, past: await plant(app, table, past), within: await plant(app, table, within) };
    }),
  );
  const kept = async () =>
    Object.fromEntries(
      await Promise.all(planted.map(async ({ table, within }) => [table, await leftOf(app, table, within)])),
    );
  return {
    target: { type: 'tables', names: TABLES },
    parameters: {},
    kinds: { table: 2 },
    warnings: ['What is on legal hold stays, and what is within its retention. It may take minutes.'],
    state: kept,
    happened: async () => {
      for (const { table, past } of planted) expect([table, await leftOf(app, table, past)]).toEqual([table, 0]);
      expect(await kept()).toEqual({ admin_sessions: 3, admin_ui_events: 3 });
    },
    records: () =>
      TABLES.map((resourceId) => ({
        action: 'retention.enforce',
        resource: 'retention',
        resourceId,
        before: { expired: expect.any(Number) },
        after: { expired: 0 },
      })),
  };
}

export const retentionEnforce: Case = {
  risk: 'irreversible',
  permission: 'audit.hold.manage',
  everywhere: true,
  undo: { table: /is gone/ },
  optional: [],
  prepare,
  forms: async () => [
    { target: { type: 'every-table' }, ids: [...RETAINED_TABLES] },
    { target: { type: 'tables', names: ['admin_api_logs'] }, ids: ['admin_api_logs'] },
  ],
};
