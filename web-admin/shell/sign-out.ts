import { ApiProblem, problemOf } from '../api/problem.ts';
import { signedOutByHand } from '../api/session.ts';

/**
 * Ends the session here, then at the issuer, whose page asks once more.
 * @throws ApiProblem
 */
export async function signOut(): Promise<void> {
  const init = { method: 'POST', headers: { Accept: 'application/json' } };
  const response = await fetch('/auth/logout', init).catch(() => {
    throw new ApiProblem({ status: 0, code: 'offline', detail: '' });
  });
  if (!response.ok) throw await problemOf(response);
  const { location } = (await response.json()) as { location: string };
  signedOutByHand.note();
  window.location.assign(location);
}
