CREATE TABLE "operation_schedules" (
	"id" uuid PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"type" text NOT NULL,
	"target" jsonb NOT NULL,
	"parameters" jsonb NOT NULL,
	"reason" text NOT NULL,
	"at" timestamp (3) with time zone,
	"cron" text,
	"time_zone" text,
	"enabled" boolean DEFAULT true NOT NULL,
	"next_run_at" timestamp (3) with time zone,
	"last_run_at" timestamp (3) with time zone,
	"last_operation_id" uuid,
	"last_error" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "once_or_again" CHECK (num_nonnulls(at, cron) = 1 AND (cron IS NULL) = (time_zone IS NULL))
);
--> statement-breakpoint
ALTER TABLE "operation_schedules" ADD CONSTRAINT "operation_schedules_owner_id_admins_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."admins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "operation_schedules_by_owner" ON "operation_schedules" USING btree ("owner_id","id");--> statement-breakpoint
CREATE INDEX "operation_schedules_due" ON "operation_schedules" USING btree ("next_run_at") WHERE next_run_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "admin_operations_by_schedule" ON "admin_operations" USING btree ("schedule_id","id") WHERE schedule_id IS NOT NULL;