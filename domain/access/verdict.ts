import type { Access } from '../../drizzle/repositories/access.ts';
import { DomainError, NotFound, Unauthenticated } from '../errors.ts';

/** Turns what the database decided about a caller into the answer it deserves. Returns only for `ok`. */
export function assertAllowed<Row extends Access>(row: Row | undefined): Row {
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
