import { ACTIVITY_SUMMARY } from '../../../clickhouse/queries/export-sources.ts';
import { auditLogFilter } from '../../audit/schema.ts';
import { auditFilterOf } from './audit-narrowed.ts';
import { ofClickHouse } from './declare.ts';

export const activitySummary = ofClickHouse({
  title: 'Activity summary',
  permission: 'audit.view',
  filter: auditLogFilter,
  source: ACTIVITY_SUMMARY,
  narrowed: auditFilterOf,
  columns: [
    ['day', 'date', 'UTC'],
    ['service_id', 'optional-uuid', 'The service; empty: about none'],
    ['actor_id', 'uuid', 'The admin'],
    ['actor_email', 'text', 'The admin’s e-mail address, the last of the day'],
    ['action', 'word', 'What was done'],
    ['outcome', 'word', 'success, denied or failure'],
    ['records', 'integer', 'How often: audit records'],
    ['first_at', 'time', 'The first time, UTC'],
    ['last_at', 'time', 'The last time, UTC'],
  ],
  order: 'day, service_id, actor_id, action, outcome',
  awaits: 'outbox',
});
