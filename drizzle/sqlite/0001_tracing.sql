CREATE TABLE `project_sessions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`session_id` text NOT NULL,
	`project_id` integer NOT NULL,
	`start_time` integer NOT NULL,
	`end_time` integer NOT NULL,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `project_sessions_session_id_unique` ON `project_sessions` (`session_id`);--> statement-breakpoint
CREATE INDEX `project_sessions_project_start_index` ON `project_sessions` (`project_id`,`start_time`);--> statement-breakpoint
CREATE TABLE `projects` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`gradient_start_color` text DEFAULT '#5bdbff' NOT NULL,
	`gradient_end_color` text DEFAULT '#1c76fc' NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `projects_name_unique` ON `projects` (`name`);--> statement-breakpoint
CREATE TABLE `span_rollups` (
	`span_row_id` integer PRIMARY KEY NOT NULL,
	`cumulative_error_count` integer NOT NULL,
	`cumulative_llm_token_count_prompt` integer NOT NULL,
	`cumulative_llm_token_count_completion` integer NOT NULL,
	FOREIGN KEY (`span_row_id`) REFERENCES `spans`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `spans` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`trace_row_id` integer NOT NULL,
	`project_id` integer NOT NULL,
	`span_id` text NOT NULL,
	`parent_id` text,
	`name` text NOT NULL,
	`span_kind` text NOT NULL,
	`start_time` integer NOT NULL,
	`end_time` integer NOT NULL,
	`status_code` text NOT NULL,
	`llm_token_count_prompt` integer,
	`llm_token_count_completion` integer,
	`input_preview` text,
	`output_preview` text,
	`status_message` text DEFAULT '' NOT NULL,
	`attributes` text NOT NULL,
	`events` text NOT NULL,
	FOREIGN KEY (`trace_row_id`) REFERENCES `traces`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "spans_status_code_check" CHECK("spans"."status_code" in ('UNSET', 'OK', 'ERROR'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `spans_trace_span_unique` ON `spans` (`trace_row_id`,`span_id`);--> statement-breakpoint
CREATE INDEX `spans_project_start_index` ON `spans` (`project_id`,`start_time`,`id`);--> statement-breakpoint
CREATE INDEX `spans_project_row_index` ON `spans` (`project_id`,`id`);--> statement-breakpoint
CREATE INDEX `spans_span_id_index` ON `spans` (`span_id`);--> statement-breakpoint
CREATE TABLE `traces` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`trace_id` text NOT NULL,
	`project_id` integer NOT NULL,
	`project_session_id` integer,
	`start_time` integer NOT NULL,
	`end_time` integer NOT NULL,
	`root_span_row_id` integer,
	`span_count` integer DEFAULT 0 NOT NULL,
	`error_count` integer DEFAULT 0 NOT NULL,
	`prompt_tokens` integer DEFAULT 0 NOT NULL,
	`completion_tokens` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`project_session_id`) REFERENCES `project_sessions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `traces_trace_id_unique` ON `traces` (`trace_id`);--> statement-breakpoint
CREATE INDEX `traces_project_start_index` ON `traces` (`project_id`,`start_time`,`id`);--> statement-breakpoint
CREATE INDEX `traces_project_session_index` ON `traces` (`project_session_id`);