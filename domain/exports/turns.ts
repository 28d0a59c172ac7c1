/**
 * Who may work on an export now, when there are more exports than places. Only fairness and load depend on it: whatever it
 * answers, an export's own lock and fence keep its file right.
 *
 * Of those who wait, the admin with the fewest places goes first, then the one served longest ago; of one admin's exports the
 * one that had no turn yet, or had its turn longest ago. So nobody's many hold up another one's only, and a long export
 * hardly holds up a short one.
 *
 * All times are milliseconds since the epoch.
 */
export interface Turns {
  /** Counts whatever must be told apart by its order. */
  count: number;
  /** By export. */
  holders: Map<string, Holder>;
  /** By export; who was heard of longest ago is first. */
  waiting: Map<string, Waiter>;
  /** By admin and by export: the last time it was given a place or left one. */
  served: Map<string, { order: number; at: number }>;
}

interface Holder {
  adminId: string;
  enteredAt: number;
  expiresAt: number;
}

interface Waiter {
  adminId: string;
  order: number;
  heardAt: number;
  /** When a holder was last told to make way for it. */
  wayMadeAt: number;
}

export interface TurnLimits {
  /** Exports at work at once. */
  all: number;
  /** Of one admin. */
  perAdmin: number;
}

/** So long a holder works undisturbed by an export that had no turn yet … */
export const SLICE_MS = 500;
/** … and by one that had: changing over costs a trip through the queue, so those who all need many turns take longer ones. */
export const LONG_SLICE_MS = 5_000;
/** Who was not heard of for so long has lost its place in the line: its message is lost, and a sweep will send another. */
export const FORGOTTEN_MS = 60_000;
/** Who was not heard of for so long holds up nobody who is here. */
export const PATIENCE_MS = 5_000;
/** A waiting export is delivered anew every second. Whose message does not come by then is behind other messages. */
export const STUCK_MS = 1_000;
/** One holder makes way for one that waits; only when that was in vain does another one. */
export const WAY_MS = 500;
/** Bounds what is stored and looked through. */
const MAX_KNOWN = 1_000;

export const noTurns = (): Turns => ({ count: 0, holders: new Map(), waiting: new Map(), served: new Map() });

/** An export waits for its turn from now on, unless it does already or is at work. */
export function arrive(turns: Turns, exportId: string, adminId: string, now: number): void {
  tidy(turns, now);
  if (!turns.holders.has(exportId)) hear(turns, exportId, adminId, now);
}

/** Gives the export a place for the time of a lease, or lets it wait. Whoever has a place keeps it. */
export function enter(
  turns: Turns,
  exportId: string,
  adminId: string,
  limits: TurnLimits,
  leaseMs: number,
  now: number,
): boolean {
  tidy(turns, now);
  const holder = turns.holders.get(exportId);
  if (holder) holder.expiresAt = now + leaseMs;
  else {
    hear(turns, exportId, adminId, now);
    if (!isItsTurn(turns, exportId, limits, now)) return false;
    take(turns, exportId, adminId, leaseMs, now);
  }
  return true;
}

/**
 * Prolongs the lease. Who had lost its place, because its lease ended or the list was lost, gets it back if it is still free.
 * @returns `held` false: stop. `yield`: leave, and come back by a message, because somebody waits who could have this place
 */
export function goOn(
  turns: Turns,
  exportId: string,
  adminId: string,
  limits: TurnLimits,
  leaseMs: number,
  now: number,
): { held: boolean; yield: boolean } {
  tidy(turns, now);
  const held = placesOf(turns);
  let holder = turns.holders.get(exportId);
  if (!holder) {
    if (turns.holders.size >= limits.all || (held.get(adminId) ?? 0) >= limits.perAdmin)
      return { held: false, yield: true };
    holder = take(turns, exportId, adminId, leaseMs, now);
  } else held.set(holder.adminId, (held.get(holder.adminId) ?? 1) - 1);
  holder.expiresAt = now + leaseMs;
  const worked = now - holder.enteredAt;
  if (worked < SLICE_MS || turns.holders.size > limits.all) return { held: true, yield: false };
  const line = [...turns.waiting].filter(
    ([id, waiter]) => now - waiter.wayMadeAt >= WAY_MS && (worked >= LONG_SLICE_MS || !turns.served.has(id)),
  );
  const next = firstOf(turns, line, held, limits);
  if (next) next[1].wayMadeAt = now;
  return { held: true, yield: next !== undefined };
}

