import { subjectOf } from '../../drizzle/repositories/admins.ts';
import { type ErasedAccount, eraseAccount } from '../../drizzle/repositories/subject-erasure.ts';
import { DRAIN } from '../../queues/messages.ts';
import { newEvent } from '../access/caller.ts';
import { changeAccess } from '../access/change-access.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';

/** Whose data, by which operation. */
export interface Erasure {
  operationId: string;
  kind: 'admin' | 'user';
  personId: string;
}

/** In the place of an address. */
export const insteadOf = (personId: string): string => `erased-${personId}@erased.invalid`;

/**
 * From the next request on nobody can sign in as this person, and nothing is written under the old names any more.
 * @throws DomainError conflict for oneself and the last owner
 */
export async function erasePersonAccount(ctx: Context, { operationId, kind, personId }: Erasure) {
  const known = kind === 'admin' ? await ctx.db.api.run(subjectOf, { adminId: personId }) : [];
  const subjects = known.map(({ subject }) => subject);
  const { refused, done, service_ids } = await changeAccess(ctx, subjects, async () => {
    const [row] = await ctx.db.api.run(eraseAccount, { ...newEvent(ctx, 'subject.erase'), operationId });
    return { result: row as ErasedAccount };
  });
  if (refused !== null) throw new DomainError('conflict', refused);
  await Promise.all(service_ids.map((serviceId) => ctx.gate.changed(serviceId)));
  ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  return done;
}
