import * as z from 'zod';
import { refuseSecrets } from '../services/free-text.ts';
import type { Compression, FormatName } from './file-format.ts';
import { FORMAT_NAMES } from './file-format.ts';
import type { Progress } from './progress.ts';
import { EXPORT_TYPE_NAMES, EXPORT_TYPES } from './types/index.ts';

/** What is asked for, whoever asks: a request, an estimate, a schedule. */
export const exportSpecification = z.strictObject({
  exportType: z.enum(EXPORT_TYPE_NAMES),
  fileFormat: z.enum(FORMAT_NAMES).default('csv'),
  compression: z.enum(['none', 'gzip']).default('none'),
  /** By the type's own filter; see `checkSpecification`. */
  parameters: z.record(z.string(), z.unknown()).default({}),
});
export type ExportSpecification = z.infer<typeof exportSpecification>;

type Issues = { addIssue(issue: { code: 'custom'; path: PropertyKey[]; message: string }): void };

/** What one field says about another: the filter is its type's, and documents are compressed already. */
export function checkSpecification(asked: ExportSpecification, context: Issues): void {
  const refuse = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (asked.compression !== 'none' && (asked.fileFormat === 'pdf' || asked.fileFormat === 'xlsx'))
    refuse(['compression'], `must be none: ${asked.fileFormat} files are compressed already`);
  const parsed = EXPORT_TYPES[asked.exportType].filter.safeParse(asked.parameters);
  for (const issue of parsed.error?.issues ?? []) {
    if (issue.code !== 'unrecognized_keys') refuse(['parameters', ...issue.path], issue.message);
    else for (const key of issue.keys) refuse(['parameters', ...issue.path, key], 'is not a filter of this type');
  }
  for (const [name, value] of Object.entries(asked.parameters)) {
    // Kept with the export and in its records.
    if (typeof value === 'string')
      refuseSecrets(value, { addIssue: ({ message }) => refuse(['parameters', name], message) });
  }
}

const NAME = z.string().trim().min(1).max(120);

export const exportRequest = exportSpecification
  .extend({ name: NAME.superRefine(refuseSecrets).optional() })
  .superRefine(checkSpecification);
export type ExportRequest = z.infer<typeof exportRequest>;

export const estimateRequest = exportSpecification.superRefine(checkSpecification);

export const EXPORT_STATUSES = ['queued', 'processing', 'ready', 'expired', 'failed'] as const;
export type ExportStatus = (typeof EXPORT_STATUSES)[number];

/** What a status leaves open. */
export const EXPORT_PHASES = ['waiting', 'running', 'paused', 'ready', 'expired', 'failed', 'cancelled'] as const;
export type ExportPhase = (typeof EXPORT_PHASES)[number];

export interface ExportView {
  id: string;
  requestedBy: string;
  exportType: string;
  name: string | null;
  parameters: unknown;
  fileFormat: FormatName;
  compression: Compression;
  status: ExportStatus;
  phase: ExportPhase;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  expiresAt: string | null;
  /** Only records accepted up to here are in the file. */
  cutoff: string;
  rowsExpected: number | null;
  rowsDone: number;
  bytesDone: number;
  /** Milliseconds at work, without waiting and pauses. */
  activeMs: number;
  progress: Progress;
  /** Of the whole file, hexadecimal; null until it is ready. */
  sha256: string | null;
  /** Why the last run broke off; it is tried again. */
  lastError: string | null;
  failureReason: string | null;
  scheduleId: string | null;
  /** A signed link, when the file is ready and the caller may download it. */
  downloadUrl: string | null;
  /** The same file in a zip with its manifest and how to verify it. */
  bundleUrl: string | null;
  downloadUrlExpiresAt: string | null;
}
