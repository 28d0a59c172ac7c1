import type { CallerContext } from '../context.ts';
import { followRun } from '../progress/follow-run.ts';
import { readExport, snapshotOf } from './read-export.ts';

/**
 * An export's progress as server-sent events; see followRun.
 * @param signal aborted when nobody listens any more
 * @throws NotFound, DomainError rate_limited before the first event; later those of `authorise` when the right has gone
 */
export async function followExport(
  ctx: CallerContext,
  exportId: string,
  signal: AbortSignal,
): Promise<AsyncGenerator<Uint8Array, void, undefined>> {
  const view = await readExport(ctx, exportId);
  const { id } = view;
  const read = async () => snapshotOf(await readExport(ctx, id));
  return followRun(ctx, { kind: 'export', id, initial: snapshotOf(view), read, feeds: ctx.exportRuns }, signal);
}
