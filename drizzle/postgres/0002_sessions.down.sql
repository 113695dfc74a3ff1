DROP INDEX "users_email_lower_index";
--> statement-breakpoint
ALTER TABLE "users" DROP COLUMN "last_seen_at";
--> statement-breakpoint
ALTER TABLE "api_keys" DROP COLUMN "last_used_address";
--> statement-breakpoint
ALTER TABLE "api_keys" DROP COLUMN "previous_token_hash";
--> statement-breakpoint
ALTER TABLE "api_keys" DROP COLUMN "previous_last_four";
--> statement-breakpoint
ALTER TABLE "api_keys" DROP COLUMN "previous_valid_until";
--> statement-breakpoint
ALTER TABLE "api_keys" DROP COLUMN "rotated_at";
--> statement-breakpoint
DROP TABLE "api_key_usage";
--> statement-breakpoint
DROP TABLE "blocked_identities";
--> statement-breakpoint
DROP TABLE "instance_keys";
--> statement-breakpoint
-- A token that was used would be good again without its mark. Its access token goes with it.
DELETE FROM "refresh_tokens" WHERE "consumed_at" IS NOT NULL;
--> statement-breakpoint
ALTER TABLE "access_tokens" DROP COLUMN "session_id";
--> statement-breakpoint
ALTER TABLE "refresh_tokens" DROP COLUMN "session_id";
--> statement-breakpoint
ALTER TABLE "refresh_tokens" DROP COLUMN "consumed_at";
--> statement-breakpoint
DROP TABLE "sessions";
