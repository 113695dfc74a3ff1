CREATE TABLE `directory_sync` (
	`id` integer PRIMARY KEY NOT NULL,
	`claimed_until` integer,
	`started_at` integer,
	`finished_at` integer,
	`report` text
);
--> statement-breakpoint
ALTER TABLE `users` ADD `disabled_by_directory` integer DEFAULT false NOT NULL;