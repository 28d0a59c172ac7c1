import { AUDIT_LOGS } from '../../../clickhouse/queries/export-sources.ts';
import { auditLogFilter } from '../../audit/schema.ts';
import { AUDIT_COLUMNS } from './audit-columns.ts';
import { auditFilterOf } from './audit-narrowed.ts';
import { ofClickHouse } from './declare.ts';

export const auditLogs = ofClickHouse({
  title: 'Audit logs',
  permission: 'audit.view',
  filter: auditLogFilter,
  source: AUDIT_LOGS,
  narrowed: auditFilterOf,
  columns: AUDIT_COLUMNS,
  order: 'day of timestamp, resource, id',
  awaits: 'outbox',
});
