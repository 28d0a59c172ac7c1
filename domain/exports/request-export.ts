import { insertExport } from '../../drizzle/repositories/export-requests.ts';
import { DRAIN, runExportMessage } from '../../queues/messages.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { CallerContext, Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { hashOf, keptKey } from '../resources/idempotency.ts';
import { askedFor } from './asked.ts';
import { assertFits } from './estimate-export.ts';
import { acceptedView } from './read-export.ts';
import type { ExportRequest, ExportView } from './schema.ts';

const ROUTE = 'POST /v1/admin/exports';

/**
 * Accepts an export: job row and audit record commit together, then the queue is told. If telling fails the cron sweep does
 * it, so an accepted export is never lost.
 * @param idempotencyKey the same key with the same request gives the first answer again for 24 hours
 * @throws NotFound, Unauthenticated, Invalid, Unavailable, DomainError forbidden | idempotency_key_reused
 */
export async function requestExport(
  ctx: CallerContext,
  request: ExportRequest,
  idempotencyKey: string | null,
): Promise<ExportView> {
  const asked = askedFor(request);
  const requestHash = await hashOf(JSON.stringify([request.name ?? null, asked]));
  await assertFits(ctx, request);
  const input = {
    ...callerInput(ctx, 'export.request', '', [asked.dataPermission]),
    ...asked,
    exportId: ctx.newId(),
    name: request.name ?? null,
    route: ROUTE,
    idempotencyKey: await keptKey(idempotencyKey),
    requestHash,
  };
  let [row] = await ctx.db.api.run(insertExport, input);
  // A request with the same key committed while this one waited for it: now its row can be seen.
  if (row?.verdict === 'ok' && row.id === null && row.prior_id === null)
    [row] = await ctx.db.api.run(insertExport, input);
  const allowed = assertAllowed(ctx, row);
  if (allowed.prior_hash !== null && allowed.prior_hash !== requestHash)
    throw new DomainError(
      'idempotency_key_reused',
      'This Idempotency-Key was used for another request; choose a new one.',
    );
  if (!allowed.id)
    throw new DomainError('conflict', 'A request with this Idempotency-Key is still running; try again.');
  if (allowed.prior_id === null) takeUp(ctx, allowed.id, allowed.requested_by);
  return acceptedView(allowed);
}

/** Sends an export on its way. Its place in the line is taken at once: where deliveries come one by one, it would be asked too late. */
export function takeUp(ctx: Context, exportId: string, adminId: string): void {
  ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  ctx.later(ctx.exportTurns.arrive(exportId, adminId));
  ctx.later(ctx.queues.exports.send(runExportMessage(exportId, ctx.origin.traceparent)));
}
