-- Held rows outlive their seven years. A hold is a heavy ALTER TABLE … UPDATE of this column and of nothing else.
ALTER TABLE audit_db.admin_audit_logs ADD COLUMN IF NOT EXISTS legal_hold UInt8 DEFAULT 0;
ALTER TABLE audit_db.admin_audit_logs MODIFY TTL toDateTime(timestamp) + INTERVAL 7 YEAR DELETE WHERE legal_hold = 0;

-- Projections take no codec from their table's columns; without this one they are twice as large.
ALTER TABLE audit_db.admin_audit_logs MODIFY SETTING default_compression_codec = 'ZSTD(1)';

-- What is searched for words: in lower case, JSON's escapes and typographic punctuation as blanks. The tokenizer splits at the rest.
ALTER TABLE audit_db.admin_audit_logs ADD COLUMN IF NOT EXISTS words String ALIAS
  lowerUTF8(concat(
    replaceRegexpAll(concat(before_state, ' ', after_state),
      '\\\\([\\\\bfnrt]|u00[0-9a-f]{2})|[\\x{a0}«»\\x{2000}-\\x{206f}\\x{3000}-\\x{303f}\\x{ff01}-\\x{ff0f}\\x{ff1a}-\\x{ff20}]', ' '),
    ' ',
    replaceRegexpAll(reason, '[\\x{a0}«»\\x{2000}-\\x{206f}\\x{3000}-\\x{303f}\\x{ff01}-\\x{ff0f}\\x{ff1a}-\\x{ff20}]', ' ')));

ALTER TABLE audit_db.admin_audit_logs
  ADD INDEX IF NOT EXISTS by_words words TYPE text(tokenizer = 'splitByNonAlpha'),
  ADD INDEX IF NOT EXISTS by_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1,
  ADD INDEX IF NOT EXISTS by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1,
  ADD INDEX IF NOT EXISTS by_session session_id TYPE bloom_filter(0.01) GRANULARITY 1;

-- No projection holds legal_hold: a hold then rewrites one column and leaves them alone.
-- What one admin did, and what was done to one resource, in the order they are read: a page costs the same at any size.
ALTER TABLE audit_db.admin_audit_logs ADD PROJECTION IF NOT EXISTS actor_history (
  SELECT id, timestamp, actor_id, actor_email, actor_role, action, resource, resource_id, service_id, outcome, reason,
    ip_address, request_id, trace_id, session_id
  ORDER BY actor_id, timestamp, id);
ALTER TABLE audit_db.admin_audit_logs ADD PROJECTION IF NOT EXISTS resource_history (
  SELECT id, timestamp, actor_id, actor_email, actor_role, action, resource, resource_id, service_id, outcome, reason,
    ip_address, request_id, trace_id, session_id
  ORDER BY resource, resource_id, timestamp, id);
-- Which admins have had an e-mail address.
ALTER TABLE audit_db.admin_audit_logs ADD PROJECTION IF NOT EXISTS actor_emails (
  SELECT actor_email, actor_id, count() GROUP BY actor_email, actor_id);
-- The volume chart.
ALTER TABLE audit_db.admin_audit_logs ADD PROJECTION IF NOT EXISTS hourly (
  SELECT toStartOfHour(timestamp), service_id, outcome, count() GROUP BY toStartOfHour(timestamp), service_id, outcome);

ALTER TABLE audit_db.admin_audit_logs
  MATERIALIZE INDEX by_words, MATERIALIZE INDEX by_trace, MATERIALIZE INDEX by_request, MATERIALIZE INDEX by_session;
ALTER TABLE audit_db.admin_audit_logs
  MATERIALIZE PROJECTION actor_history, MATERIALIZE PROJECTION resource_history,
  MATERIALIZE PROJECTION actor_emails, MATERIALIZE PROJECTION hourly;
