import {
  type EventRow,
  type EventTable,
  findPacks,
  insertEvents,
  insertFailure,
  typeOf,
} from '../../clickhouse/queries/insert-events.ts';
import type { EventsMessage } from '../../queues/messages.ts';
import type { Context } from '../context.ts';

/** Held while events are being stored. */
export const EVENTS_LOCK = 'ingest:audit-events';
const TRIES = 3;
const PAUSE_MS = 100;

type Storing = Pick<Context, 'clickhouse' | 'locks' | 'settings' | 'newId' | 'log'>;
type Kind = 'uiEvents' | 'apiLogs';

const TABLES: Record<Kind, EventTable> = { uiEvents: 'audit_db.admin_ui_events', apiLogs: 'audit_db.admin_api_logs' };

/** Somebody else stores events; nothing was done. */
export class StoreBusy extends Error {
  override name = 'StoreBusy';
}

/** An insert may be at work or done. The lease was left to run out: whoever looks next, looks after the insert has ended. */
export class OutcomeUnknown extends Error {
  override name = 'OutcomeUnknown';
}

/**
 * Stores the rows of these messages, each once whatever was delivered before, and returns once ClickHouse has confirmed them.
 *
 * Under a lease: ask which messages' rows are there already, insert the others' as one block a table. A block is there wholly or
 * not at all, so a message needs no more than its id to be known by. See docs/architecture/adr/0009-ingestion.md.
 * @returns why ClickHouse refuses a message's rows, by pack id; the others are stored
 * @throws StoreBusy, OutcomeUnknown, or the error that kept rows from being stored; some may be
 */
export async function storeEvents(ctx: Storing, messages: readonly EventsMessage[]): Promise<Map<string, string>> {
  const lease = await ctx.locks.acquire(EVENTS_LOCK, ctx.newId(), storeLeaseMs(ctx));
  if (!lease) throw new StoreBusy('events are being stored by another consumer');
  const refused = new Map<string, string>();
  try {
    const packs = [...new Map(messages.map((message) => [message.packId, message])).values()].sort(byPackId);
    for (const kind of ['uiEvents', 'apiLogs'] as const)
      await storePacks(ctx, { token: lease.token, kind, refused }, packs);
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) await release(ctx, lease.token);
    throw error;
  }
  await release(ctx, lease.token);
  return refused;
}

/**
 * An insert that began as the lease was renewed has ended before the lease does: the client waits once `eventsInsertMs`, the
 * server works less than that on what reached it by then, and a third of the lease is to spare.
 */
export const storeLeaseMs = (ctx: Pick<Context, 'settings'>) => 3 * ctx.settings.eventsInsertMs;

const byPackId = (a: EventsMessage, b: EventsMessage) => (a.packId < b.packId ? -1 : 1);

/** Its failure costs the others a lease's time and nothing else. */
async function release(ctx: Storing, token: number): Promise<void> {
  await ctx.locks
    .release(EVENTS_LOCK, token)
    .catch((error) => ctx.log.error('the lease runs out by itself', { error }));
}

interface Part {
  /** Of the lease. */
  token: number;
  kind: Kind;
  refused: Map<string, string>;
}

async function storePacks(ctx: Storing, part: Part, packs: readonly EventsMessage[]): Promise<void> {
  const concerned = packs.filter((pack) => pack[part.kind].length > 0);
  if (concerned.length === 0) return;
  const stored = await findPacks(ctx.clickhouse.reader, TABLES[part.kind], {
    packIds: concerned.map(({ packId }) => packId),
    ...rangeOf(concerned, part.kind),
    timeoutMs: ctx.settings.eventsInsertMs,
  });
  await insertPacks(
    ctx,
    part,
    concerned.filter(({ packId }) => !stored.has(packId)),
  );
}

function rangeOf(packs: readonly EventsMessage[], kind: Kind): { from: string; to: string } {
  const range = { from: '9', to: '' };
  for (const pack of packs)
    for (const { timestamp } of pack[kind]) {
      if (timestamp < range.from) range.from = timestamp;
      if (timestamp > range.to) range.to = timestamp;
    }
  return range;
}

/**
 * Halves go their own ways when rows are refused, until whoever is to blame is alone, and when they are too much at once. Each
 * looks again: the error may have been a materialised view's, after the table had taken the rows.
 */
async function insertPacks(ctx: Storing, part: Part, packs: readonly EventsMessage[]): Promise<void> {
  const [first] = packs;
  if (!first) return;
  const failure = await insertBlock(ctx, part, packs);
  if (!failure) return;
  ctx.log.error('an insert is halved', { error: failure.error, table: TABLES[part.kind], messages: packs.length });
  if (packs.length === 1) {
    part.refused.set(first.packId, `ClickHouse refuses its rows: ${typeOf(failure.error)}`);
    return;
  }
  const half = Math.ceil(packs.length / 2);
  await storePacks(ctx, part, packs.slice(0, half));
  await storePacks(ctx, part, packs.slice(half));
}

/**
 * One insert, said again under the same token when it failed: what is there already is left out then, also where only a
 * materialised view lacked it.
 * @returns the error when these rows are refused, or several messages' are too much at once
 */
async function insertBlock(
  ctx: Storing,
  part: Part,
  packs: readonly EventsMessage[],
): Promise<{ error: unknown } | null> {
  const rows = packs.flatMap((pack) => rowsOf(pack, part.kind));
  const token = await tokenOf(packs);
  // Whatever becomes of later attempts, an earlier one may still be at work.
  let unknown = false;
  for (let attempt = 1; ; attempt++) {
    await holdOn(ctx, part, unknown);
    try {
      const timeoutMs = ctx.settings.eventsInsertMs;
      await insertEvents(ctx.clickhouse.writer, TABLES[part.kind], rows, { token, timeoutMs });
      return null;
    } catch (error) {
      const failure = insertFailure(error);
      if (failure === 'refused') return { error };
      unknown ||= failure === 'unknown';
      if (failure === 'too-much' && !unknown && packs.length > 1) return { error };
      ctx.log.error('an insert of events failed', { error, attempt, unknown, messages: packs.length });
      if (attempt === TRIES)
        throw unknown ? new OutcomeUnknown('events may be stored or not', { cause: error }) : error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
    }
  }
}

/** Renews the lease. That also proves that nobody has taken it since the check, so what the check found still holds. */
async function holdOn(ctx: Storing, part: Part, unknown: boolean): Promise<void> {
  const [held, cause] = await ctx.locks.renew(EVENTS_LOCK, part.token, storeLeaseMs(ctx)).then(
    (renewed) => [renewed, undefined],
    (error) => [false, error],
  );
  if (held) return;
  if (unknown) throw new OutcomeUnknown('the lease could not be renewed between two attempts', { cause });
  throw new StoreBusy('the lease could not be renewed before an insert', { cause });
}

function rowsOf(pack: EventsMessage, kind: Kind): EventRow[] {
  const added = { pack_id: pack.packId, accepted_at: pack.acceptedAt.replace('T', ' ').replace('Z', '') };
  return pack[kind].map((row) => ({ ...row, ...added }));
}

/** Names these messages in this order; the same messages always have the same rows. */
async function tokenOf(packs: readonly EventsMessage[]): Promise<string> {
  const ids = new TextEncoder().encode(packs.map(({ packId }) => packId).join());
  return new Uint8Array(await crypto.subtle.digest('SHA-256', ids)).toHex();
}
