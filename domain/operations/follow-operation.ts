import type { CallerContext } from '../context.ts';
import { followRun } from '../progress/follow-run.ts';
import type { OperationSnapshot } from './progress.ts';

/**
 * An operation's progress as server-sent events; see followRun.
 * @param readSnapshot reads the operation's row as the caller may see it
 * @param signal aborted when nobody listens any more
 * @throws what `readSnapshot` throws, DomainError rate_limited before the first event; later those of `authorise` when the
 * right has gone
 */
export async function followOperation(
  ctx: CallerContext,
  operationId: string,
  readSnapshot: () => Promise<OperationSnapshot>,
  signal: AbortSignal,
): Promise<AsyncGenerator<Uint8Array, void, undefined>> {
  const initial = await readSnapshot();
  // As Postgres spells it, and so its run: the objects of two spellings are two.
  const id = operationId.toLowerCase();
  return followRun(ctx, { kind: 'operation', id, initial, read: readSnapshot, feeds: ctx.operationRuns }, signal);
}
