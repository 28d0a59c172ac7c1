/** What is believed of a run. */
export interface Known<Snapshot> {
  snapshot: Snapshot;
  /** When it was said, milliseconds since the epoch; 0: it was read. */
  reportedAt: number;
}

/** What tells runs of one kind, such as exports, from another's: a snapshot is how far one is, as it says or as its row does. */
export interface RunKind<Snapshot> {
  hasEnded(snapshot: Snapshot): boolean;
  /** Somebody has stopped it, or is about to: no run takes it further. */
  isHeld(snapshot: Snapshot): boolean;
  /** Only grows while a run is at work. */
  doneOf(snapshot: Snapshot): number;
  /** What followers are told. */
  view(snapshot: Snapshot): object;
  /** What they are told last. */
  ending(snapshot: Snapshot): object;
}

/** Everybody's way to the objects of one kind of run; one object a run, see durable-objects/run-feed.ts. */
export interface RunFeeds<Snapshot> {
  /** How far a run at work has come. Goes on beside the run. Of what is said faster than it can be sent the last is. */
  progress(id: string, snapshot: Snapshot): void;
  /** What has become of it: somebody's word, or its end. Sent as progress is. */
  report(id: string, snapshot: Snapshot): void;
  /** From somebody who has just read the run's row. */
  learn(id: string, read: Snapshot): Promise<void>;
  /** Server-sent events. `initial`: the row as read just now. */
  follow(id: string, initial: Snapshot): Promise<ReadableStream<Uint8Array>>;
}

/** What was said counts for so long more than what was read of the row: it comes later. */
const LIVE_MS = 5_000;

/**
 * Whether what a run at work says of its progress comes too late. It is said by another invocation than a pause or an end is, so that a
 * run's last word may come after it, and would take it back. Not for ever: that it goes on again may never have been heard.
 */
export const isTooLate = <Snapshot>(
  { hasEnded, isHeld }: RunKind<Snapshot>,
  known: Known<Snapshot> | undefined,
  now: number,
): boolean =>
  known !== undefined && now - known.reportedAt < LIVE_MS && (hasEnded(known.snapshot) || isHeld(known.snapshot));

/** What to believe when a run's row was read: reports of the run may be ahead of it, or may have been lost. */
export function believed<Snapshot>(
  { hasEnded, doneOf }: RunKind<Snapshot>,
  known: Known<Snapshot> | undefined,
  read: Snapshot,
  now: number,
): Snapshot {
  if (!known || now - known.reportedAt >= LIVE_MS || hasEnded(read)) return read;
  // Begun anew, more likely than read before the end: that would be put right by the next look.
  if (hasEnded(known.snapshot)) return read;
  return doneOf(read) > doneOf(known.snapshot) ? read : known.snapshot;
}
