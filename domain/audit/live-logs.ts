import { type AcceptedPosition, listAccepted } from '../../clickhouse/queries/live-audit-logs.ts';
import { type Mark, settledMark } from '../../drizzle/repositories/settled-mark.ts';
import { authorise } from '../access/authorise.ts';
import type { Standing } from '../access/standing.ts';
import { SLOT_MS, type Slot, STREAM_MS, takeSlot } from '../access/stream-slots.ts';
import type { CallerContext } from '../context.ts';
import { Malformed } from '../errors.ts';
import { summaryOf } from './read-logs.ts';
import { readableServices } from './readable-services.ts';
import type { AuditLogSummaryView, LiveQuery } from './schema.ts';

const ACTION = 'audit.logs.read';
const POLL_MS = 1000;
const PAGE_ROWS = 200;
/** Behind every record of its microsecond. */
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

export type LiveEvent =
  | { kind: 'record'; id: string; record: AuditLogSummaryView }
  /** Nothing new up to here. */
  | { kind: 'position'; id: string }
  /** A store does not answer; what comes meanwhile is sent afterwards. */
  | { kind: 'waiting' };

/** `2026-11-22 08:41:01.123456` and an id as `20261122084101123456.<id>`: an event's id must be one line. */
const eventId = ({ acceptedAt, id }: AcceptedPosition) => `${acceptedAt.replace(/\D/g, '')}.${id}`;

/** @throws Malformed */
export function positionOf(lastEventId: string): AcceptedPosition {
  const [, year, month, day, h, m, s, micros, id] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{6})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(lastEventId) ??
    [];
  const acceptedAt = `${year}-${month}-${day} ${h}:${m}:${s}.${micros}`;
  if (!id || Number.isNaN(Date.parse(`${acceptedAt.replace(' ', 'T')}Z`)))
    throw new Malformed('Last-Event-ID is not one we gave; connect without it.');
  return { acceptedAt, id };
}

/** May the caller go on, and what may it read? Asked anew for every poll: a stream ends with the right to it. */
async function standingNow(ctx: CallerContext, serviceId: string | null): Promise<Standing> {
  const entry = await ctx.guards.enter(ctx.caller.subject, ctx.caller.sessionId, null);
  return authorise(ctx, entry, { action: ACTION, serviceId, resourceId: '' });
}

/**
 * New audit records in the order of their acceptance, each once, none left out; each poll's events together.
 *
 * A poll reads up to an instant by which everything accepted is in ClickHouse (the rule exports' cutoffs follow too): a record
 * that is late on its way holds the stream up instead of being missed by it.
 * @param lastEventId where an earlier stream ended; null = from now on
 * @throws Malformed, DomainError rate_limited before the first event; later those of `authorise` when the right has gone
 */
export async function openLive(
  ctx: CallerContext,
  standing: Standing,
  query: LiveQuery,
  lastEventId: string | null,
): Promise<AsyncGenerator<LiveEvent[], void, undefined>> {
  const after = lastEventId === null ? null : positionOf(lastEventId);
  await readableServices(ctx, standing, ACTION, query.serviceId ?? null);
  const [mark] = await ctx.db.exporter.run(settledMark, { cutoff: null, xid: null });
  if (!mark) throw new Error('the database gave no mark');
  const slot = await takeSlot(ctx, 'live');
  return follow(ctx, query, mark, after ?? { acceptedAt: mark.cutoff, id: LAST }, slot);
}

async function* follow(
  ctx: CallerContext,
  query: LiveQuery,
  first: Mark,
  start: AcceptedPosition,
  slot: Slot,
): AsyncGenerator<LiveEvent[], void, undefined> {
  const end = ctx.now() + STREAM_MS;
  let [mark, after] = [first, start];
  try {
    yield [{ kind: 'position', id: eventId(after) }];
    while (ctx.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      if (!(await ctx.locks.renew(slot.name, slot.token, SLOT_MS))) return;
      const standing = await standingNow(ctx, query.serviceId ?? null);
      const services = await readableServices(ctx, standing, ACTION, query.serviceId ?? null);
      try {
        const [state] = await ctx.db.exporter.run(settledMark, { cutoff: mark.cutoff, xid: mark.xid });
        if (!state?.settled) {
          yield [{ kind: 'waiting' }];
          continue;
        }
        const { serviceId: _, ...filter } = query;
        const rows = await listAccepted(ctx.clickhouse.reader, { ...filter, services }, after, mark.cutoff, PAGE_ROWS);
        const events: LiveEvent[] = rows.map((row) => ({
          kind: 'record',
          id: eventId({ acceptedAt: row.accepted_at, id: row.id }),
          record: summaryOf(row),
        }));
        const last = rows.at(-1);
        if (last && rows.length === PAGE_ROWS) after = { acceptedAt: last.accepted_at, id: last.id };
        else {
          if (mark.cutoff > after.acceptedAt) after = { acceptedAt: mark.cutoff, id: LAST };
          mark = state;
          events.push({ kind: 'position', id: eventId(after) });
        }
        yield events;
      } catch (error) {
        ctx.log.error('a live stream waits for a store', { error });
        yield [{ kind: 'waiting' }];
      }
    }
  } finally {
    await ctx.locks.release(slot.name, slot.token);
  }
}
