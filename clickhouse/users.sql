-- Run on ClickHouse Cloud as an administrator, with passwords of your own; running it again changes nothing. The embedded engine
-- takes its rights from the GRANT lines of this file, one on a line, so both enforce the same split.
CREATE USER IF NOT EXISTS steward_reader IDENTIFIED WITH sha256_password BY '<CLICKHOUSE_READER_PASSWORD>';
CREATE USER IF NOT EXISTS steward_writer IDENTIFIED WITH sha256_password BY '<CLICKHOUSE_WRITER_PASSWORD>';
CREATE USER IF NOT EXISTS steward_keeper IDENTIFIED WITH sha256_password BY '<CLICKHOUSE_KEEPER_PASSWORD>';

-- Reads. At level 2 a query may still bring settings of its own, which 1 would refuse; the level itself it cannot change.
ALTER USER steward_reader SETTINGS readonly = 2;
GRANT SELECT ON audit_db.* TO steward_reader;
GRANT SELECT ON analytics_db.* TO steward_reader;
GRANT SELECT ON observability_db.* TO steward_reader;

-- Adds rows. What materialised views derive from them is written by the views' definer. (INSERT would also let it attach parts
-- that were detached; none of the three can detach any.)
GRANT INSERT ON audit_db.admin_audit_logs TO steward_writer;
GRANT INSERT ON audit_db.admin_ui_events TO steward_writer;
GRANT INSERT ON audit_db.admin_api_logs TO steward_writer;
GRANT INSERT ON observability_db.metric_minutes TO steward_writer;

-- Holds records, releases them, and has TTLs applied, also to what it may not read: nothing goes before its time. For erasures it
-- takes a person out of records (five columns; what was done, when, to what and by which id can be changed by nobody) and removes
-- rows of activity. That it leaves alone what is on hold is the Worker's doing: GRANTs know columns, not rows.
-- Without its validation a mutation's condition could read tables that the keeper may not.
ALTER USER steward_keeper SETTINGS validate_mutation_query = 1 CONST;
GRANT SELECT, ALTER UPDATE(legal_hold, actor_email, ip_address, before_state, after_state, reason), ALTER MATERIALIZE TTL ON audit_db.admin_audit_logs TO steward_keeper;
GRANT ALTER MATERIALIZE TTL, ALTER DELETE ON audit_db.admin_ui_events TO steward_keeper;
GRANT ALTER MATERIALIZE TTL, ALTER DELETE ON audit_db.admin_api_logs TO steward_keeper;
GRANT ALTER MATERIALIZE TTL, ALTER DELETE ON audit_db.admin_sessions TO steward_keeper;
