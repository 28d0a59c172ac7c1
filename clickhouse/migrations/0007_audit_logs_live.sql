-- Live streams and exports ask by the time of acceptance, which the sort key says nothing about.
ALTER TABLE audit_db.admin_audit_logs ADD INDEX IF NOT EXISTS by_acceptance accepted_at TYPE minmax GRANULARITY 1;
ALTER TABLE audit_db.admin_audit_logs MATERIALIZE INDEX by_acceptance;
