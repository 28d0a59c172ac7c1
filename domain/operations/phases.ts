import type { OperationStatus } from './schema.ts';

/** Where an operation stands. What the specification's status leaves open. */
export const PHASES = [
  'planned',
  'awaiting_approval',
  'approved',
  'queued',
  'running',
  'paused',
  'cancelling',
  'completed',
  'incomplete',
  'failed',
  'cancelled',
  'rejected',
  'expired',
  'undoing',
  'undone',
] as const;
export type Phase = (typeof PHASES)[number];

/** The specification's status of each phase. `incomplete`: every item had its turn, and some failed. */
export const STATUS_OF: Readonly<Record<Phase, OperationStatus>> = {
  planned: 'pending',
  awaiting_approval: 'pending',
  approved: 'pending',
  queued: 'pending',
  running: 'running',
  paused: 'running',
  cancelling: 'running',
  completed: 'completed',
  incomplete: 'failed',
  failed: 'failed',
  cancelled: 'failed',
  rejected: 'failed',
  expired: 'failed',
  undoing: 'running',
  undone: 'completed',
};

/**
 * Every change of phase there is: what happens → from which phase → to which one. What is not here is refused with `conflict`.
 *
 * The first nine are what people do, the others what runs and sweeps do. `agree` is an approval that completes the quorum,
 * `approve` one that does not yet; `break_glass` is a start without the others' word.
 */
export const TRANSITIONS = {
  approve: { awaiting_approval: 'awaiting_approval' },
  agree: { awaiting_approval: 'approved' },
  reject: { awaiting_approval: 'rejected', approved: 'rejected' },
  start: { planned: 'queued', approved: 'queued' },
  break_glass: { awaiting_approval: 'queued' },
  pause: { running: 'paused' },
  resume: { paused: 'running' },
  cancel: {
    planned: 'cancelled',
    awaiting_approval: 'cancelled',
    approved: 'cancelled',
    queued: 'cancelled',
    running: 'cancelling',
    paused: 'cancelling',
  },
  undo: { completed: 'undoing', incomplete: 'undoing', failed: 'undoing', cancelled: 'undoing', undone: 'undoing' },
  retry_failed: { incomplete: 'running', failed: 'running' },
  claim: { queued: 'running', running: 'running', cancelling: 'cancelled', undoing: 'undoing' },
  complete: { running: 'completed' },
  complete_with_failures: { running: 'incomplete' },
  complete_undo: { undoing: 'undone' },
  fail: { queued: 'failed', running: 'failed', cancelling: 'failed', undoing: 'failed' },
  expire: { awaiting_approval: 'expired', approved: 'expired' },
} as const satisfies Record<string, Partial<Record<Phase, Phase>>>;

export type Happening = keyof typeof TRANSITIONS;

/** The phase after it; null where it may not happen. */
export const after = (happening: Happening, phase: Phase): Phase | null =>
  (TRANSITIONS[happening] as Partial<Record<Phase, Phase>>)[phase] ?? null;

/** What people do, as the API's paths have it. */
const VERBS = {
  approve: 'approve',
  reject: 'reject',
  start: 'start',
  break_glass: 'start with breakGlass',
  pause: 'pause',
  resume: 'resume',
  cancel: 'cancel',
  undo: 'undo',
  retry_failed: 'retry-failed',
} as const satisfies Partial<Record<Happening, string>>;

/** What people may do with an operation that stands there. */
export const verbsAt = (phase: Phase): string[] =>
  (Object.keys(VERBS) as (keyof typeof VERBS)[])
    .filter((happening) => after(happening, phase) !== null)
    .map((happening) => VERBS[happening]);

/** JSON of a row of the table for a statement: from → { phase, status }. */
export const movesOf = (happening: Happening): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(TRANSITIONS[happening]).map(([from, phase]) => [
        from,
        { phase, status: STATUS_OF[phase as Phase] },
      ]),
    ),
  );

/** Nothing more happens by itself. */
export const hasEnded = (phase: Phase): boolean => after('claim', phase) === null && after('cancel', phase) === null;
