import {
  type ConfigRow,
  type ConfigState,
  readConfig as readConfigRow,
} from '../../drizzle/repositories/service-config.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { CallerContext } from '../context.ts';
import { type ConfigView, configState } from './schema.ts';

const FIELDS = Object.keys(configState.shape) as (keyof ConfigState)[];

/** @throws NotFound, Unauthenticated, DomainError forbidden */
export async function readConfig(ctx: CallerContext, serviceId: string): Promise<ConfigView> {
  const [row] = await ctx.db.api.run(readConfigRow, {
    ...callerInput(ctx, 'service.config.read'),
    serviceId,
  });
  return viewOf(serviceId, assertAllowed(ctx, row));
}

export function viewOf(serviceId: string, row: ConfigRow): ConfigView {
  if (!row.id || !row.state || row.version === null || !row.updated_at)
    throw new Error(`service ${serviceId} has no configuration`);
  // jsonb orders keys its own way; people read the specification's order.
  const state = Object.fromEntries(FIELDS.map((field) => [field, row.state?.[field]])) as unknown as ConfigState;
  return { id: row.id, serviceId, ...state, version: row.version, updatedAt: row.updated_at };
}
