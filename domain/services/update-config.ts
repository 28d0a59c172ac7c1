import { updateConfig as updateConfigRow } from '../../drizzle/repositories/service-config.ts';
import { DRAIN } from '../../queues/messages.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { CallerContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { viewOf } from './read-config.ts';
import type { ConfigPatch, ConfigView } from './schema.ts';

export interface ConfigUpdate {
  serviceId: string;
  patch: ConfigPatch;
  /** Versions If-Match names; null = any. */
  ifMatch: readonly number[] | null;
  reason: string;
}

/**
 * Merges `patch` into a service's configuration. Change and audit record commit in one statement; a patch that changes
 * nothing writes neither.
 * @throws NotFound, Unauthenticated, DomainError forbidden | stale_version
 */
export async function updateConfig(ctx: CallerContext, update: ConfigUpdate): Promise<ConfigView> {
  const [row] = await ctx.db.api.run(updateConfigRow, {
    ...callerInput(ctx, 'service.config.update', ['services.config.update'], update.reason),
    serviceId: update.serviceId,
    ifMatch: update.ifMatch,
    patch: JSON.stringify(update.patch),
  });
  if (row?.changed && row.matched) ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  const allowed = assertAllowed(ctx, row);
  if (!allowed.matched)
    throw new DomainError(
      'stale_version',
      `The configuration is at version ${allowed.version}; read it again and repeat your change.`,
    );
  return viewOf(update.serviceId, allowed);
}
