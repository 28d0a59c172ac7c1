import { listSessions as listRows, type SessionRow } from '../../clickhouse/queries/list-sessions.ts';
import { type Standing, scopeOf } from '../access/standing.ts';
import type { CallerContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { ruleOf } from './actions.ts';
import { readableServices } from './readable-services.ts';
import { pageOf, type SearchPage, searchNewest } from './search.ts';
import type { SessionQuery, SessionView } from './session-schema.ts';
import { addressOf, instantOf } from './stored-row.ts';

export const ACTION = 'audit.sessions.read';

/** One page by start, newest first. @throws NotFound, Unauthenticated, Malformed, Invalid, Unavailable, DomainError forbidden */
export async function listSessions(
  ctx: CallerContext,
  standing: Standing,
  query: SessionQuery,
): Promise<SearchPage<SessionView>> {
  const { limit: _l, cursor: _c, serviceId, ended, ...asked } = query;
  const services = await readableServices(ctx, standing, ACTION, serviceId ?? null);
  const held = scopeOf(standing, ...ruleOf(ACTION).permissions);
  const readable = held === null || services === null ? null : [...new Set([...held, ...services])];
  if (ended !== undefined && readable !== null)
    throw new DomainError('forbidden', 'Only who holds audit.view everywhere may ask which sessions have ended.');
  const filter = { ...asked, readable, asked: services };
  const isEnded = ended === undefined ? ended : ended === 'true';
  const found = await searchNewest<SessionRow>(ctx, 'sessions', query, {
    shapes: ['time', 'uuid', 'text'],
    keyOf: ({ started_at, actor_id, session_id }) => [started_at, actor_id, session_id],
    read: (range, [startedAt, actorId, sessionId] = [], limit) => {
      const after = startedAt && actorId && sessionId ? { startedAt, actorId, sessionId } : null;
      return listRows(ctx.clickhouse.reader, { ...filter, ...range, ended: isEnded }, after, limit);
    },
  });
  return pageOf(found, sessionView);
}

export function sessionView(row: SessionRow): SessionView {
  const [left, revoked] = [known(row.left_at), known(row.ended_at)];
  const signedOut = left !== null && (revoked === null || left <= revoked);
  return {
    id: row.session_id,
    actorId: row.actor_id,
    actorEmail: row.email,
    actorRole: row.role,
    kind: row.session_kind === 'browser' || row.session_kind === 'token' ? row.session_kind : null,
    startedAt: instantOf(row.started_at),
    lastSeenAt: instantOf(row.seen_at),
    signedInAt: known(row.begun_at),
    endedAt: signedOut ? left : revoked,
    end: signedOut ? 'signed-out' : revoked === null ? null : 'revoked',
    ipAddress: addressOf(row.address),
    userAgent: row.agent,
    counts: {
      uiEvents: Number(row.ui_event_count),
      apiCalls: Number(row.api_call_count),
      apiErrors: Number(row.api_error_count),
      auditRecords: Number(row.audit_record_count),
      changes: Number(row.change_count),
      denials: Number(row.denial_count),
    },
  };
}

const known = (text: string) => (text.startsWith('1970-01-01 00:00:00') ? null : instantOf(text));
