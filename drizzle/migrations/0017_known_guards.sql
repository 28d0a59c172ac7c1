ALTER TABLE "admins" ADD COLUMN "known_until" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "admin_sessions_to_revoke" ON "admin_sessions" USING btree ("admin_id",id COLLATE "C") WHERE revoked_at IS NULL;--> statement-breakpoint
-- What guards have learned by now.
UPDATE admins SET known_until = now() + interval '9 hours';
--> statement-breakpoint
GRANT UPDATE (known_until) ON admins TO steward_api;
--> statement-breakpoint
-- As before; and notes first that a guard is about to learn of the admin, so that whoever changes many of them knows which guards to tell.
-- A guard believes for four hours at most (guard-state.ts). First, because then a change under way is waited for, and what follows sees it.
CREATE OR REPLACE FUNCTION standing(caller_subject text, caller_session text, caller_ip text, caller_agent text,
  OUT admin_id uuid, OUT email text, OUT name text, OUT status text, OUT not_before float8, OUT session_ended boolean,
  OUT grants jsonb
) LANGUAGE plpgsql AS $$
DECLARE
  who record;
BEGIN
  UPDATE admins SET known_until = now() + interval '9 hours'
  WHERE subject = caller_subject AND (known_until IS NULL OR known_until < now() + interval '5 hours');
  SELECT a.id, a.email, a.name, a.status, a.sessions_not_before, s.id IS NOT NULL AS listed,
    (s.revoked_at IS NOT NULL OR s.admin_id <> a.id) IS TRUE AS ended
  INTO who FROM admins a LEFT JOIN admin_sessions s ON s.id = caller_session WHERE a.subject = caller_subject;
  IF who.status = 'active' AND NOT who.listed THEN
    INSERT INTO admin_sessions (id, admin_id, ip_address, user_agent)
    VALUES (caller_session, who.id, caller_ip, caller_agent) ON CONFLICT DO NOTHING;
  END IF;
  admin_id := who.id;
  email := who.email;
  name := who.name;
  status := who.status;
  not_before := extract(epoch FROM date_trunc('second', who.sessions_not_before));
  session_ended := who.ended;
  grants := (SELECT coalesce(jsonb_agg(jsonb_build_object('serviceId', g.service_id, 'role', r.name, 'permissions', r.permissions)
      ORDER BY r.rank, r.name, g.service_id NULLS FIRST), '[]')
    FROM grants g JOIN roles r ON r.id = g.role_id WHERE g.admin_id = who.id);
END $$;
--> statement-breakpoint
-- The targets of an operation from `low` to before `high`, all of one chunk, that have no outcome yet or failed in an earlier round. A
-- function for its ROWS: the planner would take a part of an array for one row, and join a thousand of them with each other row by row.
CREATE FUNCTION operation_targets(operation uuid, low integer, high integer, current_round integer)
RETURNS TABLE (seq integer, target_id text, planned text, args jsonb, prior text) LANGUAGE plpgsql STABLE ROWS 1000 AS $$
BEGIN
  RETURN QUERY
  SELECT t.seq, t.id, t.version, t.args, i.outcome
  FROM admin_operation_chunks c CROSS JOIN LATERAL (
    SELECT c.seq_from + u.nr::integer - 1 AS seq, u.id, u.version, u.args
    FROM ROWS FROM (unnest(c.ids, c.versions), jsonb_array_elements(coalesce(c.args, '[]'))) WITH ORDINALITY AS u (id, version, args, nr)
  ) t LEFT JOIN admin_operation_items i ON i.operation_id = operation AND i.seq = t.seq
  WHERE c.operation_id = operation AND c.seq_from <= low AND low < c.seq_from + cardinality(c.ids)
    AND t.seq >= low AND t.seq < high AND (i.seq IS NULL OR (i.outcome = 'failed' AND i.round < current_round));
END $$;
--> statement-breakpoint
-- The items from `low` to before `high` that succeeded and were not put back yet.
CREATE FUNCTION operation_reversible(operation uuid, low integer, high integer)
RETURNS TABLE (seq integer, target_id text, planned text, restored jsonb, prior text) LANGUAGE plpgsql STABLE ROWS 1000 AS $$
BEGIN
  RETURN QUERY
  SELECT i.seq, i.target_id, i.version_after, i.before, i.undo_outcome FROM admin_operation_items i
  WHERE i.operation_id = operation AND i.seq >= low AND i.seq < high AND i.outcome = 'succeeded' AND i.undo_outcome IS DISTINCT FROM 'undone';
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION operation_targets, operation_reversible FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION operation_targets, operation_reversible TO steward_api;
