import { authorise as authoriseStatement, readStanding } from '../../drizzle/repositories/authorise.ts';
import { type Action, EVERYWHERE, ruleOf } from '../audit/actions.ts';
import type { CallerContext, Entry } from '../context.ts';
import { callerInput } from './caller.ts';
import { type KnownSession, mayGoOn, type Standing } from './standing.ts';
import { assertAllowed } from './verdict.ts';

export interface Asked {
  action: Action;
  /** null: about no service. */
  serviceId: string | null;
  resourceId: string;
}

/**
 * Decides by what the admin's guard knows; asks Postgres when it knows nothing. A refusal is always Postgres' own, which
 * records it: what a guard forbids may have been granted by hand since.
 * @throws NotFound, Unauthenticated, DomainError forbidden | admin_locked | not_an_admin
 */
export async function authorise(ctx: CallerContext, entry: Entry, asked: Asked): Promise<Standing> {
  const { permissions, resource, everywhere } = ruleOf(asked.action);
  const serviceId = everywhere ? EVERYWHERE : asked.serviceId;
  // Whoever looks at this request later need not ask again.
  entry.known ??= await knownBy(ctx, entry, asked.action);
  const known = entry.known;
  if (mayGoOn(known, ctx.caller.issuedAt, permissions, serviceId)) return known.standing;
  const [row] = await ctx.db.api.run(authoriseStatement, {
    ...callerInput(ctx, asked.action),
    serviceId,
    resource,
    resourceId: asked.resourceId,
  });
  assertAllowed(ctx, row);
  return (await learn(ctx, entry.ticket)).standing;
}

/** What must outlast Postgres, the gate and the looks at what is wrong, goes on with what was known. Everything else asks first. */
const OUTLASTING: ReadonlySet<Action> = new Set([
  'gate.check',
  'system.health.read',
  'observability.metrics.read',
  'observability.status.read',
]);

async function knownBy(ctx: CallerContext, { stale, ticket }: Entry, action: Action): Promise<KnownSession> {
  if (!OUTLASTING.has(action) || !stale) return learn(ctx, ticket);
  ctx.later(learn(ctx, ticket));
  return stale;
}

/** Who the caller is, for what is recorded of a call that no route authorised. Without an entry the guard is not taught. */
export async function standingOf(ctx: CallerContext, entry: Entry | undefined): Promise<Standing> {
  const known = entry && (entry.known ?? entry.stale);
  return (known ?? (await (entry ? learn(ctx, entry.ticket) : ask(ctx)))).standing;
}

async function learn(ctx: CallerContext, ticket: string): Promise<KnownSession> {
  const session = await ask(ctx);
  ctx.later(ctx.guards.learn(ctx.caller.subject, ticket, ctx.caller.sessionId, session));
  return session;
}

async function ask(ctx: CallerContext): Promise<KnownSession> {
  const { subject, sessionId } = ctx.caller;
  const { ipAddress, userAgent } = callerInput(ctx, 'me.read');
  const [row] = await ctx.db.api.run(readStanding, { subject, sessionId, ipAddress, userAgent });
  if (!row) throw new Error('the database gave no standing');
  return {
    ended: row.session_ended,
    standing: {
      adminId: row.admin_id,
      email: row.email ?? '',
      name: row.name ?? '',
      status: row.status,
      notBefore: row.not_before,
      grants: row.grants,
    },
  };
}
