-- The specification's table; after ip_address, what our queries and the ingestion need beside it.
CREATE TABLE IF NOT EXISTS audit_db.admin_api_logs (
  id UUID, timestamp DateTime64(3) CODEC(T64, ZSTD(1)), trace_id String CODEC(ZSTD(1)), span_id String CODEC(ZSTD(1)),
  service_id UUID CODEC(ZSTD(1)), endpoint String CODEC(ZSTD(1)), method LowCardinality(String),
  status_code UInt16 CODEC(ZSTD(1)), duration_ms UInt32 CODEC(T64, ZSTD(1)), actor_id UUID CODEC(ZSTD(1)), actor_email String CODEC(ZSTD(1)),
  request_body String CODEC(ZSTD(1)), response_body String CODEC(ZSTD(1)), ip_address IPv6 CODEC(ZSTD(1)),
  actor_role LowCardinality(String),
  session_id String CODEC(ZSTD(1)),
  request_id String CODEC(ZSTD(1)),
  -- `code` of the problem answer; empty for a success.
  error_code LowCardinality(String),
  user_agent String CODEC(ZSTD(1)),
  pack_id UUID CODEC(ZSTD(1)),
  accepted_at DateTime64(6) CODEC(T64, ZSTD(1)),
  INDEX by_time timestamp TYPE minmax GRANULARITY 1,
  INDEX by_actor actor_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_email lower(actor_email) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_session session_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = MergeTree()
ORDER BY (toDate(timestamp), service_id, id)
TTL toDateTime(timestamp) + INTERVAL 7 YEAR
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000,
  replicated_deduplication_window_seconds = 604800;
