import { type Sought, soughtNames } from '../../drizzle/repositories/subject-erasure.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import type { Erasure } from './erase-account.ts';

/** What a step looks for. @throws DomainError conflict before the account was erased */
export async function soughtBy(
  ctx: Context,
  { operationId }: Pick<Erasure, 'operationId'>,
  more: readonly string[] = [],
): Promise<Sought> {
  const [sought] = await ctx.db.api.run(soughtNames, { operationId, more });
  if (!sought?.names) throw new DomainError('conflict', 'The account comes first; retry what failed.');
  return sought;
}
