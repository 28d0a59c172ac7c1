import { dispatch } from '../queues/dispatch.ts';
import { createApp } from './app.ts';
import { ConfigError } from './config.ts';
import { runSweeps } from './cron.ts';
import type { Env } from './env.ts';
import { createLog } from './log.ts';
import { backgroundContext, backgroundContexts, runtimeOf } from './runtime.ts';

export { AdminGuard } from '../durable-objects/admin-guard.ts';
export { ExportRun } from '../durable-objects/export-run.ts';
export { ExportTurns } from '../durable-objects/export-turns.ts';
export { MetricStore } from '../durable-objects/metric-store.ts';
export { OperationLock } from '../durable-objects/operation-lock.ts';
export { OperationRun } from '../durable-objects/operation-run.ts';
export { RateLimiter } from '../durable-objects/rate-limiter.ts';
export { StatusLog } from '../durable-objects/status-log.ts';
export { Gate } from './gate/entrypoint.ts';

const app = createApp();

export default {
  async fetch(request, env, execution): Promise<Response> {
    try {
      return await app.fetch(request, { runtime: await runtimeOf(env) }, execution);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      createLog({ requestId: '', traceId: '' }).error(error.message);
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
    const contextOf = await backgroundContexts(env, execution, 'queue');
    await dispatch(batch, contextOf);
    const ctx = contextOf();
    await ctx.meter.send(ctx);
  },

  async scheduled({ scheduledTime }, env, execution): Promise<void> {
    await runSweeps(await backgroundContext(env, execution, 'cron'), scheduledTime);
  },
} satisfies ExportedHandler<Env>;
