CREATE TABLE `linked_accounts` (
	`provider` text NOT NULL,
	`provider_account_id` text NOT NULL,
	`user_id` integer NOT NULL,
	`type` text NOT NULL,
	`issuer` text NOT NULL,
	`provider_name` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`provider`, `provider_account_id`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `linked_accounts_user_id_index` ON `linked_accounts` (`user_id`);--> statement-breakpoint
CREATE TABLE `oidc_sessions` (
	`session_id` integer PRIMARY KEY NOT NULL,
	`provider_name` text NOT NULL,
	`issuer` text NOT NULL,
	`client_id` text NOT NULL,
	`subject` text NOT NULL,
	`sid` text,
	`id_token` text NOT NULL,
	FOREIGN KEY (`session_id`) REFERENCES `sessions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `oidc_sessions_subject_index` ON `oidc_sessions` (`subject`);--> statement-breakpoint
CREATE INDEX `oidc_sessions_sid_index` ON `oidc_sessions` (`sid`);--> statement-breakpoint
CREATE TABLE `used_logout_tokens` (
	`digest` text PRIMARY KEY NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `used_logout_tokens_expires_at_index` ON `used_logout_tokens` (`expires_at`);