CREATE TABLE "directory_sync" (
	"id" bigint PRIMARY KEY NOT NULL,
	"claimed_until" timestamp (3) with time zone,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	"report" text
);
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "disabled_by_directory" boolean DEFAULT false NOT NULL;