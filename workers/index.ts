import { NO_ADDRESS } from '../domain/audit/anonymise-address.ts';
import { sweepOutbox } from '../domain/audit/sweep-outbox.ts';
import type { Context } from '../domain/context.ts';
import { expireExports, requeueStuckExports } from '../domain/exports/sweep-exports.ts';
import { dispatch } from '../queues/dispatch.ts';
import { createApp } from './app.ts';
import { ConfigError } from './config.ts';
import { createRuntime, type Runtime } from './context.ts';
import type { Env } from './env.ts';

export { OperationLock } from '../durable-objects/operation-lock.ts';
export { RateLimiter } from '../durable-objects/rate-limiter.ts';

const app = createApp();

// One runtime an environment object, so one an isolate: its key cache is what outlives a request.
const runtimes = new WeakMap<Env, Promise<Runtime>>();

function runtimeOf(env: Env): Promise<Runtime> {
  let runtime = runtimes.get(env);
  if (!runtime) {
    runtime = createRuntime(env);
    runtimes.set(env, runtime);
  }
  return runtime;
}

/** The Context of an invocation nobody signed in for: a queue batch or a cron run. */
async function backgroundContext(env: Env, execution: ExecutionContext, userAgent: string): Promise<Context> {
  const runtime = await runtimeOf(env);
  const requestId = crypto.randomUUID();
  const origin = { requestId, traceId: requestId.replaceAll('-', ''), ipAddress: NO_ADDRESS, userAgent };
  return runtime.context(origin, (work) => execution.waitUntil(work));
}

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
    const results = await Promise.allSettled([sweepOutbox(ctx), requeueStuckExports(ctx), expireExports(ctx)]);
    for (const result of results)
      if (result.status === 'rejected') ctx.log.error('sweep failed', { error: result.reason });
  },
} satisfies ExportedHandler<Env>;
