GRANT SELECT ON service_domains, service_features, service_tester_users, service_tester_admins, service_countries,
  service_locales, service_consents, service_documents TO steward_api, steward_exporter;
--> statement-breakpoint
GRANT INSERT ON services, service_config, service_domains, service_features, service_tester_users, service_tester_admins,
  service_countries, service_locales, service_consents, service_documents, admins, roles, grants TO steward_api;
--> statement-breakpoint
GRANT DELETE ON service_domains, service_features, service_tester_users, service_tester_admins, service_countries,
  service_locales, service_consents, service_documents, roles, grants TO steward_api;
--> statement-breakpoint
-- What identifies a row stays as it is; FOR UPDATE needs the right to update some column.
GRANT UPDATE (slug, name, description, archived_at, updated_at, version) ON services TO steward_api;
--> statement-breakpoint
GRANT UPDATE (version) ON service_domains, service_tester_users, service_tester_admins, grants TO steward_api;
--> statement-breakpoint
GRANT UPDATE (parent_id, name, code, description, category, is_active, is_default, display_order, updated_at, version)
  ON service_features TO steward_api;
--> statement-breakpoint
GRANT UPDATE (is_available, note, updated_at, version) ON service_countries TO steward_api;
--> statement-breakpoint
GRANT UPDATE (is_default, fallback_order, updated_at, version) ON service_locales TO steward_api;
--> statement-breakpoint
GRANT UPDATE (texts, required, effective_from, status, published_at, updated_at, version) ON service_consents TO steward_api;
--> statement-breakpoint
GRANT UPDATE (title, status, published_at, updated_at, version) ON service_documents TO steward_api;
--> statement-breakpoint
GRANT UPDATE (email, name, status, sessions_not_before, updated_at, version) ON admins TO steward_api;
--> statement-breakpoint
GRANT UPDATE (name, description, permissions, rank, updated_at, version) ON roles TO steward_api;
--> statement-breakpoint
-- Published content and built-in roles do not change, whatever the code above them says.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% does not change', TG_TABLE_NAME USING ERRCODE = 'object_not_in_prerequisite_state';
END $$;
--> statement-breakpoint
CREATE TRIGGER published_consents_stay BEFORE UPDATE OR DELETE ON service_consents
  FOR EACH ROW WHEN (OLD.status = 'published') EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER published_documents_stay BEFORE UPDATE OR DELETE ON service_documents
  FOR EACH ROW WHEN (OLD.status = 'published') EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER built_in_roles_stay BEFORE UPDATE OR DELETE ON roles
  FOR EACH ROW WHEN (OLD.built_in) EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- Who somebody is and what they may do, for their guard object. A bearer session is listed the first time it is seen.
-- status: null when no admin has this subject. session: 'alive' or 'ended'; the admin's not-before epoch is told apart,
-- because it ends sessions by when their token was issued.
CREATE FUNCTION standing(caller_subject text, caller_session text, caller_ip text, caller_agent text,
  OUT admin_id uuid, OUT email text, OUT name text, OUT status text, OUT not_before float8, OUT session_ended boolean,
  OUT grants jsonb
) LANGUAGE plpgsql AS $$
DECLARE
  who record;
BEGIN
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
REVOKE ALL ON FUNCTION standing FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION standing TO steward_api;
