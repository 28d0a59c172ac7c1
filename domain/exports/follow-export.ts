import { authorise } from '../access/authorise.ts';
import { SLOT_MS, type Slot, STREAM_MS, takeSlot } from '../access/stream-slots.ts';
import type { CallerContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import type { ExportSnapshot } from './progress.ts';
import { readExport, snapshotOf } from './read-export.ts';
import type { ExportView } from './schema.ts';

/** So often the caller's right and the export's row are looked at again. */
const CHECK_MS = 5_000;
/** Said after each look: only a write finds out that the client has gone. */
const STILL_HERE = new TextEncoder().encode(': still here\n\n');

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * An export's progress as server-sent events, from its object. The object may forget and reports to it may be lost, so the row
 * is read now and then and told to the object, which tells all who follow.
 * @param signal aborted when nobody listens any more
 * @throws NotFound, DomainError rate_limited before the first event; later those of `authorise` when the right has gone
 */
export async function followExport(
  ctx: CallerContext,
  exportId: string,
  signal: AbortSignal,
): Promise<AsyncGenerator<Uint8Array, void, undefined>> {
  const view = await readExport(ctx, exportId);
  const slot = await takeSlot(ctx, 'export-events');
  return follow(ctx, view, slot, signal);
}

async function* follow(
  ctx: CallerContext,
  view: ExportView,
  slot: Slot,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const end = ctx.now() + STREAM_MS;
  const gone = new Promise<'gone'>((resolve) => signal.addEventListener('abort', () => resolve('gone')));
  let reader: Reader | null = null;
  try {
    reader = await open(ctx, snapshotOf(view), view.id);
    let reading = reader && read(reader);
    let checkAt = ctx.now() + CHECK_MS;
    while (ctx.now() < end && !signal.aborted) {
      const next = ctx.now() < checkAt ? await oneOf(reading, gone, checkAt - ctx.now()) : 'check';
      if (next === 'gone') return;
      if (next === 'broken') {
        reading = null;
      } else if (next === 'check') {
        const snapshot = await lookAgain(ctx, view.id, slot);
        if (snapshot && reading) await ctx.exportRuns.learn(view.id, snapshot).catch(() => undefined);
        else if (snapshot) {
          reader = await open(ctx, snapshot, view.id);
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

/** null when the export's object cannot be reached: later it can. */
async function open(ctx: CallerContext, initial: ExportSnapshot, exportId: string): Promise<Reader | null> {
  try {
    return (await ctx.exportRuns.follow(exportId, initial)).getReader();
  } catch (error) {
    ctx.log.error('an export’s events wait for its object', { error, exportId });
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

/** May the caller go on, and how far is the export by its row? null: the row cannot be read right now. */
async function lookAgain(ctx: CallerContext, exportId: string, slot: Slot): Promise<ExportSnapshot | null> {
  const { subject, sessionId } = ctx.caller;
  if (!(await ctx.locks.renew(slot.name, slot.token, SLOT_MS)))
    throw new DomainError('rate_limited', 'Another stream has taken the place of this one.');
  const entry = await ctx.guards.enter(subject, sessionId, null);
  await authorise(ctx, entry, { action: 'export.read', serviceId: null, resourceId: exportId });
  try {
    return snapshotOf(await readExport(ctx, exportId));
  } catch (error) {
    if (error instanceof DomainError && error.code !== 'dependency_unavailable') throw error;
    ctx.log.error('an export’s events wait for the database', { error, exportId });
    return null;
  }
}
