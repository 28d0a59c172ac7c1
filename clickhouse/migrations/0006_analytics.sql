-- Figures of a service by the hour, without anything that names a person, a session, a resource or a path. A database of its own:
-- who may read figures need not be able to read what they are made of. They count what is inserted from this migration on, and
-- are kept for three years, so that a month can be held against the same month of two years before.
CREATE DATABASE IF NOT EXISTS analytics_db;

CREATE TABLE IF NOT EXISTS analytics_db.service_calls (
  service_id UUID, hour DateTime('UTC'),
  requests SimpleAggregateFunction(sum, UInt64),
  client_errors SimpleAggregateFunction(sum, UInt64),
  server_errors SimpleAggregateFunction(sum, UInt64),
  -- Milliseconds; a quantile is within 1 % of the true one.
  latency AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), UInt32),
  -- Hashes; what can be asked of them is how many.
  admins AggregateFunction(uniq, UUID)
) ENGINE = AggregatingMergeTree()
ORDER BY (service_id, hour)
TTL hour + INTERVAL 3 YEAR
-- A batch that is sent again must not count again; see the source table.
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000,
  replicated_deduplication_window_seconds = 604800;

CREATE TABLE IF NOT EXISTS analytics_db.service_actions (
  service_id UUID, hour DateTime('UTC'), action LowCardinality(String), outcome LowCardinality(String), count UInt64
) ENGINE = SummingMergeTree(count)
ORDER BY (service_id, hour, action, outcome)
TTL hour + INTERVAL 3 YEAR
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000,
  replicated_deduplication_window_seconds = 604800;

-- The definer reads the source and writes the target: the writer may do neither.
CREATE MATERIALIZED VIEW IF NOT EXISTS analytics_db.service_calls_view TO analytics_db.service_calls
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT service_id, toStartOfHour(timestamp, 'UTC') AS hour, count() AS requests,
  countIf(status_code BETWEEN 400 AND 499) AS client_errors, countIf(status_code >= 500) AS server_errors,
  quantilesDDState(0.01, 0.5, 0.95, 0.99)(duration_ms) AS latency,
  uniqStateIf(actor_id, actor_id != toUUID('00000000-0000-0000-0000-000000000000')) AS admins
FROM audit_db.admin_api_logs
WHERE service_id != toUUID('00000000-0000-0000-0000-000000000000')
GROUP BY service_id, hour;

CREATE MATERIALIZED VIEW IF NOT EXISTS analytics_db.service_actions_view TO analytics_db.service_actions
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT service_id, toStartOfHour(timestamp, 'UTC') AS hour, action, outcome, count() AS count
FROM audit_db.admin_audit_logs
WHERE service_id != toUUID('00000000-0000-0000-0000-000000000000')
GROUP BY service_id, hour, action, outcome;
