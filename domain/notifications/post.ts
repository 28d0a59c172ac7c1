import type { Context } from '../context.ts';
import { retryAfterSeconds } from '../retry-after.ts';
import { NotDelivered } from './not-delivered.ts';
import { assertPublicName } from './resolve-name.ts';
import { readTarget } from './target-address.ts';

const GONE = 410;

/**
 * One POST of JSON to a channel's address, which is looked at anew: its name may lead elsewhere by now. Only a 2xx is a delivery;
 * redirects are not followed.
 * @returns the status
 * @throws NotDelivered, which holds nothing of the address
 */
export async function post(
  { settings, now }: Pick<Context, 'settings' | 'now'>,
  address: string,
  { headers, body }: { headers: Record<string, string>; body: string },
): Promise<number> {
  const target = readTarget(address, settings.notifyPrivateTargets);
  if ('problem' in target) throw new NotDelivered('target_refused');
  const signal = AbortSignal.timeout(settings.notifyTimeoutMs);
  if (!target.isPrivate) await assertPublicName(target.url, settings.notifyResolverUrl, signal);
  let response: Response;
  try {
    response = await fetch(target.url, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json', 'User-Agent': `Steward/${settings.version}` },
      body,
      redirect: 'manual',
      signal,
    });
    await response.body?.cancel();
  } catch {
    // What a fetch says of its failure may hold the address, which may be a secret itself.
    throw new NotDelivered(signal.aborted ? 'timed_out' : 'unreachable');
  }
  const { ok, status: answeredStatus } = response;
  if (ok) return answeredStatus;
  if (answeredStatus === GONE) throw new NotDelivered('gone', { answeredStatus });
  const afterSeconds = retryAfterSeconds(response.headers.get('retry-after'), now());
  const isRedirect = answeredStatus >= 300 && answeredStatus < 400;
  throw new NotDelivered(isRedirect ? 'redirected' : 'answered', { answeredStatus, afterSeconds });
}
