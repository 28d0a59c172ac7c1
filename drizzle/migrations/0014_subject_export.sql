-- What the file of a person shows of sessions: the id of one is not for files of Postgres, and is told apart by its hash.
CREATE VIEW exported_admin_sessions AS
  SELECT left(encode(sha256(convert_to(id, 'UTF8')), 'hex'), 32)::uuid AS id, admin_id, kind, ip_address, user_agent, created_at, revoked_at
  FROM admin_sessions;
--> statement-breakpoint
-- What operations did to persons, or to what makes somebody a tester; items of other kinds name sessions, files and services.
CREATE VIEW exported_operation_items AS
  SELECT operation_id, seq, kind, outcome, error, before, after, done_at, undo_outcome, undo_error, undone_at,
    CASE kind WHEN 'tester_user' THEN before->>'userId' WHEN 'tester_admin' THEN before->>'adminId' ELSE target_id END AS person_id
  FROM admin_operation_items WHERE kind IN ('admin', 'admin_epoch', 'tester_user', 'tester_admin');
--> statement-breakpoint
GRANT SELECT ON exported_admin_sessions, exported_operation_items TO steward_exporter;
--> statement-breakpoint
GRANT SELECT (operation_id, admin_id, decision, reason, created_at) ON admin_operation_approvals TO steward_exporter;
--> statement-breakpoint
GRANT SELECT (id, owner_id, name, export_type, file_format, compression, period, cron, time_zone, enabled, created_at, updated_at)
  ON export_schedules TO steward_exporter;
--> statement-breakpoint
GRANT SELECT (id, owner_id, name, type, reason, at, cron, time_zone, enabled, created_at, updated_at)
  ON operation_schedules TO steward_exporter;
--> statement-breakpoint
GRANT SELECT (id, reason, status, created_by, created_at, released_by, released_at, release_reason) ON audit_holds TO steward_exporter;
