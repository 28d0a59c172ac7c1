GRANT SELECT, INSERT, DELETE ON operation_schedules TO steward_api;
--> statement-breakpoint
-- Whose schedule it is stays as it was written.
GRANT UPDATE (name, type, target, parameters, reason, at, cron, time_zone, enabled, next_run_at, last_run_at, last_operation_id,
  last_error, updated_at, version) ON operation_schedules TO steward_api;
