CREATE TABLE "subject_erasures" (
	"subject_id" uuid PRIMARY KEY NOT NULL,
	"operation_id" uuid NOT NULL,
	"names" text[] DEFAULT '{}' NOT NULL,
	"counts" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"begun_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "subject_erasures" ADD CONSTRAINT "subject_erasures_operation_id_admin_operations_id_fk" FOREIGN KEY ("operation_id") REFERENCES "public"."admin_operations"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
-- A person's data goes by these functions and by nothing else: what they touch stays as it was written for the API's role. Each
-- of them wants a running operation of the type subject.erase and knows only the person that operation is about.
CREATE FUNCTION erased_subject(operation uuid, OUT person uuid, OUT kind text, OUT starter uuid) LANGUAGE plpgsql STABLE AS $$
BEGIN
  SELECT o.target_id::uuid, o.target_type, o.started_by INTO person, kind, starter FROM admin_operations o
  WHERE o.id = operation AND o.type = 'subject.erase' AND o.phase IN ('running', 'paused', 'cancelling');
  IF person IS NULL OR starter IS NULL THEN
    RAISE EXCEPTION 'this is no erasure that is running' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
END $$;
--> statement-breakpoint
-- The text without these names, in any case, where they stand as words of their own: an address in a longer one is somebody else's.
-- In JSON a line's end before a name is a letter. The rule of clickhouse/queries/erase-subject.ts.
CREATE FUNCTION without_names(said text, names text[], instead text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE WHEN cardinality(names) = 0 THEN said ELSE regexp_replace(said,
    '((?<![[:alnum:]._%+-])|(?<=\\[bfnrt])|(?<=\\u[0-9a-f]{4}))('
      || (SELECT string_agg(regexp_replace(n, '([].[^$*+?(){}|\\])', '\\\1', 'g'), '|') FROM unnest(names) AS n)
      || ')(?![[:alnum:]]|[.-][[:alnum:]])', instead, 'gi') END;
--> statement-breakpoint
-- Names that can be looked for: not those somebody else has by now, and no short ones that are words of many texts.
CREATE FUNCTION searchable_names(person uuid, names text[]) RETURNS text[] LANGUAGE sql STABLE RETURN
  ARRAY(SELECT DISTINCT x FROM unnest(names) AS x WHERE (length(x) >= 8 OR strpos(x, '@') > 1) AND x <> 'erased-' || person || '@erased.invalid'
    AND x NOT LIKE 'erased|%'
    AND NOT EXISTS (SELECT FROM admins a WHERE a.id <> person AND lower(x) IN (lower(a.email), lower(a.subject))));
--> statement-breakpoint
-- Why not, else NULL. Callers hold the lock of the owners.
CREATE FUNCTION erasure_refused(person uuid, starter uuid) RETURNS text LANGUAGE sql STABLE RETURN CASE
  WHEN person = starter THEN 'Nobody may erase themselves.'
  WHEN NOT EXISTS (SELECT FROM admins a WHERE a.id = person) THEN 'It does not exist any more.'
  WHEN EXISTS (SELECT FROM admins a JOIN grants g ON g.admin_id = a.id WHERE a.id = person AND a.status = 'active'
      AND g.role_id = '01900000-0000-7000-8000-000000000001' AND g.service_id IS NULL)
    AND NOT EXISTS (SELECT FROM admins a JOIN grants g ON g.admin_id = a.id WHERE a.id <> person AND a.status = 'active'
      AND g.role_id = '01900000-0000-7000-8000-000000000001' AND g.service_id IS NULL) THEN 'No active owner would be left.' END;
--> statement-breakpoint
-- The first step: nobody can sign in as this person any more, and nothing new is written under the old names. Said twice it comes to
-- the same and answers the same counts.
CREATE FUNCTION erase_account(operation uuid, OUT refused text, OUT person uuid, OUT done jsonb, OUT is_first boolean, OUT service_ids uuid[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  subject record;
  who record;
  found text[] := '{}';
  instead text;
  n bigint;
BEGIN
  SELECT * INTO subject FROM erased_subject(operation);
  person := subject.person;
  instead := 'erased-' || person || '@erased.invalid';
  service_ids := '{}';
  IF subject.kind = 'admin' THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('steward owners', 0));
    refused := erasure_refused(person, subject.starter);
    IF refused IS NOT NULL THEN RETURN; END IF;
    SELECT a.* INTO who FROM admins a WHERE a.id = person FOR UPDATE;
    found := searchable_names(person, ARRAY[who.email, who.subject] || ARRAY(SELECT f.name FROM admin_operation_items i
      CROSS JOIN unnest(ARRAY[i.before->>'email', i.before->>'subject', i.after->>'email', i.after->>'subject']) AS f (name)
      WHERE i.kind IN ('admin', 'admin_epoch') AND i.target_id = person::text AND f.name <> ''));
  END IF;
  INSERT INTO subject_erasures AS e (subject_id, operation_id, names) VALUES (person, operation, found)
  ON CONFLICT (subject_id) DO UPDATE SET operation_id = excluded.operation_id, begun_at = now(),
    names = ARRAY(SELECT DISTINCT x FROM unnest(e.names || excluded.names) AS x),
    counts = CASE WHEN e.operation_id = excluded.operation_id THEN e.counts ELSE '{}' END;
  SELECT e.counts, e.counts = '{}', e.names INTO done, is_first, found FROM subject_erasures e WHERE e.subject_id = person;
  IF NOT is_first THEN RETURN; END IF;

  done := '{}';
  IF subject.kind = 'admin' THEN
    UPDATE admins a SET email = instead, name = 'Erased', subject = 'erased|' || gen_random_uuid(), status = 'removed',
      sessions_not_before = now(), updated_at = now(), version = a.version + 1 WHERE a.id = person AND a.email <> instead;
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('admins', n);
    DELETE FROM grants g WHERE g.admin_id = person;
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('grants', n);
    UPDATE admin_sessions s SET revoked_at = coalesce(s.revoked_at, now()), ip_address = '::', user_agent = ''
    WHERE s.admin_id = person AND (s.revoked_at IS NULL OR s.ip_address <> '::' OR s.user_agent <> '');
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('adminSessions', n);
    DELETE FROM export_schedules s WHERE s.owner_id = person;
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('exportSchedules', n);
    DELETE FROM operation_schedules s WHERE s.owner_id = person;
    GET DIAGNOSTICS n = ROW_COUNT;
    done := done || jsonb_build_object('operationSchedules', n);
    UPDATE admin_exports e SET name = NULL WHERE e.requested_by = person AND e.name IS NOT NULL;
    WITH gone AS (DELETE FROM service_tester_admins t WHERE t.admin_id = person RETURNING t.service_id)
    SELECT coalesce(array_agg(gone.service_id), '{}') INTO service_ids FROM gone;
    done := done || jsonb_build_object('serviceTesterAdmins', cardinality(service_ids));
  ELSE
    WITH gone AS (DELETE FROM service_tester_users t WHERE t.user_id = person RETURNING t.service_id)
    SELECT coalesce(array_agg(gone.service_id), '{}') INTO service_ids FROM gone;
    done := done || jsonb_build_object('serviceTesterUsers', cardinality(service_ids));
  END IF;
  DELETE FROM idempotency_keys k WHERE k.admin_id = person
    OR EXISTS (SELECT FROM unnest(found) AS x WHERE strpos(lower(k.answer::text), lower(x)) > 0);
  GET DIAGNOSTICS n = ROW_COUNT;
  done := done || jsonb_build_object('idempotencyKeys', n);
  -- Its own reason stands in the records of what it goes on to do.
  UPDATE admin_operations o SET reason = without_names(o.reason, found, instead), plan = without_names(o.plan::text, found, instead)::jsonb
  WHERE o.id = operation;
  UPDATE subject_erasures e SET counts = done WHERE e.subject_id = person;
END $$;
--> statement-breakpoint
-- What is still looked for, after these were added to it, and since when nothing new is written under the old
-- names. NULL: the account was not erased yet.
CREATE FUNCTION erased_names(operation uuid, more text[], OUT names text[], OUT since timestamptz) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
  UPDATE subject_erasures e SET names = searchable_names(s.person, e.names || more)
  FROM erased_subject(operation) s WHERE e.subject_id = s.person RETURNING e.names, e.begun_at INTO names, since;
END $$;
--> statement-breakpoint
-- Names in what was written down for people: plans, labels, reasons, notes, parameters. @returns how many rows there were
CREATE FUNCTION erase_copies(operation uuid, store text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
DECLARE
  subject record;
  looked_for text[];
  instead text;
  sets text;
  texts text;
  differs text;
  n bigint := 0;
  more bigint;
BEGIN
  SELECT * INTO subject FROM erased_subject(operation);
  IF store = 'dead_letters' THEN
    -- What was put back is on its way to where it belongs; here it is a copy.
    DELETE FROM dead_letters d WHERE d.replayed_at IS NOT NULL AND (strpos(d.body::text, subject.person::text) > 0
      OR EXISTS (SELECT FROM subject_erasures e CROSS JOIN unnest(e.names) AS x
        WHERE e.subject_id = subject.person AND strpos(lower(d.body::text), lower(x)) > 0));
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
  END IF;
  IF store <> ALL (ARRAY['admin_operations', 'admin_operation_chunks', 'admin_operation_items', 'admin_operation_approvals',
    'admin_exports', 'export_schedules', 'operation_schedules', 'service_tester_users', 'service_tester_admins', 'service_countries']) THEN
    RAISE EXCEPTION '% has no copies', store;
  END IF;
  instead := 'erased-' || subject.person || '@erased.invalid';
  SELECT e.names INTO looked_for FROM subject_erasures e WHERE e.subject_id = subject.person;
  IF store = 'admin_operation_items' THEN
    UPDATE admin_operation_items i SET before = blank_personal(i.before), after = blank_personal(i.after)
    WHERE ((i.kind IN ('admin', 'admin_epoch') AND i.target_id = subject.person::text)
        OR (i.kind IN ('session', 'tester_admin') AND subject.person::text IN (i.before->>'adminId', i.after->>'adminId'))
        OR (i.kind = 'tester_user' AND subject.person::text IN (i.before->>'userId', i.after->>'userId')))
      AND (i.before, i.after) IS DISTINCT FROM (blank_personal(i.before), blank_personal(i.after));
    GET DIAGNOSTICS n = ROW_COUNT;
  END IF;
  IF coalesce(cardinality(looked_for), 0) = 0 THEN RETURN n; END IF;
  SELECT string_agg(format('%1$I = without_names(t.%1$I::text, $1, $2)::%2$s', a.attname, format_type(a.atttypid, NULL)), ', '),
    string_agg(format('t.%I::text', a.attname), ', '),
    string_agg(format('t.%1$I::text IS DISTINCT FROM without_names(t.%1$I::text, $1, $2)', a.attname), ' OR ')
  INTO sets, texts, differs FROM pg_attribute a
  WHERE a.attrelid = store::regclass AND a.attnum > 0 AND NOT a.attisdropped
    AND a.atttypid IN ('text'::regtype, 'jsonb'::regtype, 'text[]'::regtype);
  EXECUTE format('UPDATE %I t SET %s WHERE EXISTS (SELECT FROM unnest($1) AS x WHERE strpos(lower(concat_ws(E''\n'', %s)), lower(x)) > 0) AND (%s)',
    store, sets, texts, differs) USING looked_for, instead;
  GET DIAGNOSTICS more = ROW_COUNT;
  RETURN n + more;
END $$;
--> statement-breakpoint
-- What a state says of a person by its keys.
CREATE FUNCTION blank_personal(state jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  regexp_replace(state::text, '"(email|name|subject|ipAddress|userAgent|note)": "(?:[^"\\]|\\.)*"', '"\1": "erased"', 'g')::jsonb;
--> statement-breakpoint
-- The last step: the names go from here too, unless another step has to be done again. @returns whether they did
CREATE FUNCTION erase_names(operation uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  subject record;
BEGIN
  SELECT * INTO subject FROM erased_subject(operation);
  IF EXISTS (SELECT FROM admin_operation_items i WHERE i.operation_id = operation AND i.outcome = 'failed' AND i.kind <> 'erased_copies') THEN
    RETURN false;
  END IF;
  DELETE FROM subject_erasures e WHERE e.subject_id = subject.person;
  RETURN true;
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION erased_subject, without_names, searchable_names, erasure_refused, erase_account, erased_names, erase_copies, blank_personal, erase_names
  FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION erase_account, erased_names, erase_copies, erase_names TO steward_api;
