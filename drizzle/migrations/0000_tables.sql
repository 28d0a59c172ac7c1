CREATE TYPE "public"."admin_status" AS ENUM('active', 'locked');--> statement-breakpoint
CREATE TYPE "public"."export_format" AS ENUM('csv', 'json', 'pdf');--> statement-breakpoint
CREATE TYPE "public"."export_status" AS ENUM('queued', 'processing', 'ready', 'expired', 'failed');--> statement-breakpoint
CREATE TYPE "public"."audit_level" AS ENUM('MINIMAL', 'STANDARD', 'DETAILED');--> statement-breakpoint
CREATE TABLE "admin_sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"admin_id" uuid NOT NULL,
	"ip_address" text NOT NULL,
	"user_agent" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "sid_short" CHECK (length("admin_sessions"."id") <= 200)
);
--> statement-breakpoint
CREATE TABLE "admins" (
	"id" uuid PRIMARY KEY NOT NULL,
	"subject" text NOT NULL,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"status" "admin_status" DEFAULT 'active' NOT NULL,
	"sessions_not_before" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "admins_subject_unique" UNIQUE("subject"),
	CONSTRAINT "admins_email_unique" UNIQUE("email")
);
--> statement-breakpoint
CREATE TABLE "grants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"admin_id" uuid NOT NULL,
	"role_id" uuid NOT NULL,
	"service_id" uuid,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "grants_once" UNIQUE NULLS NOT DISTINCT("admin_id","role_id","service_id")
);
--> statement-breakpoint
CREATE TABLE "roles" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"permissions" text[] NOT NULL,
	"rank" integer DEFAULT 100 NOT NULL,
	"built_in" boolean DEFAULT false NOT NULL,
	CONSTRAINT "roles_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "audit_outbox" (
	"id" uuid PRIMARY KEY NOT NULL,
	"occurred_at" timestamp (3) with time zone NOT NULL,
	"accepted_at" timestamp (6) with time zone DEFAULT CASE WHEN pg_current_xact_id() IS NOT NULL THEN clock_timestamp() END NOT NULL,
	"actor_id" uuid NOT NULL,
	"actor_email" text NOT NULL,
	"actor_role" text NOT NULL,
	"action" text NOT NULL,
	"resource" text NOT NULL,
	"resource_id" text NOT NULL,
	"service_id" uuid,
	"outcome" text NOT NULL,
	"before_state" jsonb,
	"after_state" jsonb,
	"reason" text DEFAULT '' NOT NULL,
	"ip_address" text NOT NULL,
	"request_id" text NOT NULL,
	"trace_id" text NOT NULL,
	"session_id" text DEFAULT '' NOT NULL,
	"batch_id" uuid,
	"leased_until" timestamp (3) with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"sent_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "dead_letters" (
	"id" text PRIMARY KEY NOT NULL,
	"queue" text NOT NULL,
	"body" jsonb NOT NULL,
	"attempts" bigint NOT NULL,
	"died_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"replayed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "admin_export_chunks" (
	"export_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"object_key" text NOT NULL,
	"rows" bigint NOT NULL,
	"bytes" bigint NOT NULL,
	"sha256" text NOT NULL,
	CONSTRAINT "admin_export_chunks_export_id_seq_pk" PRIMARY KEY("export_id","seq")
);
--> statement-breakpoint
CREATE TABLE "admin_exports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"requested_by" uuid NOT NULL,
	"export_type" text NOT NULL,
	"parameters" jsonb NOT NULL,
	"file_format" "export_format" NOT NULL,
	"scope" uuid[],
	"data_permission" text NOT NULL,
	"status" "export_status" DEFAULT 'queued' NOT NULL,
	"file_location" text,
	"expires_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	"progress_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"cutoff" timestamp (6) with time zone NOT NULL,
	"cutoff_xid" text NOT NULL,
	"rows_expected" bigint,
	"rows_done" bigint DEFAULT 0 NOT NULL,
	"bytes_done" bigint DEFAULT 0 NOT NULL,
	"next_seq" integer DEFAULT 0 NOT NULL,
	"position" jsonb,
	"fence" bigint DEFAULT 0 NOT NULL,
	"failure_reason" text
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"admin_id" uuid NOT NULL,
	"route" text NOT NULL,
	"key" text NOT NULL,
	"request_hash" text NOT NULL,
	"resource_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_admin_id_route_key_pk" PRIMARY KEY("admin_id","route","key")
);
--> statement-breakpoint
CREATE TABLE "service_config" (
	"id" uuid PRIMARY KEY NOT NULL,
	"service_id" uuid NOT NULL,
	"jwt_validation" boolean DEFAULT true NOT NULL,
	"domain_validation" boolean DEFAULT true NOT NULL,
	"ip_whitelist_enabled" boolean DEFAULT false NOT NULL,
	"ip_whitelist" text[] DEFAULT '{}'::text[] NOT NULL,
	"rate_limit_enabled" boolean DEFAULT true NOT NULL,
	"rate_limit_requests" integer DEFAULT 1000 NOT NULL,
	"rate_limit_window" integer DEFAULT 60 NOT NULL,
	"maintenance_mode" boolean DEFAULT false NOT NULL,
	"maintenance_message" text,
	"audit_level" "audit_level" DEFAULT 'STANDARD' NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "service_config_service_id_unique" UNIQUE("service_id")
);
--> statement-breakpoint
CREATE TABLE "services" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"archived_at" timestamp (3) with time zone,
	CONSTRAINT "services_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
ALTER TABLE "admin_sessions" ADD CONSTRAINT "admin_sessions_admin_id_admins_id_fk" FOREIGN KEY ("admin_id") REFERENCES "public"."admins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_admin_id_admins_id_fk" FOREIGN KEY ("admin_id") REFERENCES "public"."admins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_role_id_roles_id_fk" FOREIGN KEY ("role_id") REFERENCES "public"."roles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_service_id_services_id_fk" FOREIGN KEY ("service_id") REFERENCES "public"."services"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "admin_export_chunks" ADD CONSTRAINT "admin_export_chunks_export_id_admin_exports_id_fk" FOREIGN KEY ("export_id") REFERENCES "public"."admin_exports"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "admin_exports" ADD CONSTRAINT "admin_exports_requested_by_admins_id_fk" FOREIGN KEY ("requested_by") REFERENCES "public"."admins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "service_config" ADD CONSTRAINT "service_config_service_id_services_id_fk" FOREIGN KEY ("service_id") REFERENCES "public"."services"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "admin_sessions_by_admin" ON "admin_sessions" USING btree ("admin_id","created_at");--> statement-breakpoint
CREATE INDEX "audit_outbox_unclaimed" ON "audit_outbox" USING btree ("accepted_at") WHERE sent_at IS NULL AND batch_id IS NULL;--> statement-breakpoint
CREATE INDEX "audit_outbox_in_flight" ON "audit_outbox" USING btree ("batch_id") WHERE sent_at IS NULL AND batch_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "audit_outbox_sent" ON "audit_outbox" USING btree ("sent_at") WHERE sent_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "admin_exports_by_admin" ON "admin_exports" USING btree ("requested_by","id");--> statement-breakpoint
CREATE INDEX "admin_exports_unfinished" ON "admin_exports" USING btree ("progress_at") WHERE status IN ('queued', 'processing');--> statement-breakpoint
CREATE INDEX "admin_exports_expiring" ON "admin_exports" USING btree ("expires_at") WHERE status = 'ready';--> statement-breakpoint
CREATE INDEX "idempotency_keys_by_age" ON "idempotency_keys" USING btree ("created_at");