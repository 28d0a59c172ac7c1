import { type Call, call } from '../../drizzle/client.ts';
import { lockOwners } from '../../drizzle/repositories/admins.ts';
import { lockHolds } from '../../drizzle/repositories/audit-holds.ts';
import {
  applyBatch,
  type BatchInput,
  type BatchRow,
  failItem,
  type Hold,
  leaveBatch,
  lockKnown,
  type MovedRow,
  undoBatch,
} from '../../drizzle/repositories/operation-batches.ts';
import { ROW_KINDS, type RowKind, type RowKindName } from '../../drizzle/repositories/operation-kinds.ts';
import type { RunRow } from '../../drizzle/repositories/operation-runs.ts';
import { APPLY_HOLDS } from '../../queues/messages.ts';
import { changeAccess } from '../access/change-access.ts';
import type { Context } from '../context.ts';
import { purge } from '../exports/sweep-exports.ts';
import { applyEach } from './apply-each.ts';
import type { HeldLocks } from './locks.ts';
import { isOfOneItem, reasonOf } from './refused-item.ts';
import type { OperationType, Performed } from './types/declare.ts';

/** One run's hold on an operation. */
export interface Run {
  row: RunRow;
  hold: Hold;
  held: HeldLocks;
  type: OperationType;
  /** Milliseconds since it was last asked. */
  sinceLast(): number;
}

/** `failed`: refused as a whole because of something in it. `moved` undefined: it did not count. */
export interface Changed {
  moved?: BatchRow | undefined;
  failed?: true;
}

/** What is done outside of Postgres is kept by so many: they are done again when a run breaks off before that. */
const EACH_BATCH = 20;
const NOT_BACK = 'Nothing puts it back.';

export const positionOf = ({ row }: Run, at: Pick<MovedRow, 'next_seq' | 'undo_seq'>): number =>
  row.phase === 'undoing' ? at.undo_seq : at.next_seq;

/** Does, or puts back, the next targets: at most `limit`, all of one kind. */
export async function changeBatch(ctx: Context, run: Run, at: MovedRow, limit: number): Promise<Changed> {
  const kind = at.kind ?? '';
  const each = run.type.each?.[kind];
  const isUndo = run.row.phase === 'undoing';
  const count = each ? Math.min(limit, EACH_BATCH) : limit;
  const input: BatchInput = {
    ...run.hold,
    from: positionOf(run, at),
    limit: count,
    eventIds: Array.from({ length: count }, () => ctx.newId()),
    requestId: ctx.origin.requestId,
    activeMs: run.sinceLast(),
  };
  const undoable = run.type.undo[kind];
  if (isUndo && undoable !== true) {
    const left = { ...input, outcome: 'left', error: undoable ?? NOT_BACK } as const;
    return { moved: (await ctx.db.api.run(leaveBatch, left))[0] };
  }
  if (each) return { moved: await applyEach(ctx, each, input, run.held, performedBy(run)) };
  return changeRows(ctx, run, { kind: kind as RowKindName, input, at });
}

const performedBy = ({ row }: Run): Performed => ({
  operationId: row.id,
  target: row.target,
  parameters: row.parameters,
  reason: row.reason,
  startedBy: row.started_by,
});

interface Rows {
  kind: RowKindName;
  input: BatchInput;
  at: Pick<MovedRow, 'subjects' | 'known'>;
}

async function changeRows(ctx: Context, run: Run, rows: Rows): Promise<Changed> {
  const { input } = rows;
  try {
    return { moved: await writeRows(ctx, run, rows) };
  } catch (error) {
    if (!isOfOneItem(error)) throw error;
    if (input.limit > 1) return { failed: true };
    ctx.log.error('an item of an operation cannot be done', { error, operationId: run.row.id, seq: input.from });
    const why = { ...input, error: reasonOf(error) };
    const [moved] =
      run.row.phase === 'undoing'
        ? await ctx.db.api.run(leaveBatch, { ...why, outcome: 'failed' })
        : await ctx.db.api.run(failItem, why);
    return { moved };
  }
}

/**
 * The guards of the admins concerned hear of it before, the gate of the services concerned after. Of a thousand admins most are not
 * at work: their guards know nothing, and to tell each of them would take longer than all the rest.
 */
async function writeRows(ctx: Context, run: Run, { kind, input, at }: Rows): Promise<BatchRow | undefined> {
  const told = at.subjects.length > 0 ? [call(lockKnown, { subjects: at.subjects })] : [];
  const calls = [...firstOf(ROW_KINDS[kind]), ...told, callOf(run, kind, input)];
  const moved = await changeAccess(ctx, at.known, async () => {
    const answers = await ctx.db.api.batch(calls);
    // Whoever came to be known since `at` was read, too.
    const known = told.length > 0 ? (answers.at(-2) as { subject: string }[]) : [];
    return { result: (answers.at(-1) as BatchRow[])[0], concerned: known.map(({ subject }) => subject) };
  });
  await Promise.all((moved?.service_ids ?? []).map((serviceId) => ctx.gate.changed(serviceId)));
  for (const id of moved?.changed_ids ?? []) FOLLOWS[kind]?.(ctx, id);
  return moved;
}

function callOf({ row, type }: Run, kind: RowKindName, input: BatchInput): Call {
  if (row.phase === 'undoing') return call(undoBatch[kind], input);
  const told = {
    at: row.started_at.toISOString(),
    reason: row.reason,
    startedBy: row.started_by,
    target: row.target,
  };
  return call(applyBatch[kind], { ...input, patch: JSON.stringify(type.patches(row.parameters, told)[kind] ?? {}) });
}

const firstOf = ({ serialised }: RowKind): Call[] => {
  if (serialised === 'owners') return [lockOwners()];
  return serialised === 'holds' ? [lockHolds()] : [];
};

/** What is done after a change; where it is lost, a sweep makes up for it. */
const FOLLOWS: Partial<Record<RowKindName, (ctx: Context, id: string) => void>> = {
  new_hold: (ctx) => ctx.later(ctx.queues.auditOutbox.send(APPLY_HOLDS)),
  audit_hold: (ctx) => ctx.later(ctx.queues.auditOutbox.send(APPLY_HOLDS)),
  export: (ctx, exportId) => ctx.later(purge(ctx, exportId)),
};
