import { type Planned, planning, planTargets } from '../../drizzle/repositories/operation-plans.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import { EVERYWHERE } from '../audit/actions.ts';
import type { CallerContext } from '../context.ts';
import { type DomainError, type FieldError, Invalid, NotFound } from '../errors.ts';
import type { PlanView } from './schema.ts';
import type { Counts, Draft, OperationType, Told } from './types/declare.ts';
import { OPERATION_TYPES, type OperationTypeName } from './types/index.ts';

/** More cannot be frozen in one statement within its time. */
export const MOST_TARGETS = 250_000;
const MOST_NAMED = 20;

/** What is asked for, checked by its type. */
export interface Asked {
  type: OperationTypeName;
  declared: OperationType;
  target: { type: string } & Record<string, unknown>;
  parameters: Record<string, unknown>;
  draft: Draft;
  /** What is not there is left out, instead of refusing it all. */
  partial?: boolean;
}

/**
 * Reads target and parameters as the type declares them.
 * @throws Invalid with every field that is wrong
 */
export function askedOf(request: { type: OperationTypeName; target: unknown; parameters: unknown }): Asked {
  const declared: OperationType = OPERATION_TYPES[request.type];
  const target = declared.target.safeParse(request.target);
  const parameters = declared.parameters.safeParse(request.parameters);
  const errors: FieldError[] = [...issuesOf('target', target.error), ...issuesOf('parameters', parameters.error)];
  if (!target.success || !parameters.success) throw new Invalid(`This is no ${request.type}.`, errors);
  return {
    type: request.type,
    declared,
    target: target.data as Asked['target'],
    parameters: parameters.data as Asked['parameters'],
    draft: declared.draft(target.data, parameters.data),
  };
}

interface Issue {
  code: string;
  path: PropertyKey[];
  message: string;
  keys?: string[];
}

export function issuesOf(name: string, error: { issues: readonly unknown[] } | undefined): FieldError[] {
  return ((error?.issues ?? []) as Issue[]).flatMap(({ code, path, message, keys }) =>
    code === 'unrecognized_keys' && keys
      ? keys.map((key) => ({ field: [name, ...path, key].join('.'), reason: 'is not known' }))
      : [{ field: [name, ...path].join('.'), reason: message }],
  );
}

/** What both statements that plan take. */
export function planInput(asked: Asked, operationId: string, { at, reason }: Pick<Told, 'at' | 'reason'>) {
  const { type, declared, draft, parameters, target } = asked;
  // What is named one by one is in the frozen targets; the record and the hash need it no second time.
  const { ids: _ids, items: _items, ...ask } = target;
  return {
    operationId,
    type,
    parameters: JSON.stringify(parameters),
    ask: JSON.stringify(askOf(ask, parameters)),
    list: JSON.stringify(draft.list ?? []),
    patches: JSON.stringify(declared.patches(parameters, { at, reason, target, startedBy: null })),
    serviceId: declared.everywhere ? EVERYWHERE : null,
    mostTargets: MOST_TARGETS,
    partial: asked.partial ?? false,
    forbidden: Object.keys(declared.forbids ?? {}),
  };
}

/** The names that selections know: `adminId`, `roleId`, `serviceId` for a target's id. */
const askOf = (target: Record<string, unknown>, parameters: Record<string, unknown>) => ({
  ...target,
  ...('id' in target ? { [`${String(target.type)}Id`]: target.id } : {}),
  ...('exceptMe' in parameters ? { exceptMe: parameters.exceptMe } : {}),
  ...('services' in parameters ? { services: parameters.services } : {}),
});

/** @throws NotFound for the one thing it is about, Invalid, DomainError of the type for a plan that must not be */
export function assertSound(asked: Asked, planned: Planned): void {
  const { unknown_count: unknownCount, unknown, total } = planned;
  if (unknownCount > 0 && !asked.partial) {
    if ('id' in asked.target) throw new NotFound();
    const field = 'ids' in asked.target ? 'target.ids' : 'target.items';
    const errors = (unknown ?? []).slice(0, MOST_NAMED).map((n) => ({
      field: `${field}.${n - 1}`,
      reason: 'there is no such thing, or none you may change',
    }));
    throw new Invalid(`${unknownCount} of what is named is not there. Leave it out, or correct it.`, errors);
  }
  if (total > MOST_TARGETS)
    throw new Invalid(`There are more than ${MOST_TARGETS} targets; ask for fewer at a time.`, [
      { field: 'target', reason: `has more than ${MOST_TARGETS} targets` },
    ]);
  for (const [flag, refusal] of Object.entries(asked.declared.forbids ?? {}))
    if (planned.flags?.[flag]) throw refusal();
}

/** What somebody should know before they agree; of a plan made earlier too. */
export function warningsOf(declared: OperationType, counts: Counts, parameters: unknown): string[] {
  const irreversible = Object.values(declared.undo).filter((why): why is string => typeof why === 'string');
  return [
    ...(declared.warnings?.(counts, parameters) ?? []),
    ...(counts.duplicates > 0 ? [`${counts.duplicates} of what is named is named twice; it counts once.`] : []),
    ...[...new Set(irreversible)].map((why) => `An undo does not bring it back: ${why}`),
  ];
}

/** What the operation would do. Nothing is written but the record that somebody asked. @throws as requestOperation */
export async function planOperation(
  ctx: CallerContext,
  request: { type: OperationTypeName; target: unknown; parameters: unknown },
): Promise<PlanView> {
  const asked = askedOf(request);
  const row = await planning(ctx.db.api, planTargets[asked.draft.selection], {
    ...callerInput(ctx, 'operation.plan', '', [asked.declared.permission]),
    ...planInput(asked, ctx.newId(), { at: new Date(ctx.now()).toISOString(), reason: '' }),
  });
  const planned = assertAllowed(ctx, row);
  assertSound(asked, planned);
  return {
    hash: planned.total > 0 ? planned.hash : null,
    itemsTotal: planned.total,
    kinds: planned.kinds ?? {},
    sample: planned.sample ?? [],
    warnings: warningsOf(asked.declared, planned, asked.parameters),
    undo: asked.declared.undo,
  };
}

/** A plan without targets is no operation. */
export const nothingToDo = (): DomainError =>
  new Invalid('There is nothing to do: the plan has no target.', [{ field: 'target', reason: 'finds nothing' }]);
