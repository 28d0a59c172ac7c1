GRANT UPDATE (generation, active_ms, paused_at, cancelled_at, sha256, crc32, last_error, begin_anew, purged_at) ON admin_exports TO steward_api;
--> statement-breakpoint
GRANT SELECT, INSERT, DELETE ON export_schedules TO steward_api;
--> statement-breakpoint
-- Whose schedule it is stays as it was written.
GRANT UPDATE (name, export_type, parameters, file_format, compression, period, cron, time_zone, enabled, next_run_at, last_run_at,
  last_export_id, last_error, updated_at, version) ON export_schedules TO steward_api;
--> statement-breakpoint
GRANT SELECT ON admin_operations TO steward_api;
--> statement-breakpoint
-- What the exporter's role may read is what can be exported at all.
GRANT SELECT ON service_domains, service_features, service_tester_users, service_tester_admins, admin_operations
  TO steward_exporter;
--> statement-breakpoint
-- A position is the keys of the last row's place in the file's order, whatever the order is.
UPDATE admin_exports SET position = jsonb_build_object('size', position->'size',
  'keys', jsonb_build_array(position->>'day', position->>'resource', position->>'id')) WHERE position ? 'day';
--> statement-breakpoint
-- A text as a cell of CSV (RFC 4180) that no spreadsheet takes for a formula: an apostrophe before each sign that could start
-- one, in its second line too; numbers stay. The rules of clickhouse/queries/csv-cell.ts.
CREATE FUNCTION csv_text(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  '"' || replace(CASE
    WHEN value ~ E'(^|[\r\n])[=+@\t＝＋－＠-]|^[\r\n]' AND value !~ '^[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?$'
    THEN CASE WHEN value ~ E'^[\r\n]' THEN '''' ELSE '' END
      || regexp_replace(value, E'(^|[\r\n])([=+@\t＝＋－＠-])', E'\\1''\\2', 'g')
    ELSE value END, '"', '""') || '"';
