import * as z from 'zod';

/** A nudge: "there are unsent audit records". Losing one costs a minute (the cron sweep), never a record. */
export const auditOutboxMessage = z.object({ v: z.literal(1), kind: z.literal('audit.drain') });
export type AuditOutboxMessage = z.infer<typeof auditOutboxMessage>;

/** "Go on with this export": everything else is in its row. */
export const exportMessage = z.object({ v: z.literal(1), kind: z.literal('export.run'), exportId: z.uuid() });
export type ExportMessage = z.infer<typeof exportMessage>;

export const DRAIN: AuditOutboxMessage = { v: 1, kind: 'audit.drain' };

export const runExportMessage = (exportId: string): ExportMessage => ({ v: 1, kind: 'export.run', exportId });
