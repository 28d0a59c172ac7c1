CREATE TABLE "admin_operation_approvals" (
	"operation_id" uuid NOT NULL,
	"admin_id" uuid NOT NULL,
	"decision" text NOT NULL,
	"plan_hash" text NOT NULL,
	"reason" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "admin_operation_approvals_operation_id_admin_id_pk" PRIMARY KEY("operation_id","admin_id")
);
--> statement-breakpoint
CREATE TABLE "admin_operation_chunks" (
	"operation_id" uuid NOT NULL,
	"seq_from" integer NOT NULL,
	"kind" text NOT NULL,
	"ids" text[] NOT NULL,
	"versions" text[] NOT NULL,
	"labels" text[] NOT NULL,
	"args" jsonb,
	"subjects" text[] NOT NULL,
	CONSTRAINT "admin_operation_chunks_operation_id_seq_from_pk" PRIMARY KEY("operation_id","seq_from")
);
--> statement-breakpoint
CREATE TABLE "admin_operation_items" (
	"operation_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"kind" text NOT NULL,
	"target_id" text NOT NULL,
	"outcome" text NOT NULL,
	"error" text,
	"before" jsonb,
	"after" jsonb,
	"version_after" text,
	"round" integer NOT NULL,
	"done_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"undo_outcome" text,
	"undo_error" text,
	"undone_at" timestamp (3) with time zone,
	CONSTRAINT "admin_operation_items_operation_id_seq_pk" PRIMARY KEY("operation_id","seq")
);
--> statement-breakpoint
CREATE TABLE "operation_locks" (
	"name" text PRIMARY KEY NOT NULL,
	"token" bigint NOT NULL,
	"operation_id" uuid NOT NULL,
	"claimed_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "phase" text DEFAULT 'planned' NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "risk" text DEFAULT 'routine' NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "reason" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "actor_role" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "trace_id" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "scope" uuid[];--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "permission" text DEFAULT 'operations.execute' NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "plan_hash" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "plan" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "items_total" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "items_done" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "items_failed" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "items_skipped" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "items_undone" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "items_left" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "next_seq" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "round" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "undo_seq" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "locks" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "approvals_needed" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "approver_roles" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "approve_by" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "started_by" uuid;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "break_glass_by" uuid;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "reviewed_by" uuid;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "reviewed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "active_ms" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "progress_at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "last_error" text;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "failure_reason" text;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD COLUMN "schedule_id" uuid;--> statement-breakpoint
ALTER TABLE "admin_operation_approvals" ADD CONSTRAINT "admin_operation_approvals_operation_id_admin_operations_id_fk" FOREIGN KEY ("operation_id") REFERENCES "public"."admin_operations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "admin_operation_approvals" ADD CONSTRAINT "admin_operation_approvals_admin_id_admins_id_fk" FOREIGN KEY ("admin_id") REFERENCES "public"."admins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "admin_operation_chunks" ADD CONSTRAINT "admin_operation_chunks_operation_id_admin_operations_id_fk" FOREIGN KEY ("operation_id") REFERENCES "public"."admin_operations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "admin_operation_items" ADD CONSTRAINT "admin_operation_items_operation_id_admin_operations_id_fk" FOREIGN KEY ("operation_id") REFERENCES "public"."admin_operations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operation_locks" ADD CONSTRAINT "operation_locks_operation_id_admin_operations_id_fk" FOREIGN KEY ("operation_id") REFERENCES "public"."admin_operations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "admin_operation_items_failed" ON "admin_operation_items" USING btree ("operation_id","seq") WHERE outcome = 'failed';--> statement-breakpoint
ALTER TABLE "admin_operations" ADD CONSTRAINT "admin_operations_started_by_admins_id_fk" FOREIGN KEY ("started_by") REFERENCES "public"."admins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD CONSTRAINT "admin_operations_break_glass_by_admins_id_fk" FOREIGN KEY ("break_glass_by") REFERENCES "public"."admins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "admin_operations" ADD CONSTRAINT "admin_operations_reviewed_by_admins_id_fk" FOREIGN KEY ("reviewed_by") REFERENCES "public"."admins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "admin_operations_at_work" ON "admin_operations" USING btree ("progress_at") WHERE phase IN ('queued', 'running', 'cancelling', 'undoing');--> statement-breakpoint
CREATE INDEX "admin_operations_to_expire" ON "admin_operations" USING btree ("approve_by") WHERE phase IN ('awaiting_approval', 'approved');--> statement-breakpoint
CREATE INDEX "admin_operations_to_review" ON "admin_operations" USING btree ("id") WHERE break_glass_by IS NOT NULL AND reviewed_at IS NULL;