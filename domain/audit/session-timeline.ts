import { findSession } from '../../clickhouse/queries/list-sessions.ts';
import { sessionTimeline, type TimelineRow } from '../../clickhouse/queries/session-timeline.ts';
import type { Standing } from '../access/standing.ts';
import type { CallerContext } from '../context.ts';
import { NotFound } from '../errors.ts';
import { apiLogSummaryView } from './api-logs.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { summaryOf } from './read-logs.ts';
import { readableServices } from './readable-services.ts';
import { answered } from './search.ts';
import type { SessionView, TimelineItem, TimelineQuery } from './session-schema.ts';
import { ACTION, sessionView } from './sessions.ts';
import { instantOf } from './stored-row.ts';
import { uiEventView } from './ui-events.ts';

export interface Timeline {
  session: SessionView;
  items: TimelineItem[];
  nextCursor: string | null;
  /** From the first to the last that is known of the session. */
  range: { from: string; to: string };
}

/**
 * One page of what happened in a session, oldest first: what the caller may read of it.
 * @throws NotFound also for a session in which nothing of theirs happened; Unauthenticated, Malformed, Unavailable
 */
export async function readTimeline(
  ctx: CallerContext,
  standing: Standing,
  sessionId: string,
  { limit, cursor, kind }: TimelineQuery,
): Promise<Timeline> {
  const search = { list: 'timeline', sessionId, kind };
  const [timestamp, id] = (cursor ? await decodeCursor(search, cursor, ['time', 'uuid']) : { key: [] }).key;
  const services = await readableServices(ctx, standing, ACTION, null);
  const known = await answered(findSession(ctx.clickhouse.reader, sessionId, services));
  const [owner] = known;
  if (!owner) throw new NotFound();
  // A stranger who came with the session's id was refused, and that is part of what happened.
  const from = known.map(({ started_at }) => started_at).reduce((a, b) => (a < b ? a : b));
  const to = known.map(({ seen_at }) => seen_at).reduce((a, b) => (a > b ? a : b));
  const range = { from: instantOf(from), to: instantOf(to) };
  const rows = await answered(
    sessionTimeline(ctx.clickhouse.reader, {
      ...{ sessionId, from, to, services, kinds: kind ? [kind] : ['ui-event', 'api-call', 'audit'] },
      after: timestamp && id ? { timestamp, id } : null,
      limit: limit + 1,
    }),
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1)?.row;
  const more = rows.length > limit && last;
  return {
    session: sessionView(owner),
    items: page.map(itemOf),
    nextCursor: more ? await encodeCursor(search, { range, key: [last.timestamp, last.id] }) : null,
    range,
  };
}

function itemOf(found: TimelineRow): TimelineItem {
  if (found.kind === 'ui-event') return { kind: 'ui-event', attestedBy: 'client', entry: uiEventView(found.row) };
  if (found.kind === 'api-call') return { kind: 'api-call', attestedBy: 'server', entry: apiLogSummaryView(found.row) };
  return { kind: 'audit', attestedBy: 'server', entry: summaryOf(found.row) };
}
