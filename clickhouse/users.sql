-- Run once on ClickHouse Cloud as an administrator, with passwords of your own. The embedded engine enforces the same split.
CREATE USER IF NOT EXISTS steward_reader IDENTIFIED WITH sha256_password BY '<CLICKHOUSE_READER_PASSWORD>';
CREATE USER IF NOT EXISTS steward_writer IDENTIFIED WITH sha256_password BY '<CLICKHOUSE_WRITER_PASSWORD>';
GRANT SELECT ON audit_db.* TO steward_reader;
GRANT INSERT ON audit_db.admin_audit_logs TO steward_writer;
