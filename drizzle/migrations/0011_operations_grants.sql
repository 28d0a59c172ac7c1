-- What was asked for, planned and agreed to stays as it was written; what becomes of it may be noted.
GRANT INSERT ON admin_operations TO steward_api;
--> statement-breakpoint
GRANT UPDATE (status, phase, started_at, finished_at, items_done, items_failed, items_skipped, items_undone, items_left, next_seq, round,
  undo_seq, started_by, actor_role, break_glass_by, reviewed_by, reviewed_at, active_ms, progress_at, last_error, failure_reason)
  ON admin_operations TO steward_api;
--> statement-breakpoint
GRANT SELECT, INSERT ON admin_operation_chunks, admin_operation_approvals TO steward_api;
--> statement-breakpoint
GRANT SELECT, INSERT ON admin_operation_items, operation_locks TO steward_api;
--> statement-breakpoint
GRANT UPDATE (outcome, error, before, after, version_after, round, done_at, undo_outcome, undo_error, undone_at)
  ON admin_operation_items TO steward_api;
--> statement-breakpoint
GRANT UPDATE (token, operation_id, claimed_at) ON operation_locks TO steward_api;
--> statement-breakpoint
-- The instant in a UUIDv7 (RFC 9562 section 5.7): an audit record's time is exactly its id's.
CREATE FUNCTION time_of_id(id uuid) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
  to_timestamp(('x' || lpad(replace(left(id::text, 13), '-', ''), 16, '0'))::bit(64)::bigint / 1000.0);
--> statement-breakpoint
REVOKE ALL ON FUNCTION time_of_id FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION time_of_id TO steward_api;
