CREATE TYPE "public"."export_compression" AS ENUM('none', 'gzip');--> statement-breakpoint
CREATE TYPE "public"."operation_status" AS ENUM('pending', 'running', 'completed', 'failed');--> statement-breakpoint
ALTER TYPE "public"."export_format" ADD VALUE 'ndjson';--> statement-breakpoint
ALTER TYPE "public"."export_format" ADD VALUE 'xlsx';--> statement-breakpoint
CREATE TABLE "export_schedules" (
	"id" uuid PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"export_type" text NOT NULL,
	"parameters" jsonb NOT NULL,
	"file_format" "export_format" NOT NULL,
	"compression" "export_compression" DEFAULT 'none' NOT NULL,
	"period" text DEFAULT 'all' NOT NULL,
	"cron" text NOT NULL,
	"time_zone" text DEFAULT 'UTC' NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"next_run_at" timestamp (3) with time zone,
	"last_run_at" timestamp (3) with time zone,
	"last_export_id" uuid,
	"last_error" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "admin_operations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"actor_admin_id" uuid NOT NULL,
	"target_type" text NOT NULL,
	"target_id" text,
	"parameters" jsonb NOT NULL,
	"status" "operation_status" DEFAULT 'pending' NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "admin_export_chunks" ADD COLUMN "generation" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_export_chunks" DROP CONSTRAINT "admin_export_chunks_export_id_seq_pk";--> statement-breakpoint
ALTER TABLE "admin_export_chunks" ADD CONSTRAINT "admin_export_chunks_export_id_generation_seq_pk" PRIMARY KEY("export_id","generation","seq");--> statement-breakpoint
ALTER TABLE "admin_export_chunks" ADD COLUMN "crc32" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_exports" ADD COLUMN "compression" "export_compression" DEFAULT 'none' NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_exports" ADD COLUMN "name" text;--> statement-breakpoint
ALTER TABLE "admin_exports" ADD COLUMN "schedule_id" uuid;--> statement-breakpoint
ALTER TABLE "admin_exports" ADD COLUMN "generation" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_exports" ADD COLUMN "active_ms" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_exports" ADD COLUMN "paused_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "admin_exports" ADD COLUMN "cancelled_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "admin_exports" ADD COLUMN "sha256" text;--> statement-breakpoint
ALTER TABLE "admin_exports" ADD COLUMN "crc32" bigint;--> statement-breakpoint
ALTER TABLE "admin_exports" ADD COLUMN "last_error" text;--> statement-breakpoint
ALTER TABLE "admin_exports" ADD COLUMN "begin_anew" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_exports" ADD COLUMN "purged_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "export_schedules" ADD CONSTRAINT "export_schedules_owner_id_admins_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."admins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD CONSTRAINT "admin_operations_actor_admin_id_admins_id_fk" FOREIGN KEY ("actor_admin_id") REFERENCES "public"."admins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "export_schedules_by_owner" ON "export_schedules" USING btree ("owner_id","id");--> statement-breakpoint
CREATE INDEX "export_schedules_due" ON "export_schedules" USING btree ("next_run_at") WHERE next_run_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "admin_operations_by_actor" ON "admin_operations" USING btree ("actor_admin_id","id");--> statement-breakpoint
CREATE INDEX "admin_exports_to_purge" ON "admin_exports" USING btree ("finished_at") WHERE status IN ('expired', 'failed') AND purged_at IS NULL;