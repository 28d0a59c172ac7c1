-- As before, and about_service may be the nil UUID: then only grants that hold everywhere count.
CREATE OR REPLACE FUNCTION authorise(
  caller_subject text, caller_session text, token_issued_at float8, needed text[], about_service uuid,
  caller_ip text, caller_agent text,
  event_id uuid, event_time timestamptz, event_action text, about_resource text, about_id text, attempted jsonb,
  event_reason text, event_request text, event_trace text,
  OUT verdict text, OUT missing text, OUT admin_id uuid, OUT email text, OUT role text, OUT scope uuid[]
) LANGUAGE plpgsql AS $$
DECLARE
  nowhere CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
  who record;
  mine record;
BEGIN
  SELECT a.id, a.email, a.status, s.id IS NOT NULL AS listed,
    (s.revoked_at IS NOT NULL OR s.admin_id <> a.id
      OR to_timestamp(token_issued_at) < date_trunc('second', a.sessions_not_before)) IS TRUE AS ended
  INTO who FROM admins a LEFT JOIN admin_sessions s ON s.id = caller_session WHERE a.subject = caller_subject;

  -- A bearer session is listed the first time it is seen and costs nothing afterwards.
  IF who.status = 'active' AND NOT who.listed AND NOT who.ended THEN
    INSERT INTO admin_sessions (id, admin_id, ip_address, user_agent)
    VALUES (caller_session, who.id, caller_ip, caller_agent) ON CONFLICT DO NOTHING;
  END IF;

  SELECT coalesce(bool_or(reaches.here), false) AS any_grant,
    coalesce(array_agg(held.permission) FILTER (WHERE reaches.here AND held.permission IS NOT NULL), '{}') AS here,
    coalesce(array_agg(held.permission) FILTER (WHERE g.service_id IS NULL AND held.permission IS NOT NULL), '{}') AS everywhere,
    (array_agg(r.name ORDER BY held.permission IS NULL, r.rank) FILTER (WHERE reaches.here))[1] AS role
  INTO mine
  FROM grants g JOIN roles r ON r.id = g.role_id
    CROSS JOIN LATERAL (SELECT about_service IS NULL OR g.service_id IS NULL OR g.service_id = about_service) AS reaches (here)
    LEFT JOIN LATERAL unnest(r.permissions) AS held (permission) ON held.permission = ANY (needed)
  WHERE g.admin_id = who.id;

  IF NOT needed <@ mine.here THEN
    missing := (SELECT n.permission FROM unnest(needed) AS n (permission) WHERE n.permission <> ALL (mine.here) LIMIT 1);
  END IF;
  IF NOT needed <@ mine.everywhere THEN
    scope := ARRAY(SELECT g.service_id FROM grants g JOIN roles r ON r.id = g.role_id
      LEFT JOIN LATERAL unnest(r.permissions) AS held (permission) ON true
      WHERE g.admin_id = who.id AND g.service_id IS NOT NULL
      GROUP BY g.service_id HAVING needed <@ (array_agg(held.permission) || mine.everywhere) ORDER BY g.service_id);
  END IF;

  admin_id := who.id;
  email := coalesce(who.email, '');
  role := coalesce(mine.role, 'none');
  verdict := CASE
    WHEN who.id IS NULL THEN 'unknown_admin'
    WHEN who.status <> 'active' THEN 'locked'
    WHEN who.ended THEN 'session_ended'
    WHEN NOT mine.any_grant THEN 'not_found'
    WHEN about_service <> nowhere AND NOT EXISTS (SELECT FROM services s WHERE s.id = about_service) THEN 'not_found'
    WHEN needed <@ mine.here THEN 'ok'
    ELSE 'forbidden' END;

  IF verdict <> 'ok' THEN
    INSERT INTO audit_outbox (id, occurred_at, actor_id, actor_email, actor_role, action, resource, resource_id, service_id,
      outcome, after_state, reason, ip_address, request_id, trace_id, session_id)
    VALUES (event_id, event_time, coalesce(who.id, nowhere), email, role, event_action,
      about_resource, about_id, nullif(about_service, nowhere), 'denied', attempted, event_reason, caller_ip, event_request, event_trace,
      caller_session);
  END IF;
END $$;
