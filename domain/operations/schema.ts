import type { Phase } from './phases.ts';
import type { OperationProgress } from './progress.ts';

export const OPERATION_STATUSES = ['pending', 'running', 'completed', 'failed'] as const;
export type OperationStatus = (typeof OPERATION_STATUSES)[number];

/**
 * routine: starts at once. destructive: what it takes away can be had again, by an undo or otherwise. irreversible: it cannot.
 * The last two need the word of another admin.
 */
export const RISKS = ['routine', 'destructive', 'irreversible'] as const;
export type Risk = (typeof RISKS)[number];

/** What an operation will do, before it does anything. */
export interface PlanView {
  /** SHA-256, hexadecimal, of type, target, parameters and the frozen targets; null: there are none. */
  hash: string | null;
  itemsTotal: number;
  kinds: Record<string, number>;
  /** The first targets. */
  sample: { kind: string; id: string; label: string; flag: string | null }[];
  /** What somebody should know before they agree. */
  warnings: string[];
  /** Which kinds an undo puts back; of the others, why it cannot. */
  undo: Record<string, true | string>;
}

export interface ApprovalView {
  needed: number;
  /** One of these roles is needed besides operations.approve; empty: any. */
  roles: string[];
  expiresAt: string | null;
  decisions: { adminId: string; email: string; decision: 'approve' | 'reject'; reason: string; createdAt: string }[];
}

export interface OperationView {
  id: string;
  type: string;
  risk: Risk;
  actorAdminId: string;
  targetType: string;
  targetId: string | null;
  parameters: Record<string, unknown>;
  reason: string;
  status: OperationStatus;
  phase: Phase;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  plan: PlanView;
  approval: ApprovalView;
  startedBy: string | null;
  /** Started without the others' word; `reviewedAt` null: nobody has looked at it since. */
  breakGlass: { reviewedBy: string | null; reviewedAt: string | null } | null;
  /** Have had their turn, whatever came of it. Of an undo: of the undo, and so is `activeMs`. */
  itemsDone: number;
  itemsFailed: number;
  itemsSkipped: number;
  itemsUndone: number;
  /** Milliseconds at work, without waiting and pauses. */
  activeMs: number;
  progress: OperationProgress;
  /** Who has what it locks now: itself, or the operation it waits for. */
  heldBy: { lock: string; operationId: string; type: string; email: string; since: string }[];
  /** Why the last run broke off; it is tried again. */
  lastError: string | null;
  failureReason: string | null;
  scheduleId: string | null;
}
