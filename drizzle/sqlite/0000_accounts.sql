CREATE TABLE `access_tokens` (
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
CREATE UNIQUE INDEX `access_tokens_refresh_token_id_unique` ON `access_tokens` (`refresh_token_id`);--> statement-breakpoint
CREATE INDEX `access_tokens_user_id_index` ON `access_tokens` (`user_id`);--> statement-breakpoint
CREATE INDEX `access_tokens_expires_at_index` ON `access_tokens` (`expires_at`);--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`token_hash` text,
	`last_four` text,
	`scope` text DEFAULT 'full' NOT NULL,
	`role` text,
	`created_by` integer,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`last_used_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`created_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "api_keys_scope_check" CHECK("api_keys"."scope" in ('full', 'read', 'ingest')),
	CONSTRAINT "api_keys_role_check" CHECK("api_keys"."role" in ('VIEWER', 'MEMBER', 'ADMIN'))
);
--> statement-breakpoint
CREATE INDEX `api_keys_user_id_index` ON `api_keys` (`user_id`);--> statement-breakpoint
CREATE INDEX `api_keys_created_by_index` ON `api_keys` (`created_by`);--> statement-breakpoint
CREATE INDEX `api_keys_expires_at_index` ON `api_keys` (`expires_at`);--> statement-breakpoint
CREATE TABLE `audit_chain` (
	`id` integer PRIMARY KEY NOT NULL,
	`chain_key` text NOT NULL,
	`key_encrypted` integer NOT NULL,
	`count` integer NOT NULL,
	`hash` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `audit_events` (
	`id` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`action` text NOT NULL,
	`outcome` text NOT NULL,
	`reason` text,
	`actor_kind` text NOT NULL,
	`actor_user_id` integer,
	`credential` text,
	`target` text,
	`details` text NOT NULL,
	`actor_name` text,
	`target_name` text,
	`address` text,
	`user_agent` text,
	`personal_salt` text,
	`personal_digest` text NOT NULL,
	`hash` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_events_at_index` ON `audit_events` (`at`);--> statement-breakpoint
CREATE INDEX `audit_events_actor_index` ON `audit_events` (`actor_user_id`,`at`);--> statement-breakpoint
CREATE TABLE `refresh_tokens` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`token_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_user_id_index` ON `refresh_tokens` (`user_id`);--> statement-breakpoint
CREATE INDEX `refresh_tokens_expires_at_index` ON `refresh_tokens` (`expires_at`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`username` text NOT NULL,
	`email` text,
	`role` text NOT NULL,
	`auth_method` text NOT NULL,
	`password_hash` blob,
	`password_salt` blob,
	`reset_password` integer DEFAULT false NOT NULL,
	`oauth2_client_id` text,
	`oauth2_user_id` text,
	`ldap_unique_id` text,
	`profile_picture_url` text,
	`disabled_at` integer,
	`disabled_reason` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	CONSTRAINT "users_role_check" CHECK("users"."role" in ('SYSTEM', 'ADMIN', 'MEMBER', 'VIEWER')),
	CONSTRAINT "users_auth_method_check" CHECK("users"."auth_method" in ('LOCAL', 'OAUTH2', 'LDAP'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_username_unique` ON `users` (`username`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_oauth2_unique` ON `users` (`oauth2_client_id`,`oauth2_user_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_ldap_unique` ON `users` (`ldap_unique_id`);