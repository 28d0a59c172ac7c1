import type { Statement } from '../../drizzle/client.ts';
import type { CallerInput } from '../../drizzle/repositories/access.ts';
import {
  type ControlledRow,
  cancelExport as cancelRow,
  pauseExport as pauseRow,
  resumeExport as resumeRow,
  retryExport as retryRow,
} from '../../drizzle/repositories/export-controls.ts';
import { DRAIN } from '../../queues/messages.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { Action } from '../audit/actions.ts';
import type { CallerContext } from '../context.ts';
import { DomainError, NotFound } from '../errors.ts';
import { notify } from '../notifications/notify.ts';
import { snapshotOf, viewOf } from './read-export.ts';
import { takeUp } from './request-export.ts';
import type { ExportView } from './schema.ts';
import { purge } from './sweep-exports.ts';

type Change = Statement<CallerInput & { exportId: string }, ControlledRow>;

/** @throws NotFound, Unauthenticated, DomainError forbidden | conflict */
async function control(
  ctx: CallerContext,
  exportId: string,
  { action, change, reason, refusal }: { action: Action; change: Change; reason: string; refusal: string },
): Promise<ExportView & { isChanged: boolean }> {
  const [row] = await ctx.db.api.run(change, { ...callerInput(ctx, action, reason), exportId });
  const allowed = assertAllowed(ctx, row);
  ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  if (!allowed.id || allowed.outcome === null) throw new NotFound();
  const view = viewOf(ctx, allowed);
  if (allowed.outcome === 'refused') throw new DomainError('conflict', `${refusal} This one is ${view.phase}.`);
  ctx.exportRuns.report(exportId, snapshotOf(view));
  return { ...view, isChanged: allowed.outcome === 'changed' };
}

const shown = ({ isChanged: _, ...view }: ExportView & { isChanged: boolean }): ExportView => view;

/** Nothing more is committed once this is answered; up to two parts may still reach the store. It stays where it is until it is resumed. */
export async function pauseExport(ctx: CallerContext, exportId: string, reason: string): Promise<ExportView> {
  const view = await control(ctx, exportId, {
    ...{ action: 'export.pause', change: pauseRow, reason },
    refusal: 'Only an export that is under way can be paused.',
  });
  ctx.later(ctx.exportTurns.withdraw(exportId));
  return shown(view);
}

export async function resumeExport(ctx: CallerContext, exportId: string, reason: string): Promise<ExportView> {
  const view = await control(ctx, exportId, {
    ...{ action: 'export.resume', change: resumeRow, reason },
    refusal: 'Only a paused export can be resumed.',
  });
  if (view.isChanged) takeUp(ctx, exportId, view.requestedBy);
  return shown(view);
}

/** Ends the export and removes what was written. What a run has in hand at this moment is removed by the sweep. */
export async function cancelExport(ctx: CallerContext, exportId: string, reason: string): Promise<ExportView> {
  const view = await control(ctx, exportId, {
    ...{ action: 'export.cancel', change: cancelRow, reason },
    refusal: 'Only an export that is under way can be cancelled.',
  });
  ctx.later(ctx.exportTurns.withdraw(exportId));
  ctx.later(purge(ctx, exportId));
  if (view.isChanged) ctx.later(notifyCancelled(ctx, view));
  return shown(view);
}

/** Who waits for the file must not wait for ever; whom it was cancelled by is in the export, not for everybody. */
const notifyCancelled = (ctx: CallerContext, { id: exportId, exportType, name, requestedBy, ...view }: ExportView) =>
  notify(ctx, 'export.failed', {
    ...{ exportId, exportType, name, requestedBy, rows: view.rowsDone, bytes: view.bytesDone },
    failureReason: 'It was cancelled; the export says by whom.',
  });

/** Goes on after the last part that was kept, or anew where that cannot become the file. The cutoff stays. */
export async function retryExport(ctx: CallerContext, exportId: string, reason: string): Promise<ExportView> {
  const view = await control(ctx, exportId, {
    ...{ action: 'export.retry', change: retryRow, reason },
    refusal: 'Only a failed export whose parts are still kept can be retried; request it again.',
  });
  if (view.isChanged) takeUp(ctx, exportId, view.requestedBy);
  return shown(view);
}
