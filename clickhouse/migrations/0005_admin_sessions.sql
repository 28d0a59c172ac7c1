-- What happened in each session: one row a day, session and service, and as whom. `day` is that of the row's first_seen, so a
-- session's first row lies on the day the session began. Everything here is derived from rows that arrive
-- after this migration; the views below are its only source.
CREATE TABLE IF NOT EXISTS audit_db.admin_sessions (
  day Date,
  actor_id UUID CODEC(ZSTD(1)), session_id String CODEC(ZSTD(1)), service_id UUID CODEC(ZSTD(1)),
  actor_email LowCardinality(String), actor_role LowCardinality(String),
  -- Finding the other days of many sessions reads this column of the whole table: 8 bytes a row instead of 36.
  session_key UInt64 MATERIALIZED cityHash64(session_id),
  first_seen SimpleAggregateFunction(min, DateTime64(3)) CODEC(T64, ZSTD(1)),
  last_seen SimpleAggregateFunction(max, DateTime64(3)) CODEC(T64, ZSTD(1)),
  -- 1970 where it is not known or did not happen.
  signed_in_at SimpleAggregateFunction(max, DateTime64(3)) CODEC(T64, ZSTD(1)),
  signed_out_at SimpleAggregateFunction(max, DateTime64(3)) CODEC(T64, ZSTD(1)),
  revoked_at SimpleAggregateFunction(max, DateTime64(3)) CODEC(T64, ZSTD(1)),
  kind SimpleAggregateFunction(max, LowCardinality(String)),
  -- The last one seen, and when.
  ip_address SimpleAggregateFunction(max, Tuple(at DateTime64(3), value IPv6)) CODEC(ZSTD(1)),
  user_agent SimpleAggregateFunction(max, Tuple(at DateTime64(3), value String)) CODEC(ZSTD(1)),
  ui_events SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
  api_calls SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
  api_errors SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
  audit_records SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
  changes SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
  denials SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
  INDEX by_session session_id TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = AggregatingMergeTree()
ORDER BY (day, actor_id, session_id, service_id, actor_email, actor_role)
TTL day + INTERVAL 2 YEAR
-- A retried insert reaches the views again: without a window here it would be counted twice.
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000,
  replicated_deduplication_window_seconds = 604800;

CREATE MATERIALIZED VIEW IF NOT EXISTS audit_db.admin_sessions_of_ui_events TO audit_db.admin_sessions
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT toDate(e.timestamp) AS day, e.actor_id AS actor_id, e.session_id AS session_id, e.service_id AS service_id,
  e.actor_email AS actor_email, e.actor_role AS actor_role, min(e.timestamp) AS first_seen, max(e.timestamp) AS last_seen,
  max((e.timestamp, e.ip_address)) AS ip_address,
  max((if(e.user_agent = '', toDateTime64(0, 3), e.timestamp), e.user_agent)) AS user_agent,
  count() AS ui_events
FROM audit_db.admin_ui_events AS e
WHERE e.session_id != ''
GROUP BY day, actor_id, session_id, service_id, actor_email, actor_role;

CREATE MATERIALIZED VIEW IF NOT EXISTS audit_db.admin_sessions_of_api_logs TO audit_db.admin_sessions
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT toDate(l.timestamp) AS day, l.actor_id AS actor_id, l.session_id AS session_id, l.service_id AS service_id,
  l.actor_email AS actor_email, l.actor_role AS actor_role, min(l.timestamp) AS first_seen, max(l.timestamp) AS last_seen,
  max((l.timestamp, l.ip_address)) AS ip_address,
  max((if(l.user_agent = '', toDateTime64(0, 3), l.timestamp), l.user_agent)) AS user_agent,
  count() AS api_calls, countIf(l.status_code >= 400) AS api_errors
FROM audit_db.admin_api_logs AS l
WHERE l.session_id != ''
GROUP BY day, actor_id, session_id, service_id, actor_email, actor_role;

-- A refused sign-in names a session that never began.
CREATE MATERIALIZED VIEW IF NOT EXISTS audit_db.admin_sessions_of_audit_logs TO audit_db.admin_sessions
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT toDate(a.timestamp) AS day, a.actor_id AS actor_id, a.session_id AS session_id, a.service_id AS service_id,
  a.actor_email AS actor_email, a.actor_role AS actor_role, min(a.timestamp) AS first_seen, max(a.timestamp) AS last_seen,
  maxIf(a.timestamp, a.action = 'session.sign-in') AS signed_in_at,
  maxIf(a.timestamp, a.action = 'session.sign-out' AND a.outcome = 'success') AS signed_out_at,
  max(if(a.action IN ('session.sign-in', 'session.sign-out'), JSONExtractString(a.after_state, 'kind'), '')) AS kind,
  max((a.timestamp, a.ip_address)) AS ip_address,
  max((if(a.action = 'session.sign-in', a.timestamp, toDateTime64(0, 3)),
    if(a.action = 'session.sign-in', JSONExtractString(a.after_state, 'userAgent'), ''))) AS user_agent,
  count() AS audit_records,
  countIf(a.outcome = 'success' AND a.before_state != a.after_state
    AND a.action NOT IN ('session.sign-in', 'session.sign-out')) AS changes,
  countIf(a.outcome = 'denied') AS denials
FROM audit_db.admin_audit_logs AS a
WHERE a.session_id != '' AND (a.action != 'session.sign-in' OR a.outcome = 'success')
GROUP BY day, actor_id, session_id, service_id, actor_email, actor_role;

-- Who revokes a session does so in another one: the session that ends, its admin and its beginning are in the record's states.
CREATE MATERIALIZED VIEW IF NOT EXISTS audit_db.admin_sessions_of_revocations TO audit_db.admin_sessions
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT toDate(first_seen) AS day, toUUIDOrZero(JSONExtractString(a.after_state, 'adminId')) AS actor_id,
  a.resource_id AS session_id, toUUID('00000000-0000-0000-0000-000000000000') AS service_id,
  JSONExtractString(a.after_state, 'email') AS actor_email, '' AS actor_role,
  least(ifNull(parseDateTime64BestEffortOrNull(JSONExtractString(a.after_state, 'createdAt'), 3, 'UTC'), a.timestamp),
    a.timestamp) AS first_seen,
  first_seen AS last_seen, a.timestamp AS revoked_at, JSONExtractString(a.after_state, 'kind') AS kind,
  (first_seen, toIPv6OrDefault(JSONExtractString(a.after_state, 'ipAddress'))) AS ip_address,
  (first_seen, JSONExtractString(a.after_state, 'userAgent')) AS user_agent
FROM audit_db.admin_audit_logs AS a
WHERE a.action = 'session.revoke' AND a.outcome = 'success' AND a.resource_id != ''
  AND actor_id != toUUID('00000000-0000-0000-0000-000000000000');
