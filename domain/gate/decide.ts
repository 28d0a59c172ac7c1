import { type RateLimitAnswer, type RateLimitPolicy, rateLimitHeaders } from '../access/rate-limit.ts';
import { parseAddress } from './addresses.ts';
import { hostOfHost, hostOfOrigin } from './hosts.ts';
import { type Budget, type Decision, type GateRequest, REASONS, type Reason } from './schema.ts';
import type { Service } from './service.ts';

/** What is known of the request's token: its subject, why it is none, or nothing as nobody looked yet. */
export type Token = { subject: string } | { refused: 'token_missing' | 'keys_unavailable' } | Rejected | undefined;

interface Rejected {
  refused: 'token_invalid';
  /** A plain ASCII sentence. */
  because: string;
}

/** The decision, or what has to be found out before there is one. */
export type Verdict = Decision | 'verify_token' | { take: Budget };

/** Nobody knows how long maintenance takes: a minute keeps clients from asking all the time. */
const MAINTENANCE_RETRY_SECONDS = 60;
const OUTAGE_RETRY_SECONDS = 1;

export function refuse(
  reason: Reason,
  headers: Record<string, string> = {},
  message: string = REASONS[reason].message,
): Decision {
  return { allow: false, reason, status: REASONS[reason].status, message, headers, features: [] };
}

/** A refusal that is nobody's fault: something the decision needs is away. */
export const refuseForNow = (reason: 'config_unavailable' | 'keys_unavailable' | 'rate_limit_unavailable'): Decision =>
  refuse(reason, { 'Retry-After': String(OUTAGE_RETRY_SECONDS) });

const allow = (service: Service, headers: Record<string, string> = {}): Decision => ({
  allow: true,
  reason: 'allowed',
  status: 200,
  message: '',
  headers,
  features: service.features,
});

function refuseToken(token: Exclude<Token, undefined | { subject: string }>): Decision {
  switch (token.refused) {
    case 'keys_unavailable':
      return refuseForNow('keys_unavailable');
    case 'token_missing':
      return refuse('token_missing', { 'WWW-Authenticate': 'Bearer' });
    case 'token_invalid':
      return refuse('token_invalid', {
        'WWW-Authenticate': `Bearer error="invalid_token", error_description="${token.because}"`,
      });
  }
}

/**
 * What one request deserves, from what is known so far; pure.
 *
 * The order is the service's own state, the visitor's identity, where from, how often: nothing is verified or counted for a
 * request that is refused anyway. Testers count until the instant they expire.
 * @param service null: there is none with this id
 * @param token undefined: not looked at yet; asked for only when the service wants one
 */
export function decide(service: Service | null, request: GateRequest, token: Token, nowMs: number): Verdict {
  if (!service) return refuse('service_unknown');
  if (service.archived) return refuse('service_archived');
  if (service.maintenance !== null && !passesMaintenance(service, request, nowMs))
    return refuse(
      'maintenance',
      { 'Retry-After': String(MAINTENANCE_RETRY_SECONDS) },
      service.maintenance || REASONS.maintenance.message,
    );
  if (service.needsToken) {
    if (!token) return 'verify_token';
    if ('refused' in token) return refuseToken(token);
  }
  const user = request.userId || (token && 'subject' in token ? token.subject : '');
  const tester = testerOf(service, user, nowMs);
  if (service.mayUseHost && !tester?.bypassDomain) {
    const host = request.origin ? hostOfOrigin(request.origin) : hostOfHost(request.host ?? '');
    if (host === null || !service.mayUseHost(host)) return refuse('domain_not_allowed');
  }
  if (service.mayUseAddress && !tester?.bypassIP) {
    const address = parseAddress(request.ip);
    if (address === null || !service.mayUseAddress(address)) return refuse('ip_not_allowed');
  }
  if (!service.rateLimit || tester?.bypassRateLimit) return allow(service);
  return { take: { key: `${request.serviceId}:${subjectOf(user, request.ip)}`, policy: service.rateLimit } };
}

/** The decision once the budget was asked. */
export function decideLimited(service: Service, policy: RateLimitPolicy, answer: RateLimitAnswer): Decision {
  const headers = rateLimitHeaders(policy, answer);
  if (answer.allowed) return allow(service, headers);
  return refuse('rate_limited', { ...headers, 'Retry-After': String(answer.resetSeconds) });
}

function passesMaintenance({ testerAdmins }: Service, { adminId }: GateRequest, nowMs: number): boolean {
  const until = adminId ? testerAdmins.get(adminId.toLowerCase()) : undefined;
  return until !== undefined && nowMs < until;
}

function testerOf({ testerUsers }: Service, user: string, nowMs: number) {
  if (user === '' || testerUsers.size === 0) return undefined;
  const tester = testerUsers.get(user.toLowerCase());
  return tester && nowMs < tester.expiresAt ? tester : undefined;
}

/** Users and addresses have name spaces of their own: nobody uses up another one's budget by a chosen id. */
function subjectOf(user: string, ip: string): string {
  if (user !== '') return `user:${user}`;
  const address = parseAddress(ip);
  // A visitor has a whole /64 of IPv6 to choose from: one address of it is not one visitor.
  if (typeof address === 'string') return `ip:${address.slice(0, 16)}`;
  return address === null ? 'ip:none' : `ip:${address}`;
}
