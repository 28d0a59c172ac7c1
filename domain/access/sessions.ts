import {
  listSessions as listStatement,
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
export async function revokeSession(ctx: CallerContext, sessionId: string, reason: string): Promise<SessionItem> {
  // No session has such an id (see token.ts), and no refusal's record may hold it.
  if (findSecret(sessionId)) throw new NotFound();
  const subjects = (await ctx.db.api.run(subjectOfSession, { sessionId })).map(({ subject }) => subject);
  return changeAccess(ctx, subjects, async () => {
    const [row] = await ctx.db.api.run(revokeStatement, {
      ...callerInput(ctx, 'session.revoke', reason),
      targetId: sessionId,
    });
    const { item, revoked } = assertAllowed(ctx, row);
    if (!item) throw new NotFound();
    if (revoked) ctx.later(ctx.queues.auditOutbox.send(DRAIN));
    return { result: item };
  });
}
