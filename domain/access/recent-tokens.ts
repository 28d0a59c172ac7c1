import type { Principal } from '../context.ts';

/** For so long a token that was verified is known again by its whole text. */
const KNOWN_MS = 60_000;
const MAX_KNOWN = 1000;

interface Known<Holder> {
  holder: Holder;
  until: number;
}

/**
 * Tokens verified a moment ago. An admin's page makes many requests with one token, and a signature costs more than the rest of
 * the sign-in; a session that ended is refused all the same, because that is asked of the database every time.
 */
export class RecentTokens<Holder extends { expiresAt: number } = Principal> {
  #known = new Map<string, Known<Holder>>();
  #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The token's holder, if these very characters were verified within the last minute and the token has not expired since. */
  async principal(token: string, verify: (token: string) => Promise<Holder>): Promise<Holder> {
    const known = this.#known.get(token);
    if (known && this.#now() < known.until) return known.holder;
    const holder = await verify(token);
    // Oldest first: a Map keeps the order of insertion.
    if (this.#known.size >= MAX_KNOWN) this.#known.delete(this.#known.keys().next().value as string);
    this.#known.delete(token);
    this.#known.set(token, { holder, until: Math.min(this.#now() + KNOWN_MS, holder.expiresAt * 1000) });
    return holder;
  }
}
