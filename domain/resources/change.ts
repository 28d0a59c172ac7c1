import type { Call, Statement } from '../../drizzle/client.ts';
import type { ChangeInput, RemoveInput, ResourceRow } from '../../drizzle/repositories/resource.ts';
import { DRAIN } from '../../queues/messages.ts';
import { callerInput } from '../access/caller.ts';
import type { Permission } from '../access/permissions.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { Action } from '../audit/actions.ts';
import type { CallerContext } from '../context.ts';
import { runLocked } from './create.ts';
import { notTaken, type Refusals, refuse } from './refusals.ts';

/** What a PATCH's or DELETE's headers say. */
export interface Replacement {
  /** Versions If-Match names; null = any. */
  ifMatch: readonly number[] | null;
  reason: string;
}

interface Named<Key extends object> extends Replacement {
  action: Action;
  /** Placeholders that name the row. */
  key: Key;
  refusals?: Refusals;
  /** Permissions needed beside the action's. */
  more?: readonly Permission[];
  /** Runs first, in the same transaction: for guards over several rows. */
  lock?: Call;
}

export interface Change<Key extends object> extends Named<Key> {
  patch: Readonly<Record<string, unknown>>;
  /** What a conflict is told: which name is taken. */
  taken?: string;
}

/**
 * Merges a patch into one row; one that changes nothing writes nothing.
 * @returns the row afterwards, and whether it changed
 * @throws NotFound, DomainError forbidden | stale_version | conflict, and what `refusals` say
 */
export async function change<Item, Key extends object>(
  ctx: CallerContext,
  update: Statement<Key & ChangeInput, ResourceRow<Item>>,
  o: Change<Key>,
): Promise<{ item: Item; changed: boolean }> {
  const input = {
    ...callerInput(ctx, o.action, o.reason, o.more),
    ...o.key,
    patch: JSON.stringify(o.patch),
    ifMatch: o.ifMatch,
  };
  const row = await notTaken(runLocked(ctx, o.lock, update, input), o.taken ?? 'Another one has this name.');
  const { outcome, item, detail } = assertAllowed(ctx, row);
  if ((outcome !== 'changed' && outcome !== 'unchanged') || !item) return refuse(outcome, o.refusals ?? {}, detail);
  if (outcome === 'changed') ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  return { item, changed: outcome === 'changed' };
}

/**
 * Removes one row.
 * @returns what it was
 * @throws NotFound, DomainError forbidden | stale_version, and what `refusals` say
 */
export async function remove<Item, Key extends object>(
  ctx: CallerContext,
  statement: Statement<Key & RemoveInput, ResourceRow<Item>>,
  o: Named<Key>,
): Promise<Item> {
  const input = { ...callerInput(ctx, o.action, o.reason, o.more), ...o.key, ifMatch: o.ifMatch };
  const { outcome, item, detail } = assertAllowed(ctx, await runLocked(ctx, o.lock, statement, input));
  if (outcome !== 'removed' || !item) return refuse(outcome, o.refusals ?? {}, detail);
  ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  return item;
}
