import {
  type ExportRow,
  listExports as listExportRows,
  readExport as readExportRow,
} from '../../drizzle/repositories/export-requests.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { CallerContext } from '../context.ts';
import { NotFound } from '../errors.ts';
import { decodeCursor, encodeCursor, type Page, type PageQuery } from '../resources/read.ts';
import type { Compression, FormatName } from './file-format.ts';
import { signLink } from './link.ts';
import { type ExportSnapshot, progressOf } from './progress.ts';
import type { ExportPhase, ExportStatus, ExportView } from './schema.ts';

/** @throws NotFound, Unauthenticated */
export async function readExport(ctx: CallerContext, exportId: string): Promise<ExportView> {
  const [row] = await ctx.db.api.run(readExportRow, { ...callerInput(ctx, 'export.read'), exportId });
  const allowed = assertAllowed(ctx, row);
  if (!allowed.id) throw new NotFound();
  const view = viewOf(ctx, allowed);
  if (view.status !== 'ready' || !allowed.may_download || !allowed.admin_id) return view;
  return { ...view, ...(await newLink(ctx, view, allowed.admin_id)) };
}

export interface ExportsQuery extends PageQuery {
  status?: ExportStatus | undefined;
  exportType?: string | undefined;
  scheduleId?: string | undefined;
  requestedBy: 'me' | 'anybody';
}

/** Newest first, without links. @throws Malformed, Unauthenticated */
export async function listExports(ctx: CallerContext, query: ExportsQuery): Promise<Page<ExportView>> {
  const { limit, cursor, status = null, exportType = null, scheduleId = null, requestedBy } = query;
  const after = cursor === undefined ? null : (JSON.parse(decodeCursor(cursor, ['uuid'])) as [string])[0];
  const rows = await ctx.db.api.run(listExportRows, {
    ...callerInput(ctx, 'export.list'),
    ...{ limit, status, exportType, scheduleId, after, anybodys: requestedBy === 'anybody' },
  });
  const found = rows.filter((row) => assertAllowed(ctx, row).id !== null);
  const page = found.slice(0, limit);
  const last = page.at(-1)?.id;
  return {
    items: page.map((row) => viewOf(ctx, row)),
    nextCursor: found.length > limit && last ? encodeCursor([last]) : null,
  };
}

async function newLink(ctx: CallerContext, view: ExportView, adminId: string) {
  const issuedAt = Math.floor(ctx.now() / 1000);
  const fileEnds = Math.floor(Date.parse(view.expiresAt ?? '') / 1000);
  const expiresAt = Math.min(issuedAt + ctx.settings.linkTtlSeconds, fileEnds);
  const claims = { exportId: view.id, adminId, issuedAt, expiresAt, once: null };
  const keys = await ctx.keys.links();
  const [file, bundle] = [
    await signLink(keys, { ...claims, bundle: false }),
    await signLink(keys, { ...claims, bundle: true }),
  ];
  return {
    downloadUrl: ctx.settings.publicUrl + file,
    bundleUrl: ctx.settings.publicUrl + bundle,
    downloadUrlExpiresAt: new Date(expiresAt * 1000).toISOString(),
  };
}

const iso = (date: Date | null) => date?.toISOString() ?? null;

export function viewOf(ctx: Pick<CallerContext, 'now'>, row: ExportRow): ExportView {
  const isOver = row.status === 'ready' && row.expires_at !== null && row.expires_at.getTime() <= ctx.now();
  const status = isOver ? 'expired' : row.status;
  const phase = phaseOf(row, status);
  const counts = { rowsExpected: row.rows_expected, rowsDone: row.rows_done };
  return {
    id: row.id ?? '',
    requestedBy: row.requested_by,
    exportType: row.export_type,
    name: row.name,
    parameters: row.parameters,
    fileFormat: row.file_format as FormatName,
    compression: row.compression as Compression,
    status,
    phase,
    createdAt: row.created_at.toISOString(),
    startedAt: iso(row.started_at),
    finishedAt: iso(row.finished_at),
    expiresAt: iso(row.expires_at),
    cutoff: row.cutoff,
    ...counts,
    bytesDone: row.bytes_done,
    activeMs: row.active_ms,
    progress: progressOf({ ...counts, activeMs: row.active_ms, status: snapshotStatus(status, phase) }),
    sha256: row.sha256,
    lastError: row.last_error,
    failureReason: row.failure_reason,
    scheduleId: row.schedule_id,
    downloadUrl: null,
    bundleUrl: null,
    downloadUrlExpiresAt: null,
  };
}

const phaseOf = (
  row: Pick<ExportRow, 'paused_at' | 'cancelled_at' | 'rows_expected'>,
  status: ExportStatus,
): ExportPhase => {
  if (status === 'ready' || status === 'expired') return status;
  if (status === 'failed') return row.cancelled_at ? 'cancelled' : 'failed';
  if (row.paused_at) return 'paused';
  return row.rows_expected === null ? 'waiting' : 'running';
};

/** Paused and cancelled are statuses of their own to whoever follows an export. */
const snapshotStatus = (status: ExportStatus, phase: ExportPhase): ExportSnapshot['status'] =>
  phase === 'paused' || phase === 'cancelled' ? phase : status;

/** What followers of an export are told. */
export function snapshotOf(view: ExportView): ExportSnapshot {
  const { status, phase, rowsDone, rowsExpected, bytesDone, activeMs, failureReason } = view;
  return { status: snapshotStatus(status, phase), phase, rowsDone, rowsExpected, bytesDone, activeMs, failureReason };
}

/** The export as it was when it was accepted, whatever became of it since: what a repeated request is answered with. */
export function acceptedView(row: ExportRow): ExportView {
  return viewOf(
    { now: () => 0 },
    {
      ...row,
      ...{
        status: 'queued',
        started_at: null,
        finished_at: null,
        expires_at: null,
        paused_at: null,
        cancelled_at: null,
      },
      ...{ rows_expected: null, rows_done: 0, bytes_done: 0, active_ms: 0, sha256: null, last_error: null },
      failure_reason: null,
    },
  );
}
