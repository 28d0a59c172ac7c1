import type { Context } from '../context.ts';
import type { EventType } from '../notifications/events.ts';
import { notify } from '../notifications/notify.ts';

type OperationEvent = Extract<EventType, `operation.${string}`>;

interface Told {
  id: string | null;
  type: string;
  phase: string;
  actor_admin_id: string;
  items_total: number;
  items_done: number;
  items_failed: number;
  failure_reason: string | null;
}

/** Tells whoever wants to know. What it says leads to the operation, and holds nothing of its targets. */
export const notifyOf = (ctx: Context, event: OperationEvent, row: Told, owners?: string[]): Promise<void> =>
  notify(ctx, event, {
    ...(owners ? { owners } : {}),
    operationId: row.id ?? '',
    operationType: row.type,
    phase: row.phase,
    requestedBy: row.actor_admin_id,
    itemsTotal: row.items_total,
    itemsDone: row.items_done,
    itemsFailed: row.items_failed,
    failureReason: row.failure_reason,
  });
