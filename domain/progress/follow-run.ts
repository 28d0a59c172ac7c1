import { authorise } from '../access/authorise.ts';
import { SLOT_MS, type Slot, STREAM_MS, takeSlot } from '../access/stream-slots.ts';
import type { CallerContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import type { RunFeeds } from './run-kind.ts';

/** So often the caller's right and the run's row are looked at again. */
const CHECK_MS = 5_000;
/** Said after each look: only a write finds out that the client has gone. */
const STILL_HERE = new TextEncoder().encode(': still here\n\n');

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** What is followed. */
export interface Followed<Snapshot> {
  /** Gives the names of the action that is asked about and of the streams an admin may have. */
  kind: 'export' | 'operation';
  /** As the row has it: the run reports to the object of that name. */
  id: string;
  /** The row as the caller may see it, read just now. */
  initial: Snapshot;
  /** Reads it again. @throws DomainError when the caller may not see it any more */
  read(): Promise<Snapshot>;
  feeds: Pick<RunFeeds<Snapshot>, 'learn' | 'follow'>;
}

/**
 * A run's progress as server-sent events, from its object. The object may forget and reports to it may be lost, so the row
 * is read now and then and told to the object, which tells all who follow.
 * @param signal aborted when nobody listens any more
 * @throws DomainError rate_limited before the first event; later those of `authorise` and `read` when the right has gone
 */
export async function followRun<Snapshot>(
  ctx: CallerContext,
  followed: Followed<Snapshot>,
  signal: AbortSignal,
): Promise<AsyncGenerator<Uint8Array, void, undefined>> {
  const slot = await takeSlot(ctx, `${followed.kind}-events`);
  return follow(ctx, followed, slot, signal);
}

async function* follow<Snapshot>(
  ctx: CallerContext,
  followed: Followed<Snapshot>,
  slot: Slot,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const end = ctx.now() + STREAM_MS;
  const gone = new Promise<'gone'>((resolve) => signal.addEventListener('abort', () => resolve('gone')));
  let reader: Reader | null = null;
  try {
    reader = await open(ctx, followed, followed.initial);
    let reading = reader && read(reader);
    let checkAt = ctx.now() + CHECK_MS;
    while (ctx.now() < end && !signal.aborted) {
      const next = ctx.now() < checkAt ? await oneOf(reading, gone, checkAt - ctx.now()) : 'check';
      if (next === 'gone') return;
      if (next === 'broken') {
        reading = null;
      } else if (next === 'check') {
        const snapshot = await lookAgain(ctx, followed, slot);
        if (snapshot && reading) await followed.feeds.learn(followed.id, snapshot).catch(() => undefined);
        else if (snapshot) {
          reader = await open(ctx, followed, snapshot);
          reading = reader && read(reader);
        }
        checkAt = ctx.now() + CHECK_MS;
        yield STILL_HERE;
      } else if (next.done) return;
      else {
        yield next.value;
        reading = reader && read(reader);
      }
    }
  } finally {
    await reader?.cancel().catch(() => undefined);
    await ctx.locks.release(slot.name, slot.token);
  }
}

/** null when the run's object cannot be reached: later it can. */
async function open<Snapshot>(
  ctx: CallerContext,
  { kind, id, feeds }: Followed<Snapshot>,
  initial: Snapshot,
): Promise<Reader | null> {
  try {
    return (await feeds.follow(id, initial)).getReader();
  } catch (error) {
    ctx.log.error(`an ${kind}’s events wait for its object`, { error, [`${kind}Id`]: id });
    return null;
  }
}

const read = (reader: Reader) => reader.read().catch(() => 'broken' as const);

/** Whatever comes first; 'check' when nothing does in time. */
async function oneOf<Result>(reading: Promise<Result> | null, gone: Promise<'gone'>, ms: number) {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const inTime = new Promise<'check'>((resolve) => {
    timer = setTimeout(() => resolve('check'), ms);
  });
  const first = await Promise.race([...(reading ? [reading] : []), gone, inTime]);
  clearTimeout(timer);
  return first;
}

/** May the caller go on, and how far is the run by its row? null: the row cannot be read right now. */
async function lookAgain<Snapshot>(
  ctx: CallerContext,
  followed: Followed<Snapshot>,
  slot: Slot,
): Promise<Snapshot | null> {
  const { kind, id } = followed;
  const { subject, sessionId } = ctx.caller;
  if (!(await ctx.locks.renew(slot.name, slot.token, SLOT_MS)))
    throw new DomainError('rate_limited', 'Another stream has taken the place of this one.');
  const entry = await ctx.guards.enter(subject, sessionId, null);
  await authorise(ctx, entry, { action: `${kind}.read`, serviceId: null, resourceId: id });
  try {
    return await followed.read();
  } catch (error) {
    if (error instanceof DomainError && error.code !== 'dependency_unavailable') throw error;
    ctx.log.error(`an ${kind}’s events wait for the database`, { error, [`${kind}Id`]: id });
    return null;
  }
}
