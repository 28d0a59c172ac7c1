import type * as z from 'zod';
import type { AuditFilter } from '../../../clickhouse/queries/audit-filter.ts';
import type { auditLogFilter } from '../../audit/schema.ts';
import { clickhouseTime } from '../../instant.ts';

/** The times a filter gives, as ClickHouse takes them. */
export const rangeOf = ({ from, to }: { from?: string | undefined; to?: string | undefined }) => ({
  from: from === undefined ? undefined : clickhouseTime(from),
  to: to === undefined ? undefined : clickhouseTime(to),
});

/** Of the services in scope the one asked for. The nil UUID asks for what is about none: only without a scope is that there. */
export const servicesOf = (scope: readonly string[] | null, serviceId: string | undefined) => {
  if (serviceId === undefined) return scope;
  const asked = serviceId.toLowerCase();
  return scope === null || scope.includes(asked) ? [asked] : [];
};

export function auditFilterOf(
  { serviceId, ...asked }: z.infer<typeof auditLogFilter>,
  scope: readonly string[] | null,
): AuditFilter {
  return { ...asked, ...rangeOf(asked), services: servicesOf(scope, serviceId) };
}
