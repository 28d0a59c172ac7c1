ALTER TABLE "dead_letters" ALTER COLUMN "body" SET DATA TYPE json;--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "reason" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "replays" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "replay_of" text;--> statement-breakpoint
CREATE INDEX "dead_letters_by_death" ON "dead_letters" USING btree ("died_at","id");--> statement-breakpoint
CREATE INDEX "dead_letters_died_again" ON "dead_letters" USING btree ("replay_of") WHERE replay_of IS NOT NULL;--> statement-breakpoint
-- What died, when and why stays as it was written.
GRANT UPDATE (replayed_at, replays) ON dead_letters TO steward_api;
