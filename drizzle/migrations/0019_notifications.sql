CREATE TABLE "notification_channels" (
	"id" uuid PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"name" text NOT NULL,
	"settings" jsonb NOT NULL,
	"events" text[] NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"enabled_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"disabled_reason" text,
	"target_set_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"rotated_at" timestamp (3) with time zone,
	"rotation_ends_at" timestamp (3) with time zone,
	"failing_since" timestamp (3) with time zone,
	"last_error" text,
	"last_delivered_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "channel_type" CHECK (type IN ('webhook', 'slack', 'email')),
	CONSTRAINT "channel_disabled" CHECK (enabled = (disabled_reason IS NULL))
);
--> statement-breakpoint
CREATE TABLE "notification_deliveries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"channel_id" uuid,
	"admin_id" uuid,
	"notification_id" uuid NOT NULL,
	"type" text NOT NULL,
	"occurred_at" timestamp (3) with time zone NOT NULL,
	"payload" jsonb NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_error" text,
	"answered_status" integer,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"replay_of" uuid,
	CONSTRAINT "delivery_status" CHECK (status IN ('pending', 'delivered', 'gave_up', 'dropped')),
	CONSTRAINT "delivery_to_whom" CHECK (num_nonnulls(channel_id, admin_id) = 1),
	CONSTRAINT "delivery_ended" CHECK ((status = 'pending') = (ended_at IS NULL))
);
--> statement-breakpoint
CREATE TABLE "notification_secrets" (
	"channel_id" uuid NOT NULL,
	"use" text NOT NULL,
	"id" uuid NOT NULL,
	"wrapped" text NOT NULL,
	"wrapped_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ends_at" timestamp (3) with time zone,
	CONSTRAINT "notification_secrets_channel_id_use_id_pk" PRIMARY KEY("channel_id","use","id"),
	CONSTRAINT "secret_use" CHECK (use IN ('target', 'signing'))
);
--> statement-breakpoint
ALTER TABLE "admin_exports" ADD COLUMN "expiring_told_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "notification_deliveries" ADD CONSTRAINT "notification_deliveries_channel_id_notification_channels_id_fk" FOREIGN KEY ("channel_id") REFERENCES "public"."notification_channels"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notification_deliveries" ADD CONSTRAINT "notification_deliveries_admin_id_admins_id_fk" FOREIGN KEY ("admin_id") REFERENCES "public"."admins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notification_secrets" ADD CONSTRAINT "notification_secrets_channel_id_notification_channels_id_fk" FOREIGN KEY ("channel_id") REFERENCES "public"."notification_channels"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "notification_channels_by_name" ON "notification_channels" USING btree ("name");--> statement-breakpoint
CREATE UNIQUE INDEX "notification_deliveries_once" ON "notification_deliveries" USING btree ("notification_id","channel_id") WHERE replay_of IS NULL AND channel_id IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "notification_deliveries_once_an_admin" ON "notification_deliveries" USING btree ("notification_id","admin_id") WHERE replay_of IS NULL AND admin_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "notification_deliveries_due" ON "notification_deliveries" USING btree ("next_attempt_at") WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX "notification_deliveries_of_channel" ON "notification_deliveries" USING btree ("channel_id","id");--> statement-breakpoint
CREATE INDEX "notification_deliveries_of_admin" ON "notification_deliveries" USING btree ("admin_id") WHERE admin_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "notification_deliveries_by_age" ON "notification_deliveries" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "notification_secrets_current" ON "notification_secrets" USING btree ("channel_id","use") WHERE ends_at IS NULL;--> statement-breakpoint
CREATE INDEX "notification_secrets_ending" ON "notification_secrets" USING btree ("ends_at") WHERE ends_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "admin_exports_expiring_untold" ON "admin_exports" USING btree ("expires_at") WHERE status = 'ready' AND expiring_told_at IS NULL;
--> statement-breakpoint
-- What a channel is, and what was sent where, stays as it was written. Deliveries go with their channel, or by the drainer's role.
GRANT SELECT, INSERT, DELETE ON notification_channels TO steward_api;
--> statement-breakpoint
GRANT UPDATE (name, settings, events, enabled, enabled_at, disabled_reason, target_set_at, rotated_at, rotation_ends_at, failing_since,
  last_error, last_delivered_at, updated_at, version) ON notification_channels TO steward_api;
--> statement-breakpoint
GRANT SELECT, INSERT, DELETE, UPDATE (ends_at) ON notification_secrets TO steward_api;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE (status, attempts, next_attempt_at, last_error, answered_status, ended_at)
  ON notification_deliveries TO steward_api;
--> statement-breakpoint
GRANT SELECT (id, status, created_at), DELETE ON notification_deliveries TO steward_drainer;
--> statement-breakpoint
-- Whom they tell is part of what is known about a person.
GRANT SELECT (id, type, name, settings, events, enabled, created_at) ON notification_channels TO steward_exporter;
--> statement-breakpoint
GRANT SELECT (id, admin_id, type, status, created_at, ended_at) ON notification_deliveries TO steward_exporter;
--> statement-breakpoint
GRANT UPDATE (expiring_told_at) ON admin_exports TO steward_api;
--> statement-breakpoint
ALTER TABLE roles DISABLE TRIGGER built_in_roles_stay;
--> statement-breakpoint
UPDATE roles SET permissions = permissions || 'notifications.manage'::text, version = version + 1, updated_at = now()
WHERE built_in AND name IN ('owner', 'operator');
--> statement-breakpoint
ALTER TABLE roles ENABLE TRIGGER built_in_roles_stay;
--> statement-breakpoint
-- Names in what was written down for people: plans, labels, reasons, notes, parameters. @returns how many rows there were
CREATE OR REPLACE FUNCTION erase_copies(operation uuid, store text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
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
    'admin_exports', 'export_schedules', 'operation_schedules', 'service_tester_users', 'service_tester_admins', 'service_countries',
    'notification_channels', 'notification_deliveries']) THEN
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
  IF store = 'notification_channels' THEN
    -- Nobody is written to in place of the person; a channel that has nobody left is off and says why.
    UPDATE notification_channels c SET settings = jsonb_set(c.settings, '{recipients}', others.recipients), version = c.version + 1,
      updated_at = now(), enabled = c.enabled AND others.recipients <> '[]',
      disabled_reason = CASE WHEN c.enabled AND others.recipients = '[]' THEN 'no_recipients' ELSE c.disabled_reason END
    FROM (SELECT e.id, coalesce(jsonb_agg(r.address ORDER BY r.nr) FILTER (WHERE NOT EXISTS (
        SELECT FROM unnest(looked_for) AS x WHERE lower(x) = lower(r.address #>> '{}'))), '[]') AS recipients
      FROM notification_channels e CROSS JOIN jsonb_array_elements(e.settings->'recipients') WITH ORDINALITY AS r (address, nr)
      WHERE e.type = 'email' GROUP BY e.id) others
    WHERE others.id = c.id AND c.settings->'recipients' <> others.recipients;
    GET DIAGNOSTICS n = ROW_COUNT;
  END IF;
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
