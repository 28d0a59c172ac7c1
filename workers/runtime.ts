import { NO_ADDRESS } from '../domain/audit/anonymise-address.ts';
import type { Context } from '../domain/context.ts';
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

/** The Context of an invocation nobody signed in for: a queue batch, a cron run, another Worker's call. */
export async function backgroundContext(
  env: Env,
  execution: Pick<ExecutionContext, 'waitUntil'>,
  userAgent: string,
): Promise<Context> {
  const runtime = await runtimeOf(env);
  const requestId = crypto.randomUUID();
  const origin = { requestId, traceId: requestId.replaceAll('-', ''), ipAddress: NO_ADDRESS, userAgent };
  return runtime.context(origin, (work) => execution.waitUntil(work));
}
