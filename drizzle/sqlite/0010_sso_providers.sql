CREATE TABLE `sso_providers` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`display_name` text NOT NULL,
	`client_secret` text,
	`settings` text NOT NULL,
	`enabled` integer NOT NULL,
	`position` integer NOT NULL,
	`user_id` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sso_providers_name_unique` ON `sso_providers` (`name`);--> statement-breakpoint
CREATE INDEX `sso_providers_user_id_index` ON `sso_providers` (`user_id`);--> statement-breakpoint
CREATE TABLE `sso_recent_sign_ins` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`provider` text NOT NULL,
	`at` integer NOT NULL,
	`outcome` text NOT NULL,
	`code` text,
	`user_id` integer,
	`claims` text NOT NULL,
	`decision` text NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "sso_recent_sign_ins_outcome_check" CHECK("sso_recent_sign_ins"."outcome" in ('success', 'refused'))
);
--> statement-breakpoint
CREATE INDEX `sso_recent_sign_ins_provider_id_index` ON `sso_recent_sign_ins` (`provider`,`id`);--> statement-breakpoint
CREATE INDEX `sso_recent_sign_ins_at_index` ON `sso_recent_sign_ins` (`at`);--> statement-breakpoint
CREATE INDEX `sso_recent_sign_ins_user_id_index` ON `sso_recent_sign_ins` (`user_id`);