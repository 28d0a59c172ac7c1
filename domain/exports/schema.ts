import * as z from 'zod';
import type { AuditFilter } from '../../clickhouse/queries/audit-filter.ts';
import type { Permission } from '../access/permissions.ts';
import { auditLogFilter } from '../audit/schema.ts';
import { refuseSecrets } from '../services/free-text.ts';

/** Export types and the permission on the data behind each: asked for at request and again at every download. */
export const EXPORT_TYPES = {
  audit_logs: { dataPermission: 'audit.view' },
} as const satisfies Record<string, { dataPermission: Permission }>;

export type ExportType = keyof typeof EXPORT_TYPES;

export const exportRequest = z.strictObject({
  exportType: z.enum(Object.keys(EXPORT_TYPES) as [ExportType]),
  fileFormat: z.enum(['csv']).default('csv'),
  // Kept with the export and in its records.
  parameters: auditLogFilter
    .superRefine((filter, context) => {
      for (const text of Object.values(filter)) refuseSecrets(text ?? '', context);
    })
    .default({}),
});
export type ExportRequest = z.infer<typeof exportRequest>;

/** The filter of an export row, as ClickHouse takes it. `serviceId` has become the row's scope. */
export function filterOf(parameters: unknown): AuditFilter {
  const { from, to, serviceId: _, ...rest } = auditLogFilter.parse(parameters);
  return { ...rest, from: from ? clickhouseTime(from) : null, to: to ? clickhouseTime(to) : null };
}

/** `2026-11-21T09:00:00.000Z` → `2026-11-21 09:00:00.000`. */
export const clickhouseTime = (rfc3339: string) => new Date(rfc3339).toISOString().replace('T', ' ').replace('Z', '');

export interface ExportView {
  id: string;
  requestedBy: string;
  exportType: string;
  parameters: unknown;
  fileFormat: string;
  status: 'queued' | 'processing' | 'ready' | 'expired' | 'failed';
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  expiresAt: string | null;
  /** Only records accepted up to here are in the file. */
  cutoff: string;
  rowsExpected: number | null;
  rowsDone: number;
  bytesDone: number;
  failureReason: string | null;
  /** A signed link, when the file is ready and the caller may download it. */
  downloadUrl: string | null;
  downloadUrlExpiresAt: string | null;
}
