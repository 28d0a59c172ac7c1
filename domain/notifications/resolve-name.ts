import * as z from 'zod';
import { NotDelivered } from './not-delivered.ts';
import { addressIn, isPublicAddress } from './target-address.ts';

/** Of IANA's DNS parameters: records that hold an address. */
const RECORD_TYPES = { A: 1, AAAA: 28 } as const;

// https://developers.cloudflare.com/1.1.1.1/encryption/dns-over-https/make-api-requests/dns-json/
const answer = z.object({
  Status: z.int(),
  Answer: z.array(z.object({ type: z.int(), data: z.string() })).optional(),
});

async function addressesOf(name: string, type: keyof typeof RECORD_TYPES, resolverUrl: string, signal: AbortSignal) {
  const question = new URL(resolverUrl);
  question.searchParams.set('name', name);
  question.searchParams.set('type', type);
  const response = await fetch(question, {
    headers: { Accept: 'application/dns-json' },
    redirect: 'manual',
    signal,
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the resolver answered ${response.status}`);
  }
  const { Answer } = answer.parse(await response.json());
  return (Answer ?? []).filter((record) => record.type === RECORD_TYPES[type]).map(({ data }) => data);
}

/**
 * Refuses a name that leads to any address that is not public: a public one beside it does not help, because nobody says which of them
 * is taken. The runtime resolves it once more by itself, which nothing here can bind to what was seen (ADR 0020).
 * @throws NotDelivered
 */
export async function assertPublicName({ hostname }: URL, resolverUrl: string, signal: AbortSignal): Promise<void> {
  if (addressIn(hostname) !== null) return;
  let found: string[];
  try {
    const both = (['A', 'AAAA'] as const).map((type) => addressesOf(hostname, type, resolverUrl, signal));
    found = (await Promise.all(both)).flat();
  } catch {
    throw new NotDelivered('resolver_away');
  }
  if (found.length === 0) throw new NotDelivered('target_unknown');
  if (!found.every(isPublicAddress)) throw new NotDelivered('target_private');
}
