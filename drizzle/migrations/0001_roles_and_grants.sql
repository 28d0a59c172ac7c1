-- Three database roles; the GRANTs are the boundary. Passwords are set by the migration runner, never here.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'steward_api') THEN CREATE ROLE steward_api LOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'steward_exporter') THEN CREATE ROLE steward_exporter LOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'steward_drainer') THEN CREATE ROLE steward_drainer LOGIN; END IF;
END $$;
--> statement-breakpoint
ALTER ROLE steward_api SET statement_timeout = '10s';
--> statement-breakpoint
ALTER ROLE steward_api SET lock_timeout = '5s';
--> statement-breakpoint
ALTER ROLE steward_exporter SET statement_timeout = '60s';
--> statement-breakpoint
ALTER ROLE steward_exporter SET default_transaction_read_only = on;
--> statement-breakpoint
ALTER ROLE steward_drainer SET statement_timeout = '30s';
--> statement-breakpoint
ALTER ROLE steward_drainer SET lock_timeout = '5s';
--> statement-breakpoint
REVOKE ALL ON SCHEMA public FROM PUBLIC;
--> statement-breakpoint
GRANT USAGE ON SCHEMA public TO steward_api, steward_exporter, steward_drainer;
--> statement-breakpoint
GRANT SELECT ON services, service_config, admins, roles, grants, admin_sessions, admin_exports, admin_export_chunks,
  idempotency_keys, dead_letters TO steward_api;
--> statement-breakpoint
GRANT UPDATE (jwt_validation, domain_validation, ip_whitelist_enabled, ip_whitelist, rate_limit_enabled,
  rate_limit_requests, rate_limit_window, maintenance_mode, maintenance_message, audit_level, version, updated_at)
  ON service_config TO steward_api;
--> statement-breakpoint
-- The API may add audit records and can neither read, change nor remove one.
GRANT INSERT ON audit_outbox, admin_sessions, admin_exports, admin_export_chunks, idempotency_keys, dead_letters TO steward_api;
--> statement-breakpoint
GRANT UPDATE (revoked_at) ON admin_sessions TO steward_api;
--> statement-breakpoint
GRANT UPDATE (status, file_location, expires_at, started_at, finished_at, progress_at, rows_expected, rows_done,
  bytes_done, next_seq, position, fence, failure_reason) ON admin_exports TO steward_api;
--> statement-breakpoint
GRANT SELECT ON services, service_config, admins, roles, grants, admin_exports, admin_export_chunks TO steward_exporter;
--> statement-breakpoint
GRANT SELECT (id, accepted_at, sent_at) ON audit_outbox TO steward_exporter;
--> statement-breakpoint
GRANT SELECT, DELETE ON audit_outbox TO steward_drainer;
--> statement-breakpoint
GRANT UPDATE (batch_id, leased_until, attempts, sent_at) ON audit_outbox TO steward_drainer;
--> statement-breakpoint
GRANT SELECT (created_at), DELETE ON idempotency_keys TO steward_drainer;
--> statement-breakpoint
-- Does this admin hold the permission for everything in scope? A null scope means every service.
CREATE FUNCTION admin_may(admin uuid, needed text, scope uuid[]) RETURNS boolean STABLE LANGUAGE sql
BEGIN ATOMIC
  SELECT EXISTS (SELECT FROM grants g JOIN roles r ON r.id = g.role_id
      WHERE g.admin_id = admin AND g.service_id IS NULL AND needed = ANY (r.permissions))
    OR (cardinality(scope) > 0 AND NOT EXISTS (SELECT FROM unnest(scope) AS wanted (service_id) WHERE NOT EXISTS
      (SELECT FROM grants g JOIN roles r ON r.id = g.role_id WHERE g.admin_id = admin
        AND g.service_id = wanted.service_id AND needed = ANY (r.permissions))));
END;
--> statement-breakpoint
INSERT INTO roles (id, name, rank, built_in, permissions) VALUES
  ('01900000-0000-7000-8000-000000000001', 'owner', 0, true, ARRAY['operations.execute','operations.approve','exports.request',
    'exports.download','observability.view','system.health.view','audit.view','audit.hold.manage','services.view',
    'services.manage','services.config.update','services.features.manage','services.testers.manage',
    'services.content.manage','analytics.view','admins.view','admins.manage']),
  ('01900000-0000-7000-8000-000000000002', 'operator', 10, true, ARRAY['operations.execute','exports.request','exports.download',
    'observability.view','system.health.view','audit.view','services.view','services.manage','services.config.update',
    'services.features.manage','services.testers.manage','services.content.manage','analytics.view','admins.view']),
  ('01900000-0000-7000-8000-000000000003', 'service-manager', 20, true, ARRAY['services.view','services.config.update',
    'services.features.manage','services.testers.manage','services.content.manage','analytics.view']),
  ('01900000-0000-7000-8000-000000000004', 'auditor', 30, true, ARRAY['audit.view','audit.hold.manage','exports.request',
    'exports.download','services.view','analytics.view','admins.view']),
  ('01900000-0000-7000-8000-000000000005', 'viewer', 40, true, ARRAY['services.view','analytics.view']),
  ('01900000-0000-7000-8000-000000000006', 'gate', 90, true, ARRAY['gate.check']),
  ('01900000-0000-7000-8000-000000000007', 'telemetry', 90, true, ARRAY['telemetry.write']);
