import { endExportOf, exportsOf, otherFiles } from '../../drizzle/repositories/subject-erasure.ts';
import { newEvent } from '../access/caller.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { ended, purge } from '../exports/sweep-exports.ts';
import type { Erasure } from './erase-account.ts';
import { soughtBy } from './sought.ts';

const MOST_AT_ONCE = 500;

/**
 * Ends exports by and about the person and removes their files. One that a consumer is at work on has its objects removed once more by
 * the sweep, when nobody can be writing any more.
 * @returns how many ended, how many were looked after, and how many files of others there are that nobody has opened
 */
export async function erasePersonFiles(ctx: Context, { operationId, personId }: Erasure) {
  const { names } = await soughtBy(ctx, { operationId });
  let stopped = 0;
  for (; stopped < MOST_AT_ONCE; stopped++) {
    const input = { ...newEvent(ctx, 'subject.erase'), operationId, personId, names };
    const [gone] = await ctx.db.api.run(endExportOf, input);
    if (!gone) break;
    ended(ctx, gone);
  }
  if (stopped === MOST_AT_ONCE)
    throw new DomainError('conflict', 'There are more of their files: retry it, it goes on.');
  const files = await ctx.db.api.run(exportsOf, { personId, names });
  for (const { id } of files) await purge(ctx, id);
  const [others] = await ctx.db.api.run(otherFiles, {});
  return { ended: stopped, purged: files.length, otherFiles: others?.files ?? 0 };
}
