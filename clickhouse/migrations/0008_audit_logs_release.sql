-- A release tells the parts when their rows expire and leaves the deleting to the next merge: rewriting the whole table for it
-- would take minutes where this takes seconds.
ALTER TABLE audit_db.admin_audit_logs MODIFY SETTING materialize_ttl_recalculate_only = 1;
