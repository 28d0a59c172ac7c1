import * as z from 'zod';
import type { RateLimitPolicy } from '../access/rate-limit.ts';
import { Invalid } from '../errors.ts';

const optionalText = (max: number) => z.string().max(max).optional();

/** What a service asks before it answers a request of its own. An empty text means the same as none. */
export const gateRequest = z.strictObject({
  serviceId: z.guid().transform((id) => id.toLowerCase()),
  /** The visitor's access token, without `Bearer`. */
  token: optionalText(16_384),
  /** The `Origin` field as it came; decides about domains before `host` does. */
  origin: optionalText(2048),
  host: optionalText(512),
  ip: z.string().max(100),
  /** Who the service knows the visitor to be: its testers and its rate limit go by it. */
  userId: optionalText(200),
  /** The admin of Steward the service knows the visitor to be. */
  adminId: optionalText(200),
  method: z.string().max(32),
  path: z.string().max(8192),
});
export type GateRequest = z.infer<typeof gateRequest>;

/** For the faces that no route validates for. @throws Invalid naming the fields that are wrong */
export function parseGateRequest(input: unknown): GateRequest {
  const { success, data, error } = gateRequest.safeParse(input);
  if (success) return data;
  const errors = error.issues.map(({ path, message }) => ({ field: path.join('.'), reason: message }));
  throw new Invalid(errors.map(({ field, reason }) => (field ? `${field}: ${reason}` : reason)).join('; '), errors);
}

/** Why. Stable: services match on them. */
export const REASONS = {
  allowed: { status: 200, message: '' },
  service_unknown: { status: 404, message: 'There is no such service.' },
  service_archived: { status: 404, message: 'This service has ended.' },
  maintenance: { status: 503, message: 'This service is being worked on; try again later.' },
  token_missing: { status: 401, message: 'Sign in first.' },
  token_invalid: { status: 401, message: 'The access token is not valid here.' },
  domain_not_allowed: { status: 403, message: 'This service may not be used from this domain.' },
  ip_not_allowed: { status: 403, message: 'This service may not be used from this address.' },
  rate_limited: { status: 429, message: 'Too many requests; try again later.' },
  config_unavailable: { status: 503, message: 'This service’s configuration cannot be had; try again shortly.' },
  keys_unavailable: { status: 503, message: 'Sign-in cannot be checked right now; try again shortly.' },
  rate_limit_unavailable: { status: 503, message: 'Requests cannot be counted right now; try again shortly.' },
} as const;
export type Reason = keyof typeof REASONS;

/** The gate's answer. A refusal's status, message and headers are meant to be sent on; an allowed request's headers too. */
export interface Decision {
  allow: boolean;
  reason: Reason;
  status: number;
  /** For people; the service's own words while it is in maintenance. Empty when allowed. */
  message: string;
  headers: Record<string, string>;
  /** Codes of the features that are on, sorted; none for a request that is refused. */
  features: string[];
}

/** Budget of one subject at one service. */
export interface Budget {
  /** Unique for service and subject. */
  key: string;
  policy: RateLimitPolicy;
}
