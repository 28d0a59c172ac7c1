import { recordLink } from '../../drizzle/repositories/export-downloads.ts';
import { DRAIN } from '../../queues/messages.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { CallerContext } from '../context.ts';
import { DomainError, NotFound } from '../errors.ts';
import { signLink } from './link.ts';

export interface LinkAsked {
  kind: 'expiring' | 'one-time';
  /** Absent = a day, or the deployment's own default. */
  expiresInSeconds?: number | undefined;
  bundle: boolean;
}

export interface LinkView {
  url: string;
  kind: LinkAsked['kind'];
  bundle: boolean;
  expiresAt: string;
}

/**
 * A link to a finished export for the caller's own use: whoever opens it downloads as the caller, as long as the caller may.
 * It ends with the file at the latest.
 * @throws NotFound, Unauthenticated, DomainError forbidden | conflict
 */
export async function makeLink(ctx: CallerContext, exportId: string, asked: LinkAsked): Promise<LinkView> {
  const issuedAt = Math.floor(ctx.now() / 1000);
  const wanted = issuedAt + (asked.expiresInSeconds ?? ctx.settings.linkTtlSeconds);
  const [row] = await ctx.db.api.run(recordLink, {
    ...callerInput(ctx, 'export.link'),
    exportId,
    link: JSON.stringify({
      kind: asked.kind,
      bundle: asked.bundle,
      expiresAt: new Date(wanted * 1000).toISOString(),
    }),
  });
  const allowed = assertAllowed(ctx, row);
  ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  if (!allowed.id || !allowed.admin_id) throw new NotFound();
  const fileEnds = Math.floor((allowed.expires_at?.getTime() ?? 0) / 1000);
  if (allowed.status !== 'ready' || fileEnds <= issuedAt)
    throw new DomainError('conflict', 'There is no file to link to.');
  const expiresAt = Math.min(wanted, fileEnds);
  const once = asked.kind === 'one-time' ? crypto.getRandomValues(new Uint8Array(16)).toHex() : null;
  const claims = { exportId, adminId: allowed.admin_id, issuedAt, expiresAt, once, bundle: asked.bundle };
  const url = ctx.settings.publicUrl + (await signLink(await ctx.keys.links(), claims));
  return { url, kind: asked.kind, bundle: asked.bundle, expiresAt: new Date(expiresAt * 1000).toISOString() };
}
