-- The specification's table, column for column, with what our queries and exactly-once inserts need beside it.
-- timestamp carries no zone of its own: the server must run in UTC (the migration runner refuses another one).
CREATE TABLE IF NOT EXISTS audit_db.admin_audit_logs (
  id UUID, timestamp DateTime64(3) CODEC(T64, ZSTD(1)), actor_id UUID, actor_email String CODEC(ZSTD(1)),
  action LowCardinality(String), resource LowCardinality(String),
  resource_id String CODEC(ZSTD(1)), before_state String CODEC(ZSTD(1)), after_state String CODEC(ZSTD(1)),
  reason String CODEC(ZSTD(1)), ip_address IPv6 CODEC(ZSTD(1)),
  actor_role LowCardinality(String),
  service_id UUID CODEC(ZSTD(1)),
  outcome LowCardinality(String),
  request_id String CODEC(ZSTD(1)),
  trace_id String CODEC(ZSTD(1)),
  session_id String CODEC(ZSTD(1)),
  accepted_at DateTime64(6) CODEC(T64, ZSTD(1)),
  INDEX by_time timestamp TYPE minmax GRANULARITY 1,
  INDEX by_actor actor_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_resource_id resource_id TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = MergeTree()
ORDER BY (toDate(timestamp), resource, id)
TTL toDateTime(timestamp) + INTERVAL 7 YEAR
-- Without a window insert_deduplication_token is ignored and a retried batch doubles its rows.
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000,
  replicated_deduplication_window_seconds = 604800;
