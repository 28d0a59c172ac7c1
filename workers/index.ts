import { sweepHolds } from '../domain/audit/apply-holds.ts';
import { sweepOutbox } from '../domain/audit/sweep-outbox.ts';
import { runDueSchedules } from '../domain/exports/run-schedules.ts';
import { expireExports, purgeExports, requeueStuckExports } from '../domain/exports/sweep-exports.ts';
import { expireOperations, requeueStuckOperations } from '../domain/operations/end-operation.ts';
import { runDueOperationSchedules } from '../domain/operations/run-schedules.ts';
import { dispatch } from '../queues/dispatch.ts';
import { createApp } from './app.ts';
import { ConfigError } from './config.ts';
import type { Env } from './env.ts';
import { backgroundContext, runtimeOf } from './runtime.ts';

export { AdminGuard } from '../durable-objects/admin-guard.ts';
export { ExportRun } from '../durable-objects/export-run.ts';
export { ExportTurns } from '../durable-objects/export-turns.ts';
export { OperationLock } from '../durable-objects/operation-lock.ts';
export { OperationRun } from '../durable-objects/operation-run.ts';
export { RateLimiter } from '../durable-objects/rate-limiter.ts';
export { Gate } from './gate/entrypoint.ts';

const app = createApp();

export default {
  async fetch(request, env, execution): Promise<Response> {
    try {
      return await app.fetch(request, { runtime: await runtimeOf(env) }, execution);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      console.error(error.message);
      return Response.json(
        { code: 'internal', status: 500, detail: 'Steward is not configured; its log says what is missing.' },
        {
          status: 500,
          headers: { 'Content-Type': 'application/problem+json' },
        },
      );
    }
  },

  async queue(batch, env, execution): Promise<void> {
    await dispatch(batch, await backgroundContext(env, execution, 'queue'));
  },

  async scheduled(_controller, env, execution): Promise<void> {
    const ctx = await backgroundContext(env, execution, 'cron');
    // One sweep's failure must not keep the others from running.
    const results = await Promise.allSettled([
      sweepOutbox(ctx),
      sweepHolds(ctx),
      requeueStuckExports(ctx),
      expireExports(ctx),
      purgeExports(ctx),
      runDueSchedules(ctx),
      requeueStuckOperations(ctx),
      expireOperations(ctx),
      runDueOperationSchedules(ctx),
    ]);
    for (const result of results)
      if (result.status === 'rejected') ctx.log.error('sweep failed', { error: result.reason });
  },
} satisfies ExportedHandler<Env>;
