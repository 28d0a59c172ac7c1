import * as z from 'zod';
import {
  REMOVED_BY_MERGES,
  RETAINED_TABLES,
  type RetainedTable,
} from '../../../clickhouse/queries/enforce-retention.ts';
import { enforceRetention } from '../../audit/enforce-retention.ts';
import { type Applied, operationType } from './declare.ts';

const KEPT = 'What is on legal hold stays, and what is within its retention. It may take minutes.';
const BY_MERGES = `Of ${REMOVED_BY_MERGES} ClickHouse only learns what has expired; the rows go with its next merges, within hours.`;

async function enforce(...[ctx, table]: Parameters<typeof enforceRetention>): Promise<Applied> {
  const { before, after } = await enforceRetention(ctx, table);
  return after === 0
    ? { outcome: 'succeeded', before: { expired: before }, after: { expired: 0 } }
    : {
        outcome: 'failed',
        error: `${after} of ${before} rows past their retention are still there: ClickHouse is at work on them, or its next merges take them.`,
      };
}

/** What ClickHouse would remove with a merge some time goes now. */
export const retentionEnforce = operationType({
  summary: 'Remove what is past its retention',
  risk: 'irreversible',
  permission: 'audit.hold.manage',
  everywhere: true,
  locks: ['retention'],
  target: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('tables'),
      names: z.array(z.enum(RETAINED_TABLES)).min(1).max(RETAINED_TABLES.length),
    }),
    z.strictObject({ type: z.literal('every-table') }),
  ]),
  parameters: z.strictObject({}),
  draft: (target) => ({
    selection: 'listed',
    targetId: null,
    list: (target.type === 'tables' ? target.names : RETAINED_TABLES).map((table) => ({
      ...{ kind: 'table', id: table, label: `audit_db.${table}` },
      ...(table === REMOVED_BY_MERGES ? { flag: 'by_merges' } : {}),
    })),
  }),
  patches: () => ({}),
  each: {
    table: {
      action: 'retention.enforce',
      apply: (ctx, { id }) => enforce(ctx, id as RetainedTable),
    },
  },
  warnings: ({ flags }) => [KEPT, ...(flags?.by_merges ? [BY_MERGES] : [])],
  undo: { table: 'What is past its retention is gone.' },
});
