import type { Fate, Said } from './operations-line.ts';
import { besides, crash, deliver, LEASE_MS, pause, type Stage } from './operations-stage.ts';
import { isAbout, stepOf, tokenIn } from './operations-statements.ts';

/**
 * What happens when an operation's run says a statement. `kill`: kill -9 before it reaches Postgres; `kill-done`: when Postgres has
 * done it and nobody knows; `kill-late`: and it arrives when another run has taken over; `kill-soon`: at a random moment after it.
 * `stale`: it is held up until the lock has run out and another run has taken it. `deliver-again`: two or three more runs at
 * once. `away`: Postgres, for a while. `deaf`: Postgres does all it is told and no reply arrives, for a while. `people`: somebody
 * pauses and resumes, or cancels.
 */
export const DISASTERS = [
  'kill',
  'kill-done',
  'kill-late',
  'kill-soon',
  'stale',
  'deliver-again',
  'away',
  'deaf',
  'refuse',
  'lose-reply',
  'people',
] as const;
export type DisasterKind = (typeof DISASTERS)[number];

export interface Disaster {
  kind: DisasterKind;
  /** See `stepOf`. */
  step: number;
  /** Of an outage; else it is chosen. */
  ms?: number;
}

export interface Trial {
  operationId: string;
  total: number;
  batches: number;
  disasters: readonly Disaster[];
  people(): Promise<unknown>;
  /** Told of each that was met, and at which step. */
  met(kind: DisasterKind, step: number): void;
}

/** How long a statement is held up at most: longer than a lease, shorter than its client waits. */
const HELD_MS = 8_000;

/** From now on these happen to the operation, each once, at its step or the next one that comes. */
export function strike(stage: Stage, trial: Trial): void {
  const coming = [...trial.disasters];
  let outage: { fate: Fate; until: number } = { fate: 'none', until: 0 };
  const outageOf = (fate: Fate, ms = 300 + stage.series.random() * 1500): Fate => {
    outage = { fate, until: Date.now() + ms };
    return fate;
  };
  stage.line.decide((said) => {
    if (Date.now() < outage.until) return outage.fate;
    const step = isAbout(said, trial.operationId) ? stepOf(said, trial) : null;
    const next = step === null ? -1 : coming.findIndex((each) => each.step <= step);
    const [disaster] = next < 0 ? [] : coming.splice(next, 1);
    if (!disaster || step === null) return 'none';
    trial.met(disaster.kind, step);
    if (disaster.kind === 'away') return outageOf('refuse', disaster.ms);
    if (disaster.kind === 'deaf') return outageOf('lose-reply', disaster.ms);
    return meet(stage, disaster.kind, said, trial);
  });
}

function meet(
  stage: Stage,
  kind: Exclude<DisasterKind, 'away' | 'deaf'>,
  said: Said,
  { operationId, people }: Trial,
): Fate | Promise<Fate> {
  switch (kind) {
    case 'kill':
      crash(stage);
      return 'hang';
    case 'kill-done':
      stage.line.onceDone(said, () => crash(stage));
      return 'hold-reply';
    case 'kill-late':
      crash(stage);
      return heldUp(stage, said, operationId);
    case 'kill-soon':
      besides(
        stage,
        pause(stage.series.random() * 60).then(() => crash(stage)),
      );
      return 'none';
    case 'stale':
      return heldUp(stage, said, operationId);
    case 'deliver-again':
      void deliver(stage, operationId, 2 + Math.floor(stage.series.random() * 2));
      return 'none';
    case 'people':
      besides(stage, people());
      return 'none';
    default:
      return kind;
  }
}

/** Until another run has taken the lock that it was said under, and has perhaps done something. */
async function heldUp(stage: Stage, said: Said, operationId: string): Promise<Fate> {
  const end = Date.now() + HELD_MS;
  await pause(LEASE_MS);
  while (Date.now() < end && !(await isOver(stage, said, operationId))) {
    void deliver(stage, operationId);
    await pause(300);
  }
  await pause(stage.series.random() * 150);
  return 'none';
}

async function isOver({ app, overtaken }: Stage, said: Said, operationId: string): Promise<boolean> {
  const { rows } = await app.db.query(
    `SELECT coalesce(l.token > $2, false) AS newer, o.finished_at IS NOT NULL AS ended
     FROM admin_operations o LEFT JOIN operation_locks l ON l.name = ANY (o.locks) WHERE o.id = $1`,
    [operationId, tokenIn(said)],
  );
  if (rows[0].newer) overtaken.add(said);
  return rows[0].newer || rows[0].ended;
}
