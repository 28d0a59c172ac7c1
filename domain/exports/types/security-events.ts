import { SECURITY_EVENTS } from '../../../clickhouse/queries/export-sources.ts';
import { auditLogFilter } from '../../audit/schema.ts';
import { AUDIT_COLUMNS } from './audit-columns.ts';
import { auditFilterOf } from './audit-narrowed.ts';
import { ofClickHouse } from './declare.ts';

/** Audit records of refusals, failed sign-ins, ended sessions and changes of who may do what. */
export const securityEvents = ofClickHouse({
  title: 'Security events',
  permission: 'audit.view',
  filter: auditLogFilter,
  source: SECURITY_EVENTS,
  narrowed: auditFilterOf,
  columns: AUDIT_COLUMNS,
  order: 'day of timestamp, resource, id',
  awaits: 'outbox',
});
