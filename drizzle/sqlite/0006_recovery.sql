CREATE TABLE `admin_notices` (
	`id` text PRIMARY KEY NOT NULL,
	`tone` text NOT NULL,
	`sentence` text NOT NULL,
	`count` integer DEFAULT 1 NOT NULL,
	`first_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	CONSTRAINT "admin_notices_tone_check" CHECK("admin_notices"."tone" in ('warn', 'danger'))
);
--> statement-breakpoint
CREATE TABLE `password_reset_tokens` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`purpose` text NOT NULL,
	`token_hash` text,
	`attempts` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "password_reset_tokens_purpose_check" CHECK("password_reset_tokens"."purpose" in ('reset', 'invitation'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `password_reset_tokens_user_id_unique` ON `password_reset_tokens` (`user_id`);--> statement-breakpoint
CREATE INDEX `password_reset_tokens_expires_at_index` ON `password_reset_tokens` (`expires_at`);