import type { Context } from 'hono';
import { DomainError } from '../../domain/errors.ts';
import type { HttpEnv } from '../http.ts';

const originOf = (address: string) => new URL(address).origin;

/**
 * A browser sends the session cookie whoever made it ask: a change must come from a page of ours. No `Origin`, `null` and any
 * other are refused, as is what Fetch Metadata says comes from elsewhere.
 * @throws DomainError foreign_origin
 */
export function requireSameOrigin(c: Pick<Context<HttpEnv>, 'req' | 'env'>): void {
  const ours = originOf(c.env.runtime.config.PUBLIC_URL);
  const site = c.req.header('sec-fetch-site') ?? 'same-origin';
  if (c.req.header('origin') !== ours || site !== 'same-origin')
    throw new DomainError('foreign_origin', `With a cookie, changes are taken from ${ours} only.`);
}
