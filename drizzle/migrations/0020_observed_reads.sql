CREATE TABLE "observed_reads" (
	"id" uuid PRIMARY KEY NOT NULL,
	"admin_id" uuid NOT NULL,
	"actor_role" text NOT NULL,
	"action" text NOT NULL,
	"resource" text NOT NULL,
	"read_at" timestamp (3) with time zone NOT NULL,
	"hour" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "observed_reads_by_hour" ON "observed_reads" USING btree ("hour","admin_id","action");--> statement-breakpoint
GRANT SELECT, INSERT, DELETE ON observed_reads TO steward_api;
