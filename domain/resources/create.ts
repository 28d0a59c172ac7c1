import { type Call, call, type Statement } from '../../drizzle/client.ts';
import type { CreatedRow, CreateInput } from '../../drizzle/repositories/resource.ts';
import { DRAIN } from '../../queues/messages.ts';
import { callerInput } from '../access/caller.ts';
import type { Permission } from '../access/permissions.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { Action } from '../audit/actions.ts';
import type { CallerContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { hashOf, keptKey } from './idempotency.ts';
import { notTaken, type Refusals, refuse } from './refusals.ts';

/** What a POST's headers say. */
export interface Creation {
  /** The same key with the same request gives the first answer again for 24 hours. */
  idempotencyKey: string | null;
  reason: string;
}

export interface Create<Key extends object> extends Creation {
  action: Action;
  /** Of the new row, when it is needed before. */
  id?: string;
  /** Placeholders beside the caller's and the row's. */
  key: Key;
  /** What of them tells two requests apart, when some are made anew for each. */
  place?: Partial<Key>;
  /** Every field of the new row. */
  values: Readonly<Record<string, unknown>>;
  /** What a conflict is told: which name is taken. */
  taken: string;
  refusals?: Refusals;
  /** Permissions needed beside the action's. */
  more?: readonly Permission[];
  /** Runs first, in the same transaction: for guards over several rows. */
  lock?: Call;
}

/**
 * Inserts one row with its audit record and idempotency key.
 * @throws NotFound, DomainError forbidden | conflict | idempotency_key_reused, and what `refusals` say
 */
export async function create<Item, Key extends object>(
  ctx: CallerContext,
  insert: Statement<Key & CreateInput, CreatedRow<Item>>,
  o: Create<Key>,
): Promise<Item> {
  const values = JSON.stringify(o.values);
  const requestHash = await hashOf(JSON.stringify([o.place ?? o.key, o.values]));
  const input = {
    ...callerInput(ctx, o.action, o.reason, o.more),
    ...o.key,
    newId: o.id ?? ctx.newId(),
    values,
    route: o.action,
    idempotencyKey: await keptKey(o.idempotencyKey),
    requestHash,
  };
  const attempt = () => notTaken(runLocked(ctx, o.lock, insert, input), o.taken);
  let row = await attempt();
  // A request with the same key committed while this one waited for it: now its answer can be seen.
  if (row?.outcome === 'busy') row = await attempt();
  const allowed = assertAllowed(ctx, row);
  if (allowed.outcome === 'prior' && allowed.prior_hash !== requestHash)
    throw new DomainError(
      'idempotency_key_reused',
      'This Idempotency-Key was used for another request; choose a new one.',
    );
  if ((allowed.outcome !== 'made' && allowed.outcome !== 'prior') || !allowed.item)
    return refuse(allowed.outcome, o.refusals ?? {});
  if (allowed.outcome === 'made') ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  return allowed.item;
}

/** One statement, after `lock` in the same transaction when there is one: it then sees what others committed before. */
export async function runLocked<Input extends object, Row>(
  ctx: CallerContext,
  lock: Call | undefined,
  statement: Statement<Input, Row>,
  input: Input,
): Promise<Row | undefined> {
  if (!lock) return (await ctx.db.api.run(statement, input))[0];
  const [, rows] = await ctx.db.api.batch([lock, call(statement, input)]);
  return rows?.[0] as Row | undefined;
}
