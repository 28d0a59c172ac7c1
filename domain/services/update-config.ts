import { updateConfig as updateConfigRow } from '../../drizzle/repositories/service-config.ts';
import { DRAIN } from '../../queues/messages.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { CallerContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { normaliseIpRange } from './ip-range.ts';
import { viewOf } from './read-config.ts';
import type { ConfigPatch, ConfigView } from './schema.ts';

export interface ConfigUpdate {
  serviceId: string;
  patch: ConfigPatch;
  /** Versions If-Match names; null = any. */
  ifMatch: readonly number[] | null;
  reason: string;
  /** The caller's own as it came, not anonymised: compared here, kept nowhere. Null: not known. */
  callerAddress: string | null;
  /** Turn the IP whitelist on, or change it, even if it leaves the caller out. */
  force: boolean;
}

/** A range is no address; an IPv4-mapped one is that IPv4 address. */
const addressOf = (text: string | null) => (text === null || text.includes('/') ? null : normaliseIpRange(text));

/**
 * Merges `patch` into a service's configuration. Change and audit record commit in one statement; a patch that changes
 * nothing writes neither.
 * @throws NotFound, Unauthenticated, DomainError forbidden | stale_version | would_lock_out
 */
export async function updateConfig(ctx: CallerContext, update: ConfigUpdate): Promise<ConfigView> {
  const [row] = await ctx.db.api.run(updateConfigRow, {
    ...callerInput(ctx, 'service.config.update', update.reason),
    serviceId: update.serviceId,
    ifMatch: update.ifMatch,
    patch: JSON.stringify(update.patch),
    callerAddress: addressOf(update.callerAddress),
    force: update.force,
  });
  if (row?.changed && row.matched && !row.locked_out) {
    ctx.later(ctx.queues.auditOutbox.send(DRAIN));
    await ctx.gate.changed(update.serviceId);
  }
  const allowed = assertAllowed(ctx, row);
  if (!allowed.matched)
    throw new DomainError(
      'stale_version',
      `The configuration is at version ${allowed.version}; read it again and repeat your change.`,
    );
  if (allowed.locked_out)
    throw new DomainError(
      'would_lock_out',
      'The IP whitelist would not let in the address you are calling from. Add it, or repeat with ?force=true if that is meant.',
    );
  return viewOf(update.serviceId, allowed);
}
