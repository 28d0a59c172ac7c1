import { useMemo } from 'react';
import type { Route } from './call.ts';
import { NEEDS } from './needs.gen.ts';
import type { Me } from './schema.gen.ts';
import { useRead } from './use-api.ts';

const FIVE_MINUTES = 5 * 60_000;

/** Whoever is signed in. The shell shows nothing before it is known, so that pages find it there. */
export function useMe() {
  return useRead('GET /v1/admin/me', {}, { staleTime: FIVE_MINUTES, refetchInterval: FIVE_MINUTES });
}

export type Verdict = { allowed: true } | { allowed: false; missing: string[] };

/**
 * What the server would say of this route, for hiding nothing and disabling what it would refuse.
 * @param serviceId the service it is about; without one, a grant for any service will do where the route lets it
 */
export function verdictOf(me: Pick<Me, 'permissions' | 'grants'>, route: Route, serviceId?: string): Verdict {
  const rule: readonly string[] = NEEDS[route];
  const everywhere = rule.includes('everywhere');
  const needed = rule.filter((each) => each !== 'everywhere');
  const counted = everywhere
    ? []
    : me.grants.filter((grant) => serviceId === undefined || grant.serviceId === serviceId);
  const held = new Set([...me.permissions, ...counted.flatMap((grant) => grant.permissions)]);
  const missing = needed.filter((permission) => !held.has(permission));
  return missing.length === 0 ? { allowed: true } : { allowed: false, missing };
}

/** `verdictOf` for whoever is signed in. */
export function useVerdict(): (route: Route, serviceId?: string) => Verdict {
  const { data: me } = useMe();
  return useMemo(
    () => (route, serviceId) =>
      me ? verdictOf(me, route, serviceId) : ({ allowed: false, missing: [...NEEDS[route]] } as Verdict),
    [me],
  );
}
