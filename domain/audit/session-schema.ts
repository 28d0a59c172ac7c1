import * as z from 'zod';
import { instantText } from '../instant.ts';
import type { ApiLogSummaryView } from './api-log-schema.ts';
import type { AuditLogSummaryView } from './schema.ts';
import type { UiEventView } from './ui-event-schema.ts';

const page = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1000).optional(),
};

/** The query of GET /v1/audit/sessions. `from` and `to` are of a session's start, RFC 3339. */
export const sessionQuery = z.strictObject({
  from: instantText.optional(),
  to: instantText.optional(),
  actorId: z.guid().optional(),
  actorEmail: z.string().min(1).max(200).optional(),
  serviceId: z.guid().optional(),
  ended: z.enum(['true', 'false']).optional(),
  ...page,
});
export type SessionQuery = z.infer<typeof sessionQuery>;

export const TIMELINE_KINDS = ['ui-event', 'api-call', 'audit'] as const;

/** The query of GET /v1/audit/sessions/{id}/timeline. */
export const timelineQuery = z.strictObject({ kind: z.enum(TIMELINE_KINDS).optional(), ...page });
export type TimelineQuery = z.infer<typeof timelineQuery>;

export interface SessionView {
  id: string;
  actorId: string;
  actorEmail: string;
  actorRole: string;
  /** null: not known. */
  kind: 'browser' | 'token' | null;
  startedAt: string;
  lastSeenAt: string;
  /** null also for who may read the rows of some services only: these are about none. */
  signedInAt: string | null;
  endedAt: string | null;
  end: 'signed-out' | 'revoked' | null;
  ipAddress: string;
  userAgent: string;
  counts: {
    uiEvents: number;
    apiCalls: number;
    apiErrors: number;
    auditRecords: number;
    changes: number;
    denials: number;
  };
}

/** `attestedBy`: whose word it is that it happened. */
export type TimelineItem =
  | { kind: 'ui-event'; attestedBy: 'client'; entry: UiEventView }
  | { kind: 'api-call'; attestedBy: 'server'; entry: ApiLogSummaryView }
  | { kind: 'audit'; attestedBy: 'server'; entry: AuditLogSummaryView };
