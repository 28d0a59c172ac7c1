import { leftNames } from '../../drizzle/repositories/subject-erasure.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';

/**
 * A message that nobody could deliver brings back what it holds when it is put back, so that comes first.
 * @returns how many legal holds name the person in their own words, which stay
 * @throws DomainError conflict
 */
export async function assertNoLetters(
  ctx: Context,
  personId: string,
  names: readonly string[],
): Promise<{ holds: number }> {
  const [left] = await ctx.db.api.run(leftNames, { names, personId });
  if (left && left.letters > 0)
    throw new DomainError(
      'conflict',
      `${left.letters} messages that nobody could deliver name the person: put them back first (dead-letters.replay), then retry what failed.`,
    );
  return { holds: left?.holds ?? 0 };
}
