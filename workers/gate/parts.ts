import type { KeyCache } from '../../domain/access/jwks.ts';
import { RecentTokens } from '../../domain/access/recent-tokens.ts';
import { verifyVisitor } from '../../domain/access/token.ts';
import type { GateParts } from '../../domain/gate/check.ts';
import { ConfigCache, type KeptSnapshot } from '../../domain/gate/config-cache.ts';
import { Limiter } from '../../domain/gate/limiter.ts';
import type { Config } from '../config.ts';
import type { Bindings } from '../env.ts';

type GateBindings = Pick<Bindings, 'LAST_KNOWN_GOOD' | 'RATE_LIMITER'>;
type GateConfig = Pick<Config, 'PUBLIC_URL' | 'OIDC_ISSUER' | 'OIDC_AUDIENCE' | 'GATE_ISSUER' | 'GATE_AUDIENCE'>;

// Longer than a configuration is used without asking Postgres: afterwards nobody needs to be told of the change.
const MARKER_SECONDS = 60;

/** The gate's parts on Cloudflare. `keys` are those of the visitors' issuer. */
export function gateParts(env: GateBindings, config: GateConfig, keys: KeyCache): GateParts {
  const rules = {
    issuer: config.GATE_ISSUER ?? config.OIDC_ISSUER,
    audience: config.GATE_AUDIENCE ?? config.OIDC_AUDIENCE,
  };
  const copyOf = (serviceId: string) => `gate:${serviceId}`;
  return {
    configs: new ConfigCache(Date.now),
    limiter: new Limiter(Date.now),
    visitors: new RecentTokens(Date.now),
    verify: (token) => verifyVisitor(token, rules, keys),
    copies: {
      recall: (serviceId) => env.LAST_KNOWN_GOOD.get<KeptSnapshot>(copyOf(serviceId), 'json'),
      remove: (serviceId) => env.LAST_KNOWN_GOOD.delete(copyOf(serviceId)),
      keep: (serviceId, kept) => env.LAST_KNOWN_GOOD.put(copyOf(serviceId), JSON.stringify(kept)),
    },
    markers: markersAt(config.PUBLIC_URL),
    takeMany: ({ key, policy }, n) => env.RATE_LIMITER.getByName(`${policy.name}:${key}`).takeMany(policy, n),
  };
}

/** The cache of one location. Its keys are addresses of our own host: those of another one would be looked up in DNS. */
function markersAt(publicUrl: string): GateParts['markers'] {
  const keyOf = (serviceId: string) => new URL(`/v1/gate/markers/${serviceId}`, publicUrl).href;
  return {
    look: async (serviceId) => {
      try {
        return (await (await caches.default.match(keyOf(serviceId)))?.text()) ?? null;
      } catch {
        return null;
      }
    },
    leave: async (serviceId) => {
      try {
        const headers = { 'Cache-Control': `max-age=${MARKER_SECONDS}` };
        await caches.default.put(keyOf(serviceId), new Response(crypto.randomUUID(), { headers }));
      } catch {
        // Without this cache everybody learns of the change when their copy is 10 s old.
      }
    },
  };
}
