import { readGateSnapshot } from '../../drizzle/repositories/gate.ts';
import type { Permits } from '../access/rate-limit.ts';
import type { RecentTokens } from '../access/recent-tokens.ts';
import type { Visitor } from '../access/token.ts';
import type { Context } from '../context.ts';
import { Unauthenticated, Unavailable } from '../errors.ts';
import type { ConfigCache, ConfigSources, Found, KeptSnapshot } from './config-cache.ts';
import { decide, decideLimited, refuseForNow, type Token } from './decide.ts';
import type { Limiter } from './limiter.ts';
import { inTime } from './patience.ts';
import type { Budget, Decision, GateRequest } from './schema.ts';
import type { AuditLevel, Service } from './service.ts';

/** What the gate keeps between checks and what it reaches. Built once an isolate. */
export interface GateParts {
  configs: ConfigCache;
  limiter: Limiter;
  visitors: RecentTokens<Visitor>;
  /** @throws Unauthenticated, Unavailable */
  verify(token: string): Promise<Visitor>;
  /** Copies of snapshots outside Postgres. */
  copies: {
    recall(serviceId: string): Promise<KeptSnapshot | null>;
    keep(serviceId: string, kept: KeptSnapshot): Promise<void>;
    remove(serviceId: string): Promise<void>;
  };
  /** Marks of changes, for all isolates of one location. Neither ever throws. */
  markers: {
    look(serviceId: string): Promise<string | null>;
    leave(serviceId: string): Promise<void>;
  };
  takeMany(budget: Budget, n: number): Promise<Permits>;
}

/** An object that counts answers in milliseconds; whoever waits longer is refused, so that no request hangs with it. */
const COUNTING_MS = 5000;

export type GateContext = Pick<Context, 'db' | 'later' | 'log' | 'now'> & { meter: Pick<Context['meter'], 'count'> };

/** Decides about one request. An outage is a decision too; only a fault of our own throws. */
export async function check(ctx: GateContext, parts: GateParts, request: GateRequest): Promise<Decision> {
  const decision = await decideNow(ctx, parts, request);
  ctx.meter.count('steward_gate_decisions_total', { reason: decision.reason });
  return decision;
}

async function decideNow(ctx: GateContext, parts: GateParts, request: GateRequest): Promise<Decision> {
  const ready = parts.configs.ready(request.serviceId);
  if (ready !== undefined) return decideWith(ctx, parts, ready, request);
  const { service, staleSeconds } = await parts.configs.find(request.serviceId, sourcesOf(ctx, parts));
  if (service === undefined) {
    ctx.meter.count('steward_gate_without_postgres_total', { decided_by: 'no_copy' });
    return refuseForNow('config_unavailable');
  }
  const decision = await decideWith(ctx, parts, service, request);
  if (staleSeconds === null) return decision;
  ctx.meter.count('steward_gate_without_postgres_total', { decided_by: 'last_known_good' });
  const headers = { ...decision.headers, 'Steward-Gate-Config': `last-known-good; age=${staleSeconds}` };
  return { ...decision, headers };
}

/** Null: there is no such service. Undefined: nobody knows. */
export type Level = AuditLevel | null | undefined;

/**
 * The audit level of a service, as fresh as what the gate decides by.
 * Only for services somebody was authorised for: it may ask Postgres.
 */
export async function auditLevelOf(ctx: GateContext, parts: GateParts, serviceId: string): Promise<Level> {
  return levelOf(await parts.configs.find(serviceId.toLowerCase(), sourcesOf(ctx, parts)));
}

/**
 * The audit level to record by: where the last known one may be louder than the one in force, the quieter. After a change that cannot be
 * read now nothing is kept (MINIMAL), and while Postgres is away no bodies (STANDARD), whatever the copy says.
 */
export async function levelToRecordBy(ctx: GateContext, parts: GateParts, serviceId: string): Promise<Level> {
  const found = await parts.configs.find(serviceId.toLowerCase(), sourcesOf(ctx, parts));
  if (found.isOutdated) return 'MINIMAL';
  const level = levelOf(found);
  return level === 'DETAILED' && found.staleSeconds !== null ? 'STANDARD' : level;
}

const levelOf = ({ service }: Found): Level => (service === null ? null : service?.auditLevel);

/** What made a change of a service's configuration calls when it is committed, and before it answers. Never throws. */
export async function configChanged(parts: GateParts, serviceId: string): Promise<void> {
  // In a path it may be written either way.
  const id = serviceId.toLowerCase();
  parts.configs.invalidate(id);
  await parts.markers.leave(id);
}

async function decideWith(ctx: GateContext, parts: GateParts, service: Service | null, request: GateRequest) {
  let verdict = decide(service, request, undefined, ctx.now());
  if (verdict === 'verify_token') {
    const token = await tokenOf(parts, request.token);
    verdict = decide(service, request, token, ctx.now());
  }
  if (verdict === 'verify_token') throw new Error('a token that was looked at is asked for again');
  if (!('take' in verdict) || !service) return verdict as Decision;
  const { take: budget } = verdict;
  try {
    const counting = { takeMany: parts.takeMany, later: ctx.later };
    const answer = await inTime(parts.limiter.take(counting, budget), COUNTING_MS);
    return decideLimited(service, budget.policy, answer);
  } catch (error) {
    ctx.log.error('requests at the gate cannot be counted', { error });
    return refuseForNow('rate_limit_unavailable');
  }
}

async function tokenOf({ visitors, verify }: GateParts, token: string | undefined): Promise<NonNullable<Token>> {
  if (!token) return { refused: 'token_missing' };
  try {
    return await visitors.principal(token, verify);
  } catch (error) {
    if (error instanceof Unauthenticated) return { refused: 'token_invalid', because: error.message };
    if (error instanceof Unavailable) return { refused: 'keys_unavailable' };
    throw error;
  }
}

function sourcesOf(ctx: GateContext, { copies, markers }: GateParts): ConfigSources {
  return {
    read: async (serviceId) => (await ctx.db.api.run(readGateSnapshot, { serviceId }))[0]?.snapshot ?? null,
    recall: copies.recall,
    keep: copies.keep,
    marker: markers.look,
    later: ctx.later,
    failed: (error) => {
      ctx.log.error('a configuration cannot be loaded; the gate goes on with the last known one', { error });
      ctx.meter.count('steward_gate_config_load_failures_total', {});
    },
  };
}
