DROP TABLE `project_buckets`;
--> statement-breakpoint
ALTER TABLE `project_sessions` DROP COLUMN `trace_count`;
--> statement-breakpoint
ALTER TABLE `project_sessions` DROP COLUMN `span_count`;
--> statement-breakpoint
ALTER TABLE `project_sessions` DROP COLUMN `error_count`;
--> statement-breakpoint
ALTER TABLE `project_sessions` DROP COLUMN `prompt_tokens`;
--> statement-breakpoint
ALTER TABLE `project_sessions` DROP COLUMN `completion_tokens`;
--> statement-breakpoint
CREATE TABLE `__old_span_rollups` (
	`span_row_id` integer PRIMARY KEY NOT NULL,
	`cumulative_error_count` integer NOT NULL,
	`cumulative_llm_token_count_prompt` integer NOT NULL,
	`cumulative_llm_token_count_completion` integer NOT NULL,
	FOREIGN KEY (`span_row_id`) REFERENCES `spans`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT INTO `__old_span_rollups` SELECT s.`id`, coalesce(`cumulative_error_count`, `status_code` = 'ERROR'),
	coalesce(`cumulative_llm_token_count_prompt`, `llm_token_count_prompt`, 0),
	coalesce(`cumulative_llm_token_count_completion`, `llm_token_count_completion`, 0)
	FROM `spans` s LEFT JOIN `span_rollups` r ON r.`trace_row_id` = s.`trace_row_id` AND r.`span_row_id` = s.`id`;
--> statement-breakpoint
DROP TABLE `span_rollups`;
--> statement-breakpoint
CREATE TABLE `__old_spans` (
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
	CONSTRAINT "spans_status_code_check" CHECK("__old_spans"."status_code" in ('UNSET', 'OK', 'ERROR'))
);
--> statement-breakpoint
INSERT INTO `__old_spans` SELECT `id`, `trace_row_id`, `project_id`, `span_id`, `parent_id`, `name`, `span_kind`, `start_time`, `end_time`, `status_code`,
	`llm_token_count_prompt`, `llm_token_count_completion`, `input_preview`, `output_preview`, `status_message`, json(`attributes`), json(`events`)
	FROM `spans`;
--> statement-breakpoint
DELETE FROM `sqlite_sequence` WHERE `name` = '__old_spans';
--> statement-breakpoint
INSERT INTO `sqlite_sequence` (`name`, `seq`) SELECT '__old_spans', `seq` FROM `sqlite_sequence` WHERE `name` = 'spans';
--> statement-breakpoint
DROP TABLE `spans`;
--> statement-breakpoint
ALTER TABLE `__old_spans` RENAME TO `spans`;
--> statement-breakpoint
ALTER TABLE `__old_span_rollups` RENAME TO `span_rollups`;
--> statement-breakpoint
CREATE UNIQUE INDEX `spans_trace_span_unique` ON `spans` (`trace_row_id`,`span_id`);
--> statement-breakpoint
CREATE INDEX `spans_project_start_index` ON `spans` (`project_id`,`start_time`,`id`);
--> statement-breakpoint
CREATE INDEX `spans_project_row_index` ON `spans` (`project_id`,`id`);
--> statement-breakpoint
CREATE INDEX `spans_span_id_index` ON `spans` (`span_id`);
