import * as z from 'zod';
import type { ActivityTable } from '../../../clickhouse/queries/erase-subject.ts';
import type { Context } from '../../context.ts';
import { DomainError } from '../../errors.ts';
import { type Erasure, erasePersonAccount } from '../../subjects/erase-account.ts';
import { erasePersonActivity } from '../../subjects/erase-activity.ts';
import { erasePersonCopies } from '../../subjects/erase-copies.ts';
import { erasePersonFiles } from '../../subjects/erase-files.ts';
import { erasePersonRecords } from '../../subjects/erase-records.ts';
import { type Applied, type Each, operationType, type Performed } from './declare.ts';

const target = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('admin'), id: z.guid().toLowerCase() }),
  z.strictObject({ type: z.literal('user'), id: z.guid().toLowerCase() }),
]);

const erasureOf = ({ operationId, target: asked }: Performed): Erasure => {
  const { type, id } = target.parse({ type: asked.type, id: asked.id });
  return { operationId, kind: type, personId: id };
};

/** One step, kept by counts: what was erased is nowhere in its outcome. */
const step = (
  work: (ctx: Context, of: Erasure, id: string) => Promise<Omit<Applied & { outcome: 'succeeded' }, 'outcome'>>,
): Each => ({
  action: 'subject.erase',
  apply: async (ctx, { id }, run) => ({ outcome: 'succeeded', ...(await work(ctx, erasureOf(run), id)) }),
});

const GONE = 'What was erased is nowhere any more.';

/** A person's data, store by store; ADR 0018 has the table of what becomes of which. The counterpart of subject.export. */
export const subjectErase = operationType({
  summary:
    'Erase what is held about one person; audit records stay, without the person, and what is on legal hold stays as it is',
  risk: 'irreversible',
  permission: 'admins.manage',
  everywhere: true,
  // All that a step changes.
  locks: ['admins', 'exports', 'retention', 'service_testers', 'sessions'],
  target,
  parameters: z.strictObject({}),
  draft: (asked) => ({
    selection: 'subject_stores',
    targetId: asked.id,
    list: [asked.type === 'admin' ? { adminId: asked.id } : { userId: asked.id }],
  }),
  patches: () => ({}),
  each: {
    erased_account: step(async (ctx, of) => ({ after: await erasePersonAccount(ctx, of) })),
    erased_files: step(async (ctx, of) => ({ after: await erasePersonFiles(ctx, of) })),
    erased_activity: step(async (ctx, of, table) => {
      const rows = await erasePersonActivity(ctx, of, table as ActivityTable);
      return { before: { rows }, after: { rows: 0 } };
    }),
    erased_records: step((ctx, of) => erasePersonRecords(ctx, of)),
    erased_copies: step(async (ctx, of) => ({ after: await erasePersonCopies(ctx, of) })),
  },
  forbids: {
    self: () => new DomainError('would_lock_out', 'Nobody may erase themselves.'),
    last_owner: () => new DomainError('last_owner', 'No active owner would be left.'),
  },
  warnings: () => [
    'Audit records stay: what was done, when, to what, and by which id. So does what they made for services.',
    'Records on legal hold stay as they are: run it again when they are released.',
    'Files of others may have rows of theirs in them. They are not opened, the outcome says how many there are; each goes when its time is up.',
  ],
  undo: {
    erased_account: GONE,
    erased_files: GONE,
    erased_activity: GONE,
    erased_records: GONE,
    erased_copies: GONE,
  },
});
