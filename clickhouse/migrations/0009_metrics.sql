-- What Steward measures of itself. A database of its own: nothing of audit and nothing of the services' analytics can be read from it,
-- and it holds no identifier: labels are from the closed list of domain/observability/metrics.ts.
CREATE DATABASE IF NOT EXISTS observability_db;

-- A counter's row is what a minute added, a gauge's what it was found to be: samples and max make it readable over any step.
CREATE TABLE IF NOT EXISTS observability_db.metric_minutes (
  deployment LowCardinality(String), name LowCardinality(String), minute DateTime('UTC') CODEC(T64, ZSTD(1)),
  labels Map(LowCardinality(String), String),
  sum SimpleAggregateFunction(sum, Float64),
  samples SimpleAggregateFunction(sum, UInt64),
  max SimpleAggregateFunction(max, Float64)
) ENGINE = AggregatingMergeTree()
ORDER BY (deployment, name, minute, labels)
TTL minute + INTERVAL 90 DAY
-- A batch that is sent again must not count again, here and in the hours.
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000,
  replicated_deduplication_window_seconds = 604800;

CREATE TABLE IF NOT EXISTS observability_db.metric_hours (
  deployment LowCardinality(String), name LowCardinality(String), hour DateTime('UTC') CODEC(T64, ZSTD(1)),
  labels Map(LowCardinality(String), String),
  sum SimpleAggregateFunction(sum, Float64),
  samples SimpleAggregateFunction(sum, UInt64),
  max SimpleAggregateFunction(max, Float64)
) ENGINE = AggregatingMergeTree()
ORDER BY (deployment, name, hour, labels)
TTL hour + INTERVAL 2 YEAR
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000,
  replicated_deduplication_window_seconds = 604800;

-- The definer reads the minutes and writes the hours: the writer may do neither.
CREATE MATERIALIZED VIEW IF NOT EXISTS observability_db.metric_hours_view TO observability_db.metric_hours
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT deployment, name, toStartOfHour(minute, 'UTC') AS hour, labels, sum(m.sum) AS sum, sum(m.samples) AS samples, max(m.max) AS max
FROM observability_db.metric_minutes AS m
GROUP BY deployment, name, hour, labels;
