import { sweepHolds } from '../domain/audit/apply-holds.ts';
import { sweepOutbox } from '../domain/audit/sweep-outbox.ts';
import type { Context } from '../domain/context.ts';
import { runDueSchedules } from '../domain/exports/run-schedules.ts';
import { expireExports, purgeExports, requeueStuckExports, tellExpiring } from '../domain/exports/sweep-exports.ts';
import { forgetNotifications, requeueDeliveries } from '../domain/notifications/sweep.ts';
import { lookAround } from '../domain/observability/look-around.ts';
import type { Sweep } from '../domain/observability/metrics.ts';
import { closeObservedHours } from '../domain/observability/observed-reads.ts';
import { expireOperations, requeueStuckOperations } from '../domain/operations/end-operation.ts';
import { runDueOperationSchedules } from '../domain/operations/run-schedules.ts';

/** What makes up, each minute, for messages that were lost, and ends what is past its time. */
const SWEEPS: Readonly<Record<Sweep, (ctx: Context, due: number) => Promise<unknown>>> = {
  outbox: sweepOutbox,
  holds: sweepHolds,
  stuckExports: requeueStuckExports,
  expiredExports: expireExports,
  purgedExports: purgeExports,
  expiringExports: tellExpiring,
  exportSchedules: runDueSchedules,
  stuckOperations: requeueStuckOperations,
  expiredOperations: expireOperations,
  operationSchedules: runDueOperationSchedules,
  stuckDeliveries: requeueDeliveries,
  oldNotifications: forgetNotifications,
  observability: lookAround,
  observedHours: closeObservedHours,
};

/** Runs every sweep, none waiting for another one, and says in one line how each went: its milliseconds, or that it failed. */
export async function runSweeps(ctx: Context, due: number, sweeps: Partial<typeof SWEEPS> = SWEEPS): Promise<void> {
  const began = ctx.now();
  const told = await Promise.all(
    Object.entries(sweeps).map(async ([name, sweep]) => {
      try {
        await sweep(ctx, due);
        ctx.meter.count('steward_sweeps_total', { sweep: name as Sweep, outcome: 'ok' });
        return [name, { outcome: 'ok', durationMs: ctx.now() - began }] as const;
      } catch (error) {
        // One sweep's failure must not keep the others from running.
        ctx.meter.count('steward_sweeps_total', { sweep: name as Sweep, outcome: 'failed' });
        ctx.log.error('sweep failed', { sweep: name, error });
        return [name, { outcome: 'failed', durationMs: ctx.now() - began }] as const;
      }
    }),
  );
  const failed = told.filter(([, { outcome }]) => outcome === 'failed').length;
  const fields = { outcome: failed > 0 ? 'failed' : 'ok', durationMs: ctx.now() - began, failed };
  await ctx.meter.send(ctx);
  ctx.log[failed > 0 ? 'error' : 'info']('cron run', { ...fields, sweeps: Object.fromEntries(told) });
}
