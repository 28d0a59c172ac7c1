import { authorise as authoriseStatement } from '../../drizzle/repositories/authorise.ts';
import { callerInput } from '../access/caller.ts';
import { type Standing, scopeOf } from '../access/standing.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { CallerContext } from '../context.ts';
import { type Action, ruleOf } from './actions.ts';

/**
 * Which services' rows the caller may read: null = all, also those about no service. Decided by the standing the route was
 * allowed with; only what that does not cover goes to Postgres, whose refusal it is then and which records it.
 * @param serviceId the one asked for; null = whichever may be read
 * @throws NotFound, Unauthenticated, DomainError forbidden | admin_locked | not_an_admin
 */
export async function readableServices(
  ctx: CallerContext,
  standing: Standing,
  action: Action,
  serviceId: string | null,
): Promise<string[] | null> {
  const { permissions, resource } = ruleOf(action);
  const asked = serviceId?.toLowerCase() ?? null;
  const scope = scopeOf(standing, ...permissions);
  if (asked !== null && (scope === null || scope.includes(asked))) return [asked];
  if (asked === null && (scope === null || scope.length > 0)) return scope;
  const [row] = await ctx.db.api.run(authoriseStatement, {
    ...callerInput(ctx, action),
    serviceId: asked,
    resource,
    resourceId: '',
  });
  const allowed = assertAllowed(ctx, row);
  return asked === null ? allowed.scope : [asked];
}
