CREATE TYPE "public"."audit_hold_status" AS ENUM('applying', 'active', 'releasing', 'released');--> statement-breakpoint
CREATE TABLE "audit_holds" (
	"id" uuid PRIMARY KEY NOT NULL,
	"reason" text NOT NULL,
	"resource" text,
	"resource_id" text,
	"actor_id" uuid,
	"service_id" uuid,
	"from_time" timestamp (3) with time zone,
	"to_time" timestamp (3) with time zone,
	"status" "audit_hold_status" DEFAULT 'applying' NOT NULL,
	"matched_rows" bigint,
	"counted_at" timestamp (3) with time zone,
	"created_by" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"released_by" uuid,
	"released_at" timestamp (3) with time zone,
	"release_reason" text,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "hold_names_something" CHECK (num_nonnulls(resource, resource_id, actor_id, service_id, from_time, to_time) > 0)
);
--> statement-breakpoint
ALTER TABLE "audit_holds" ADD CONSTRAINT "audit_holds_created_by_admins_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."admins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "audit_holds" ADD CONSTRAINT "audit_holds_released_by_admins_id_fk" FOREIGN KEY ("released_by") REFERENCES "public"."admins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_holds_unreleased" ON "audit_holds" USING btree ("status") WHERE status <> 'released';--> statement-breakpoint
GRANT SELECT, INSERT ON audit_holds TO steward_api;
--> statement-breakpoint
-- What a hold holds, who made it and why stay as they were written.
GRANT UPDATE (status, matched_rows, counted_at, released_by, released_at, release_reason, updated_at, version)
  ON audit_holds TO steward_api;
--> statement-breakpoint
-- Whoever carries records to ClickHouse has to know which of them are held, and no more.
GRANT SELECT (id, status, version, resource, resource_id, actor_id, service_id, from_time, to_time, created_at, counted_at)
  ON audit_holds TO steward_drainer;
--> statement-breakpoint
-- A hold is never opened again and its release never taken back, whatever the code above says.
CREATE TRIGGER holds_go_forward BEFORE UPDATE ON audit_holds
  FOR EACH ROW WHEN (NEW.status < OLD.status OR OLD.status = 'released') EXECUTE FUNCTION refuse_change();
