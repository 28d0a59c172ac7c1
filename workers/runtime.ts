import { NO_ADDRESS } from '../domain/audit/anonymise-address.ts';
import type { Context } from '../domain/context.ts';
import { continueTrace } from '../domain/trace-context.ts';
import type { ContextMaker } from '../queues/dispatch.ts';
import { createRuntime, type Runtime } from './context.ts';
import type { Env } from './env.ts';

// One runtime an environment object, so one an isolate: its caches are what outlives a request.
const runtimes = new WeakMap<Env, Promise<Runtime>>();

export function runtimeOf(env: Env): Promise<Runtime> {
  let runtime = runtimes.get(env);
  if (!runtime) {
    runtime = createRuntime(env);
    runtimes.set(env, runtime);
  }
  return runtime;
}

/** Makes Contexts of an invocation nobody signed in for: of a queue's messages, a cron run, another Worker's call. */
export async function backgroundContexts(
  env: Env,
  execution: Pick<ExecutionContext, 'waitUntil'>,
  userAgent: string,
): Promise<ContextMaker> {
  const runtime = await runtimeOf(env);
  const { LOG_DEBUG_PERCENT } = runtime.config;
  return (traceparent) => {
    const trace = continueTrace(traceparent, LOG_DEBUG_PERCENT);
    const origin = { requestId: crypto.randomUUID(), ...trace, ipAddress: NO_ADDRESS, userAgent };
    return runtime.context(origin, (work) => execution.waitUntil(work));
  };
}

export async function backgroundContext(...of: Parameters<typeof backgroundContexts>): Promise<Context> {
  return (await backgroundContexts(...of))();
}