/**
 * Gives the place back, or no longer waits for one.
 * @param comesBack it waits for its next turn from now on; `unserved`: it could not use this one, and counts as having had none
 */
export function leave(turns: Turns, exportId: string, comesBack: boolean | 'unserved', now: number): void {
  tidy(turns, now);
  const holder = turns.holders.get(exportId);
  turns.holders.delete(exportId);
  turns.waiting.delete(exportId);
  if (!holder) return;
  serve(turns, exportId, holder.adminId, now);
  if (comesBack === 'unserved') turns.served.delete(exportId);
  if (comesBack) hear(turns, exportId, holder.adminId, now);
}

/** Waits no longer: it was paused or cancelled. At work, it keeps its place until it has left. */
export function withdraw(turns: Turns, exportId: string, now: number): void {
  tidy(turns, now);
  turns.waiting.delete(exportId);
}

type Line = [exportId: string, waiter: Waiter][];

/** Gives the free places away, to the first in line each; true if this export is among them. */
function isItsTurn(turns: Turns, exportId: string, limits: TurnLimits, now: number): boolean {
  const held = placesOf(turns);
  let line: Line = [...turns.waiting].filter(([id, { heardAt }]) => id === exportId || now - heardAt < PATIENCE_MS);
  for (let free = limits.all - turns.holders.size; free > 0; free--) {
    const first = firstOf(turns, line, held, limits);
    if (!first || first[0] === exportId) return first !== undefined;
    // A queue may deliver one message after the other: only if this one ends at once, that one's comes.
    if (now - first[1].heardAt >= STUCK_MS && precedes(turns, first, exportId)) return false;
    held.set(first[1].adminId, (held.get(first[1].adminId) ?? 0) + 1);
    line = line.filter((each) => each !== first);
  }
  return false;
}

/** By more than its place in the line of one admin's exports. */
function precedes(turns: Turns, [id, { adminId }]: Line[number], exportId: string): boolean {
  return turns.waiting.get(exportId)?.adminId !== adminId || (!turns.served.has(id) && turns.served.has(exportId));
}

function firstOf(turns: Turns, line: Line, held: Map<string, number>, limits: TurnLimits): Line[number] | undefined {
  const places = (adminId: string) => held.get(adminId) ?? 0;
  const served = (id: string) => turns.served.get(id)?.order ?? 0;
  let first: Line[number] | undefined;
  for (const each of line) {
    if (places(each[1].adminId) >= limits.perAdmin) continue;
    if (!first) {
      first = each;
      continue;
    }
    const [[id, a], [firstId, b]] = [each, first];
    const order =
      places(a.adminId) - places(b.adminId) ||
      served(a.adminId) - served(b.adminId) ||
      served(id) - served(firstId) ||
      a.order - b.order;
    if (order < 0) first = each;
  }
  return first;
}

function placesOf(turns: Turns): Map<string, number> {
  const held = new Map<string, number>();
  for (const { adminId } of turns.holders.values()) held.set(adminId, (held.get(adminId) ?? 0) + 1);
  return held;
}

function take(turns: Turns, exportId: string, adminId: string, leaseMs: number, now: number): Holder {
  const holder = { adminId, enteredAt: now, expiresAt: now + leaseMs };
  turns.holders.set(exportId, holder);
  turns.waiting.delete(exportId);
  serve(turns, exportId, adminId, now);
  return holder;
}

function hear(turns: Turns, exportId: string, adminId: string, now: number): void {
  const known = turns.waiting.get(exportId) ?? { adminId, order: ++turns.count, wayMadeAt: 0 };
  put(turns.waiting, exportId, { ...known, heardAt: now });
}

function serve(turns: Turns, exportId: string, adminId: string, now: number): void {
  for (const id of [adminId, exportId]) put(turns.served, id, { order: ++turns.count, at: now });
}

/** A Map keeps the order of insertion: the newest is last, and the oldest goes when there are too many. */
function put<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MAX_KNOWN) map.delete(map.keys().next().value as string);
}

function tidy({ holders, waiting, served }: Turns, now: number): void {
  for (const [id, { expiresAt }] of holders) if (now >= expiresAt) holders.delete(id);
  for (const [id, { heardAt }] of waiting) if (now - heardAt >= FORGOTTEN_MS) waiting.delete(id);
  for (const [id, { at }] of served) if (now - at >= FORGOTTEN_MS) served.delete(id);
}
