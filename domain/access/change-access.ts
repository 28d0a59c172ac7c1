import type { Context } from '../context.ts';
import { Unavailable } from '../errors.ts';

/**
 * Makes a change of what admins may do, so that their guards hear of it in the same request.
 *
 * Each guard stops trusting what it knows before the change is committed, and starts anew after. If this Worker dies in
 * between, the guards go on asking Postgres until the change can no longer be under way.
 * @param subjects the admins concerned as far as they are known beforehand
 * @param work makes the change and names the admins it concerned
 * @throws Unavailable when a guard cannot be reached: then nothing was changed
 */
export async function changeAccess<T>(
  ctx: Pick<Context, 'guards' | 'newId' | 'later'>,
  subjects: readonly string[],
  work: () => Promise<{ result: T; concerned?: readonly string[] }>,
): Promise<T> {
  const change = ctx.newId();
  const told = new Set(subjects);
  await Promise.all([...told].map((subject) => ctx.guards.begin(subject, change))).catch((error) => {
    ctx.later(endAll(ctx, told, change));
    throw new Unavailable('The admins concerned cannot be told of the change, so it was not made; try again.', error);
  });
  try {
    const { result, concerned = [] } = await work();
    for (const subject of concerned) told.add(subject);
    return result;
  } finally {
    await endAll(ctx, told, change);
  }
}

/** A guard that cannot be told ends the change by itself after a while; until then it asks Postgres each time. */
async function endAll(ctx: Pick<Context, 'guards'>, subjects: ReadonlySet<string>, change: string): Promise<void> {
  await Promise.allSettled([...subjects].map((subject) => ctx.guards.end(subject, change)));
}
