import { type ExportRow, readExport as readExportRow } from '../../drizzle/repositories/export-requests.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { CallerContext } from '../context.ts';
import { NotFound } from '../errors.ts';
import { signLink } from './link.ts';
import type { ExportView } from './schema.ts';

/** @throws NotFound, Unauthenticated */
export async function readExport(ctx: CallerContext, exportId: string): Promise<ExportView> {
  const [row] = await ctx.db.api.run(readExportRow, { ...callerInput(ctx, 'export.read'), exportId });
  const allowed = assertAllowed(ctx, row);
  if (!allowed.id) throw new NotFound();
  const view = viewOf(allowed);
  const expired = view.status === 'ready' && view.expiresAt !== null && Date.parse(view.expiresAt) <= ctx.now();
  if (expired) return { ...view, status: 'expired' };
  if (view.status !== 'ready' || !allowed.may_download || !allowed.admin_id) return view;
  return { ...view, ...(await newLink(ctx, view, allowed.admin_id)) };
}

async function newLink(ctx: CallerContext, view: ExportView, adminId: string) {
  const issuedAt = Math.floor(ctx.now() / 1000);
  const fileEnds = Math.floor(Date.parse(view.expiresAt ?? '') / 1000);
  const expiresAt = Math.min(issuedAt + ctx.settings.linkTtlSeconds, fileEnds);
  const path = await signLink(ctx.linkKeys, { exportId: view.id, adminId, issuedAt, expiresAt });
  return {
    downloadUrl: ctx.settings.publicUrl + path,
    downloadUrlExpiresAt: new Date(expiresAt * 1000).toISOString(),
  };
}

const iso = (date: Date | null) => date?.toISOString() ?? null;

function viewOf(row: ExportRow): ExportView {
  return {
    id: row.id ?? '',
    requestedBy: row.requested_by,
    exportType: row.export_type,
    parameters: row.parameters,
    fileFormat: row.file_format,
    status: row.status,
    createdAt: row.created_at.toISOString(),
    startedAt: iso(row.started_at),
    finishedAt: iso(row.finished_at),
    expiresAt: iso(row.expires_at),
    cutoff: row.cutoff,
    rowsExpected: row.rows_expected,
    rowsDone: row.rows_done,
    bytesDone: row.bytes_done,
    failureReason: row.failure_reason,
    downloadUrl: null,
    downloadUrlExpiresAt: null,
  };
}

/** The export as it was when it was accepted, whatever became of it since: what a repeated request is answered with. */
export function acceptedView(row: ExportRow): ExportView {
  return {
    ...viewOf(row),
    status: 'queued',
    startedAt: null,
    finishedAt: null,
    expiresAt: null,
    rowsExpected: null,
    rowsDone: 0,
    bytesDone: 0,
    failureReason: null,
  };
}
