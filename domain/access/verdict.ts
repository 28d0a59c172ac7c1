import type { Access } from '../../drizzle/repositories/access.ts';
import { DRAIN } from '../../queues/messages.ts';
import type { Context } from '../context.ts';
import { DomainError, NotFound, Unauthenticated } from '../errors.ts';

/**
 * Turns what the database decided about a caller into the answer it deserves. Returns only for `ok`; the record of a refusal is
 * sent on its way.
 */
export function assertAllowed<Row extends Access>(ctx: Pick<Context, 'later' | 'queues'>, row: Row | undefined): Row {
  if (row?.verdict !== 'ok') ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  switch (row?.verdict) {
    case 'ok':
      return row;
    case 'unknown_admin':
      throw new DomainError(
        'not_an_admin',
        'You are signed in, but no admin here has this identity. Ask an owner to add you.',
      );
    case 'locked':
      throw new DomainError('admin_locked', 'This admin is locked. Ask an owner to unlock it.');
    case 'session_ended':
      throw new Unauthenticated('This session was ended; sign in again.', 'session_ended');
    case 'not_found':
      throw new NotFound();
    case 'forbidden':
      throw new DomainError('forbidden', `This needs the permission ${row.missing ?? 'you lack'}.`);
    default:
      throw new Error(`the database gave no verdict: ${JSON.stringify(row?.verdict)}`);
  }
}
