import * as z from 'zod';
import type { ActionFigures } from '../../clickhouse/queries/service-analytics.ts';
import { instantText } from '../instant.ts';

/** Times are RFC 3339. */
export const analyticsQuery = z.strictObject({
  from: instantText.optional(),
  to: instantText.optional(),
  interval: z.enum(['hour', 'day']).default('hour'),
});
export type AnalyticsQuery = z.infer<typeof analyticsQuery>;

/** Null where nothing was collected, which is not the same as 0. */
export interface Figures {
  requests: number | null;
  clientErrors: number | null;
  serverErrors: number | null;
  /** Also null when there was no request. */
  latencyMs: { p50: number; p95: number; p99: number } | null;
  activeAdmins: number | null;
}

export interface AnalyticsView {
  serviceId: string;
  /** The range searched: whole buckets, from the one `from` lies in up to the end of the one `to` lies in. */
  range: { from: string; to: string };
  interval: 'hour' | 'day';
  requestsCollected: boolean;
  series: (Figures & { start: string })[];
  totals: Figures;
  topActions: { action: string; outcomes: Omit<ActionFigures, 'action'> }[];
}
