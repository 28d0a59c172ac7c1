CREATE TABLE "signing_keys" (
	"use" text NOT NULL,
	"id" text NOT NULL,
	"wrapped" text,
	"wrapped_by" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"operation_id" uuid NOT NULL,
	"retire_at" timestamp (3) with time zone,
	"retired_by_operation_id" uuid,
	CONSTRAINT "signing_keys_use_id_pk" PRIMARY KEY("use","id"),
	CONSTRAINT "key_use" CHECK (use IN ('links', 'cookies')),
	CONSTRAINT "key_id" CHECK (id ~ '^[A-Za-z0-9_-]{1,32}$' AND id !~ '^[0-9]+$'),
	CONSTRAINT "key_wrapped_by" CHECK ((wrapped IS NULL) = (wrapped_by IS NULL)),
	CONSTRAINT "key_says_something" CHECK (wrapped IS NOT NULL OR retire_at IS NOT NULL),
	CONSTRAINT "key_retired_by" CHECK ((retire_at IS NULL) = (retired_by_operation_id IS NULL))
);
--> statement-breakpoint
ALTER TABLE "signing_keys" ADD CONSTRAINT "signing_keys_operation_id_admin_operations_id_fk" FOREIGN KEY ("operation_id") REFERENCES "public"."admin_operations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "signing_keys" ADD CONSTRAINT "signing_keys_retired_by_operation_id_admin_operations_id_fk" FOREIGN KEY ("retired_by_operation_id") REFERENCES "public"."admin_operations"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
GRANT SELECT, INSERT ON signing_keys TO steward_api;
--> statement-breakpoint
-- What a key is stays as it was written; only its end may be set.
GRANT UPDATE (retire_at, retired_by_operation_id) ON signing_keys TO steward_api;
--> statement-breakpoint
-- A key's end may come sooner, never later, whatever the code above says: what was retired does not come back.
CREATE TRIGGER keys_end BEFORE UPDATE ON signing_keys
  FOR EACH ROW WHEN (NEW.retire_at IS NULL OR NEW.retire_at > OLD.retire_at) EXECUTE FUNCTION refuse_change();
