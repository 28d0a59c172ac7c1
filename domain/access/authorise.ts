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
  const known = entry.known ?? (await knownBy(ctx, entry, asked.action));
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

/** The gate goes on with what was known: it must outlast Postgres. Everything else asks first. */
async function knownBy(ctx: CallerContext, { stale, ticket }: Entry, action: Action): Promise<KnownSession> {
  if (action !== 'gate.check' || !stale) return learn(ctx, ticket);
  ctx.later(learn(ctx, ticket));
  return stale;
}

async function learn(ctx: CallerContext, ticket: string): Promise<KnownSession> {
  const { subject, sessionId } = ctx.caller;
  const { ipAddress, userAgent } = callerInput(ctx, 'me.read');
  const [row] = await ctx.db.api.run(readStanding, { subject, sessionId, ipAddress, userAgent });
  if (!row) throw new Error('the database gave no standing');
  const session: KnownSession = {
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
  ctx.later(ctx.guards.learn(subject, ticket, sessionId, session));
  return session;
}
