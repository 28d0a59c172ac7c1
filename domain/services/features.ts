import * as z from 'zod';
import {
  deleteFeature,
  type FeatureItem,
  type FeatureRow,
  insertFeature,
  listFeatures,
  MAX_DEPTH,
  MAX_FEATURES,
  updateFeature as updateStatement,
} from '../../drizzle/repositories/features.ts';
import { lockList } from '../../drizzle/repositories/service-lock.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { CallerContext } from '../context.ts';
import { DomainError, Invalid } from '../errors.ts';
import { change, remove } from '../resources/change.ts';
import { create } from '../resources/create.ts';
import { treeOf } from './feature-tree.ts';
import { freeText, refuseSecrets } from './free-text.ts';

const fields = {
  parentId: z
    .guid()
    .transform((id) => id.toLowerCase())
    .nullable(),
  name: freeText(200).min(1, 'must not be empty'),
  code: z
    .string()
    .max(100)
    .regex(/^[a-z0-9](?:[\w.:-]*[a-z0-9])?$/i, 'must be letters, digits and inner . : _ -, such as checkout.gift-cards')
    .superRefine(refuseSecrets),
  description: freeText(2000).nullable(),
  category: freeText(100).nullable(),
  isActive: z.boolean(),
  isDefault: z.boolean(),
  displayOrder: z.int().min(-1_000_000).max(1_000_000),
};

export const newFeature = z.strictObject({
  ...fields,
  parentId: fields.parentId.default(null),
  description: fields.description.default(null),
  category: fields.category.default(null),
  isActive: fields.isActive.default(true),
  isDefault: fields.isDefault.default(false),
  displayOrder: fields.displayOrder.default(0),
});

export const featurePatch = z.strictObject(fields).partial();

const TAKEN = 'Another feature of this service has this code; choose another one.';

function invalidParent(reason: string): Invalid {
  return new Invalid(`parentId: ${reason}`, [{ field: 'parentId', reason }]);
}

const refusals = {
  full: () => new DomainError('conflict', `A service has at most ${MAX_FEATURES} features; remove one first.`),
  no_parent: () => invalidParent('there is no such feature in this service'),
  cycle: () =>
    new DomainError('conflict', 'This would be a cycle: the new parent is the feature itself or below it.', {
      errors: [{ field: 'parentId', reason: 'is the feature itself or below it' }],
    }),
  too_deep: (depth: number) =>
    invalidParent(`the tree would be ${depth || MAX_DEPTH + 1} levels deep there; ${MAX_DEPTH} are the most`),
};

export interface PlacedFeature extends FeatureItem {
  /** 1 for a root. */
  depth: number;
  /** It and everything above it is active. */
  effective: boolean;
}

/** `"2026-01-31T12:00:00.5"`, as the list has it, → `2026-01-31T12:00:00.500Z`. */
const rfc3339 = (time: string) => `${time.slice(1, 20)}.${time.slice(21, -1).padEnd(3, '0')}Z`;

const isFeature = (row: FeatureRow) => row.id !== null;

/** The whole tree: each feature after the one above it. */
export async function readTree(ctx: CallerContext, serviceId: string): Promise<PlacedFeature[]> {
  const rows = await ctx.db.api.run(listFeatures, { ...callerInput(ctx, 'service.feature.list'), serviceId });
  assertAllowed(ctx, rows[0]);
  const service = serviceId.toLowerCase();
  return treeOf(rows.filter(isFeature)).map(({ node, depth, effective }) => ({
    id: node.id,
    serviceId: service,
    parentId: node.parentId,
    name: node.name,
    code: node.code,
    description: node.description,
    category: node.category,
    isActive: node.isActive,
    isDefault: node.isDefault,
    displayOrder: node.displayOrder,
    createdBy: node.createdBy,
    createdAt: rfc3339(node.createdAt),
    updatedAt: rfc3339(node.updatedAt),
    version: node.version,
    depth,
    effective,
  }));
}

/** @throws Invalid for a parent elsewhere or too deep, DomainError conflict when the code is taken or the service is full */
export async function addFeature(
  ctx: CallerContext,
  serviceId: string,
  values: z.infer<typeof newFeature>,
  o: { idempotencyKey: string | null; reason: string },
): Promise<FeatureItem> {
  const made = await create(ctx, insertFeature, {
    action: 'service.feature.create',
    key: { serviceId },
    values,
    taken: TAKEN,
    refusals,
    lock: lockList('features', serviceId),
    ...o,
  });
  await ctx.gate.changed(serviceId);
  return made;
}

interface Replacement {
  ifMatch: readonly number[] | null;
  reason: string;
}

/**
 * Changes or moves a feature; everything below it moves along.
 * @throws NotFound, Invalid for a parent elsewhere or too deep, DomainError stale_version | conflict for a taken code or a cycle
 */
export async function updateFeature(
  ctx: CallerContext,
  key: { serviceId: string; featureId: string },
  patch: z.infer<typeof featurePatch>,
  o: Replacement,
): Promise<FeatureItem> {
  const lock = 'parentId' in patch ? { lock: lockList('features', key.serviceId) } : {};
  const action = 'service.feature.update';
  const { item, changed } = await change(ctx, updateStatement, {
    action,
    key,
    patch,
    taken: TAKEN,
    refusals,
    ...lock,
    ...o,
  });
  if (changed) await ctx.gate.changed(key.serviceId);
  return item;
}

const features = (count: number) => (count === 1 ? '1 feature' : `${count} features`);

function notAlone(count: number): DomainError {
  const reason = `${features(count)} below it would go too`;
  return new DomainError('conflict', `${reason}; repeat with ?cascade=true if that is meant.`, {
    errors: [{ field: 'cascade', reason }],
  });
}

/**
 * Removes a feature; with `cascade` also what is below it.
 * @returns how many went
 * @throws NotFound, DomainError stale_version, conflict when there are some below and `cascade` is false
 */
export async function removeFeature(
  ctx: CallerContext,
  key: { serviceId: string; featureId: string },
  cascade: boolean,
  o: Replacement,
): Promise<number> {
  const { deleted } = await remove(ctx, deleteFeature, {
    action: 'service.feature.delete',
    key: { ...key, cascade },
    refusals: { has_children: notAlone },
    lock: lockList('features', key.serviceId),
    ...o,
  });
  await ctx.gate.changed(key.serviceId);
  return deleted;
}
