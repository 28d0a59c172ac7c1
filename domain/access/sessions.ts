import type { CallerInput } from '../../drizzle/repositories/access.ts';
import {
  signOutEverywhere as everywhereStatement,
  listSessions as listStatement,
  listOwnSessions as ownListStatement,
  revokeOwnSession as revokeOwnStatement,
  revokeSession as revokeStatement,
  type SessionItem,
  subjectOfSession,
} from '../../drizzle/repositories/sessions.ts';
import { DRAIN } from '../../queues/messages.ts';
import { findSecret } from '../audit/redact.ts';
import type { CallerContext } from '../context.ts';
import { NotFound } from '../errors.ts';
import { list, type Page, type PageQuery } from '../resources/read.ts';
import { callerInput } from './caller.ts';
import { changeAccess } from './change-access.ts';
import { assertAllowed } from './verdict.ts';

export type SessionQuery = PageQuery & { adminId?: string | undefined; alive?: 'true' | 'false' | undefined };

/** Newest first. */
export const listSessions = (ctx: CallerContext, query: SessionQuery): Promise<Page<SessionItem>> =>
  list(ctx, listStatement, {
    action: 'session.list',
    key: { adminId: query.adminId ?? null, alive: query.alive === undefined ? null : query.alive === 'true' },
    ...query,
    order: ['time', 'text'],
  });

/** From the next request on the session is refused everywhere. @throws NotFound, Unavailable */
export const revokeSession = (ctx: CallerContext, sessionId: string, reason: string): Promise<SessionItem> =>
  end(ctx, revokeStatement, callerInput(ctx, 'session.revoke', reason), sessionId);

/** The caller's own, newest first. */
export const listOwnSessions = (ctx: CallerContext, query: Omit<SessionQuery, 'adminId'>): Promise<Page<SessionItem>> =>
  list(ctx, ownListStatement, {
    action: 'me.session.list',
    key: { alive: query.alive === undefined ? null : query.alive === 'true' },
    ...query,
    order: ['time', 'text'],
  });

/** One of the caller's own, this one too. @throws NotFound for anybody else's, Unavailable */
export const revokeOwnSession = (ctx: CallerContext, sessionId: string, reason: string): Promise<SessionItem> =>
  // Recorded as what it is, whoever ends it: what happened in a session is told by that (clickhouse/migrations/0005).
  end(
    ctx,
    revokeOwnStatement,
    { ...callerInput(ctx, 'me.session.revoke', reason), action: 'session.revoke' },
    sessionId,
  );

/**
 * Ends everything the caller is signed in with, this session too: from the next request on all of it is refused, and so is a token that
 * was issued before and that nobody has shown yet.
 * @throws Unavailable
 */
export const signOutEverywhere = (ctx: CallerContext, reason: string): Promise<{ ended: number; since: string }> =>
  changeAccess(ctx, [ctx.caller.subject], async () => {
    const [row] = await ctx.db.api.run(everywhereStatement, callerInput(ctx, 'me.sign-out-everywhere', reason));
    const { ended, since } = assertAllowed(ctx, row);
    ctx.later(ctx.queues.auditOutbox.send(DRAIN));
    return { result: { ended, since } };
  });

async function end(
  ctx: CallerContext,
  statement: typeof revokeStatement,
  input: CallerInput,
  sessionId: string,
): Promise<SessionItem> {
  // No session has such an id (see token.ts), and no refusal's record may hold it.
  if (findSecret(sessionId)) throw new NotFound();
  const subjects = (await ctx.db.api.run(subjectOfSession, { sessionId })).map(({ subject }) => subject);
  return changeAccess(ctx, subjects, async () => {
    const [row] = await ctx.db.api.run(statement, { ...input, targetId: sessionId });
    const { item, revoked } = assertAllowed(ctx, row);
    if (!item) throw new NotFound();
    if (revoked) ctx.later(ctx.queues.auditOutbox.send(DRAIN));
    return { result: item };
  });
}
