import type { GateSnapshot } from '../../drizzle/repositories/gate.ts';
import type { RateLimitPolicy } from '../access/rate-limit.ts';
import { type AddressMatcher, compileRanges } from './addresses.ts';
import { compileDomains, type HostMatcher } from './hosts.ts';

export type AuditLevel = GateSnapshot['config']['auditLevel'];

interface Tester {
  bypassDomain: boolean;
  bypassIP: boolean;
  bypassRateLimit: boolean;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/** A service's snapshot in the form decisions are made from: compiled once, asked thousands of times a second. */
export interface Service {
  archived: boolean;
  /** The message, or '' for the usual one; null when the service is open. */
  maintenance: string | null;
  needsToken: boolean;
  /** Null: any. */
  mayUseHost: HostMatcher | null;
  mayUseAddress: AddressMatcher | null;
  rateLimit: RateLimitPolicy | null;
  testerUsers: Map<string, Tester>;
  /** Until when an admin passes maintenance. */
  testerAdmins: Map<string, number>;
  features: string[];
  /** What is kept of its admin API calls; no decision of the gate looks at it. */
  auditLevel: AuditLevel;
}

const NEVER = Number.POSITIVE_INFINITY;

/** Codes of the features that are active below active features only. A parent that is missing or its own ancestor switches off. */
export function activeFeatures(features: GateSnapshot['features']): string[] {
  const byId = new Map(features.map((feature) => [feature.id, feature]));
  const known = new Map<string, boolean>();
  const isOn = (id: string): boolean => {
    const found = known.get(id);
    if (found !== undefined) return found;
    // Whoever meets it again on the way up is its own ancestor.
    known.set(id, false);
    const feature = byId.get(id);
    const on = feature?.isActive === true && (feature.parentId === null || isOn(feature.parentId));
    known.set(id, on);
    return on;
  };
  return features.flatMap(({ id, code }) => (isOn(id) ? [code] : [])).sort();
}

export function compileService({ archived, config, ...lists }: GateSnapshot): Service {
  return {
    archived,
    maintenance: config.maintenanceMode ? (config.maintenanceMessage ?? '') : null,
    needsToken: config.jwtValidation,
    mayUseHost: config.domainValidation ? compileDomains(lists.domains) : null,
    mayUseAddress: config.ipWhitelistEnabled ? compileRanges(config.ipWhitelist) : null,
    rateLimit: config.rateLimitEnabled
      ? { name: 'gate', limit: config.rateLimitRequests, windowSeconds: config.rateLimitWindow }
      : null,
    testerUsers: new Map(
      lists.testerUsers.map(({ userId, expiresAt, ...bypasses }) => [
        userId,
        { ...bypasses, expiresAt: expiresAt ?? NEVER },
      ]),
    ),
    testerAdmins: new Map(lists.testerAdmins.map(({ adminId, expiresAt }) => [adminId, expiresAt ?? NEVER])),
    features: activeFeatures(lists.features),
    // A copy outside Postgres may be older than this field.
    auditLevel: config.auditLevel ?? 'STANDARD',
  };
}
