DROP INDEX `users_email_lower_index`;
--> statement-breakpoint
ALTER TABLE `users` DROP COLUMN `last_seen_at`;
--> statement-breakpoint
ALTER TABLE `api_keys` DROP COLUMN `last_used_address`;
--> statement-breakpoint
ALTER TABLE `api_keys` DROP COLUMN `previous_token_hash`;
--> statement-breakpoint
ALTER TABLE `api_keys` DROP COLUMN `previous_last_four`;
--> statement-breakpoint
ALTER TABLE `api_keys` DROP COLUMN `previous_valid_until`;
--> statement-breakpoint
ALTER TABLE `api_keys` DROP COLUMN `rotated_at`;
--> statement-breakpoint
DROP TABLE `api_key_usage`;
--> statement-breakpoint
DROP TABLE `blocked_identities`;
--> statement-breakpoint
DROP TABLE `instance_keys`;
--> statement-breakpoint
-- A token that was used would be good again without its mark.
DELETE FROM `access_tokens` WHERE `refresh_token_id` IN (SELECT `id` FROM `refresh_tokens` WHERE `consumed_at` IS NOT NULL);
--> statement-breakpoint
DELETE FROM `refresh_tokens` WHERE `consumed_at` IS NOT NULL;
--> statement-breakpoint
CREATE TABLE `__old_refresh_tokens` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`token_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT INTO `__old_refresh_tokens` SELECT `id`, `user_id`, `token_hash`, `created_at`, `expires_at` FROM `refresh_tokens`;
--> statement-breakpoint
DELETE FROM `sqlite_sequence` WHERE `name` = '__old_refresh_tokens';
--> statement-breakpoint
INSERT INTO `sqlite_sequence` (`name`, `seq`)
	SELECT '__old_refresh_tokens', `seq` FROM `sqlite_sequence` WHERE `name` = 'refresh_tokens';
--> statement-breakpoint
CREATE TABLE `__old_access_tokens` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`refresh_token_id` integer NOT NULL,
	`token_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`refresh_token_id`) REFERENCES `refresh_tokens`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT INTO `__old_access_tokens`
	SELECT `id`, `user_id`, `refresh_token_id`, `token_hash`, `created_at`, `expires_at` FROM `access_tokens`;
--> statement-breakpoint
DELETE FROM `sqlite_sequence` WHERE `name` = '__old_access_tokens';
--> statement-breakpoint
INSERT INTO `sqlite_sequence` (`name`, `seq`)
	SELECT '__old_access_tokens', `seq` FROM `sqlite_sequence` WHERE `name` = 'access_tokens';
--> statement-breakpoint
DROP TABLE `access_tokens`;
--> statement-breakpoint
DROP TABLE `refresh_tokens`;
--> statement-breakpoint
DROP TABLE `sessions`;
--> statement-breakpoint
ALTER TABLE `__old_refresh_tokens` RENAME TO `refresh_tokens`;
--> statement-breakpoint
ALTER TABLE `__old_access_tokens` RENAME TO `access_tokens`;
--> statement-breakpoint
CREATE INDEX `refresh_tokens_user_id_index` ON `refresh_tokens` (`user_id`);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_expires_at_index` ON `refresh_tokens` (`expires_at`);
--> statement-breakpoint
CREATE UNIQUE INDEX `access_tokens_refresh_token_id_unique` ON `access_tokens` (`refresh_token_id`);
--> statement-breakpoint
CREATE INDEX `access_tokens_user_id_index` ON `access_tokens` (`user_id`);
--> statement-breakpoint
CREATE INDEX `access_tokens_expires_at_index` ON `access_tokens` (`expires_at`);
