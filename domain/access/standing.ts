import type { Permission } from './permissions.ts';

export interface HeldGrant {
  /** null = everywhere. */
  serviceId: string | null;
  role: string;
  permissions: readonly string[];
}

/** Who an admin is and what it may do, as Postgres last said. */
export interface Standing {
  adminId: string | null;
  email: string;
  name: string;
  /** null: no admin has this subject. */
  status: 'active' | 'locked' | 'removed' | null;
  /** Tokens issued before are refused; seconds. */
  notBefore: number | null;
  grants: readonly HeldGrant[];
}

/** A standing and one session of it. */
export interface KnownSession {
  standing: Standing;
  ended: boolean;
}

/** Is this session alive, and does the admin hold all of the permissions for that service (null: for any)? */
export function mayGoOn(
  { standing, ended }: KnownSession,
  /** `iat` of the token, seconds. */
  issuedAt: number,
  permissions: readonly Permission[],
  serviceId: string | null,
): boolean {
  if (standing.status !== 'active' || ended) return false;
  if (standing.notBefore !== null && issuedAt < standing.notBefore) return false;
  const reaching = standing.grants.filter(
    (grant) => serviceId === null || grant.serviceId === null || grant.serviceId === serviceId,
  );
  return (
    reaching.length > 0 && permissions.every((needed) => reaching.some((grant) => grant.permissions.includes(needed)))
  );
}

/** The services an admin holds all of the permissions for; null = everywhere, also for what is about no service. */
export function scopeOf({ grants }: Pick<Standing, 'grants'>, ...permissions: readonly Permission[]): string[] | null {
  const held = (serviceId: string | null) =>
    new Set(
      grants
        .filter((grant) => grant.serviceId === null || grant.serviceId === serviceId)
        .flatMap((grant) => grant.permissions),
    );
  const covers = (serviceId: string | null) => permissions.every((needed) => held(serviceId).has(needed));
  if (covers(null)) return null;
  const services = new Set(grants.flatMap(({ serviceId }) => serviceId ?? []));
  return [...services].filter(covers).sort();
}
