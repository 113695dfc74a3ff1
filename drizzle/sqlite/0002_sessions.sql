CREATE TABLE `api_key_usage` (
	`key_id` integer NOT NULL,
	`day` integer NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`key_id`, `day`),
	FOREIGN KEY (`key_id`) REFERENCES `api_keys`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `api_key_usage_day_index` ON `api_key_usage` (`day`);--> statement-breakpoint
CREATE TABLE `blocked_identities` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`email_digest` text,
	`username_digest` text,
	`created_at` integer NOT NULL,
	`created_by` integer,
	FOREIGN KEY (`created_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE UNIQUE INDEX `blocked_identities_email_digest_unique` ON `blocked_identities` (`email_digest`);--> statement-breakpoint
CREATE UNIQUE INDEX `blocked_identities_username_digest_unique` ON `blocked_identities` (`username_digest`);--> statement-breakpoint
CREATE TABLE `instance_keys` (
	`name` text PRIMARY KEY NOT NULL,
	`key_text` text NOT NULL,
	`key_encrypted` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`method` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`address` text,
	`user_agent` text,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "sessions_method_check" CHECK("sessions"."method" in ('LOCAL', 'OAUTH2', 'LDAP'))
);
--> statement-breakpoint
CREATE INDEX `sessions_user_id_index` ON `sessions` (`user_id`);--> statement-breakpoint
ALTER TABLE `api_keys` ADD `last_used_address` text;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `previous_token_hash` text;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `previous_last_four` text;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `previous_valid_until` integer;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `rotated_at` integer;--> statement-breakpoint
ALTER TABLE `users` ADD `last_seen_at` integer;--> statement-breakpoint
CREATE INDEX `users_email_lower_index` ON `users` (lower("email"));
--> statement-breakpoint
-- Every refresh token so far is the sign-in of one browser: its session takes its id.
INSERT INTO `sessions` (`id`, `user_id`, `method`, `created_at`, `last_seen_at`)
	SELECT `refresh_tokens`.`id`, `user_id`, `auth_method`, `refresh_tokens`.`created_at`, `refresh_tokens`.`created_at`
	FROM `refresh_tokens` JOIN `users` ON `users`.`id` = `user_id`;
--> statement-breakpoint
CREATE TABLE `__new_refresh_tokens` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`session_id` integer NOT NULL,
	`token_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`consumed_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`session_id`) REFERENCES `sessions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT INTO `__new_refresh_tokens` (`id`, `user_id`, `session_id`, `token_hash`, `created_at`, `expires_at`)
	SELECT `id`, `user_id`, `id`, `token_hash`, `created_at`, `expires_at` FROM `refresh_tokens`;
--> statement-breakpoint
-- A row id is never used again, also not one of a row that is gone: the counter moves along.
DELETE FROM `sqlite_sequence` WHERE `name` = '__new_refresh_tokens';
--> statement-breakpoint
INSERT INTO `sqlite_sequence` (`name`, `seq`)
	SELECT '__new_refresh_tokens', `seq` FROM `sqlite_sequence` WHERE `name` = 'refresh_tokens';
--> statement-breakpoint
CREATE TABLE `__new_access_tokens` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`session_id` integer NOT NULL,
	`refresh_token_id` integer NOT NULL,
	`token_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`session_id`) REFERENCES `sessions`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`refresh_token_id`) REFERENCES `refresh_tokens`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT INTO `__new_access_tokens` (`id`, `user_id`, `session_id`, `refresh_token_id`, `token_hash`, `created_at`, `expires_at`)
	SELECT `id`, `user_id`, `refresh_token_id`, `refresh_token_id`, `token_hash`, `created_at`, `expires_at` FROM `access_tokens`;
--> statement-breakpoint
DELETE FROM `sqlite_sequence` WHERE `name` = '__new_access_tokens';
--> statement-breakpoint
INSERT INTO `sqlite_sequence` (`name`, `seq`)
	SELECT '__new_access_tokens', `seq` FROM `sqlite_sequence` WHERE `name` = 'access_tokens';
--> statement-breakpoint
DROP TABLE `access_tokens`;
--> statement-breakpoint
DROP TABLE `refresh_tokens`;
--> statement-breakpoint
ALTER TABLE `__new_refresh_tokens` RENAME TO `refresh_tokens`;
--> statement-breakpoint
ALTER TABLE `__new_access_tokens` RENAME TO `access_tokens`;
--> statement-breakpoint
CREATE INDEX `refresh_tokens_user_id_index` ON `refresh_tokens` (`user_id`);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_session_id_index` ON `refresh_tokens` (`session_id`);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_expires_at_index` ON `refresh_tokens` (`expires_at`);
--> statement-breakpoint
CREATE UNIQUE INDEX `access_tokens_refresh_token_id_unique` ON `access_tokens` (`refresh_token_id`);
--> statement-breakpoint
CREATE INDEX `access_tokens_user_id_index` ON `access_tokens` (`user_id`);
--> statement-breakpoint
CREATE INDEX `access_tokens_session_id_index` ON `access_tokens` (`session_id`);
--> statement-breakpoint
CREATE INDEX `access_tokens_expires_at_index` ON `access_tokens` (`expires_at`);
