UPDATE `password_reset_tokens` SET `token_hash` = NULL WHERE `claimed_until` IS NOT NULL;
--> statement-breakpoint
ALTER TABLE `password_reset_tokens` DROP COLUMN `claimed_until`;
