CREATE TABLE `project_buckets` (
	`project_id` integer NOT NULL,
	`bucket` integer NOT NULL,
	`shard` integer NOT NULL,
	`trace_count` integer NOT NULL,
	`span_count` integer NOT NULL,
	`error_count` integer NOT NULL,
	`prompt_tokens` integer NOT NULL,
	`completion_tokens` integer NOT NULL,
	`latency_sketch` blob NOT NULL,
	PRIMARY KEY(`project_id`, `bucket`, `shard`),
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
-- Without a row id: the key is the table, and only spans with others below them have a row.
CREATE TABLE `__new_span_rollups` (
	`trace_row_id` integer NOT NULL,
	`span_row_id` integer NOT NULL,
	`cumulative_error_count` integer NOT NULL,
	`cumulative_llm_token_count_prompt` integer NOT NULL,
	`cumulative_llm_token_count_completion` integer NOT NULL,
	PRIMARY KEY(`trace_row_id`, `span_row_id`),
	FOREIGN KEY (`trace_row_id`) REFERENCES `traces`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_span_rollups`
	SELECT `trace_row_id`, `id`, `cumulative_error_count`, `cumulative_llm_token_count_prompt`, `cumulative_llm_token_count_completion`
	FROM `span_rollups` JOIN `spans` ON `id` = `span_row_id`
	WHERE `cumulative_error_count` <> (`status_code` = 'ERROR')
		OR `cumulative_llm_token_count_prompt` <> coalesce(`llm_token_count_prompt`, 0)
		OR `cumulative_llm_token_count_completion` <> coalesce(`llm_token_count_completion`, 0)
	ORDER BY `trace_row_id`, `id`;
--> statement-breakpoint
DROP TABLE `span_rollups`;
--> statement-breakpoint
ALTER TABLE `__new_span_rollups` RENAME TO `span_rollups`;
--> statement-breakpoint
CREATE TABLE `__new_spans` (
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
	`model_name` text,
	`session_id` text,
	`user_id` text,
	`input_preview` text,
	`output_preview` text,
	`status_message` text DEFAULT '' NOT NULL,
	`attributes` jsonb blob NOT NULL,
	`events` jsonb blob NOT NULL,
	FOREIGN KEY (`trace_row_id`) REFERENCES `traces`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "spans_status_code_check" CHECK("__new_spans"."status_code" in ('UNSET', 'OK', 'ERROR'))
);
--> statement-breakpoint
INSERT INTO `__new_spans` (`id`, `trace_row_id`, `project_id`, `span_id`, `parent_id`, `name`, `span_kind`, `start_time`, `end_time`, `status_code`,
		`llm_token_count_prompt`, `llm_token_count_completion`, `model_name`, `session_id`, `user_id`, `input_preview`, `output_preview`,
		`status_message`, `attributes`, `events`)
	SELECT `id`, `trace_row_id`, `project_id`, `span_id`, `parent_id`, `name`, `span_kind`, `start_time`, `end_time`, `status_code`,
		`llm_token_count_prompt`, `llm_token_count_completion`,
		substr(nullif(trim(coalesce(
			CASE json_type(`attributes`, '$.llm.model_name') WHEN 'text' THEN nullif(`attributes` ->> '$.llm.model_name', '') END,
			CASE json_type(`attributes`, '$.embedding.model_name') WHEN 'text' THEN nullif(`attributes` ->> '$.embedding.model_name', '') END,
			CASE json_type(`attributes`, '$.reranker.model_name') WHEN 'text' THEN `attributes` ->> '$.reranker.model_name' END)), ''), 1, 255),
		(SELECT substr(t, 1, CASE WHEN octet_length(t) > 1000 THEN 250 ELSE 1000 END) FROM (SELECT CASE json_type(`attributes`, '$.session.id')
			WHEN 'text' THEN trim(`attributes` ->> '$.session.id') WHEN 'integer' THEN `attributes` -> '$.session.id' WHEN 'real' THEN `attributes` -> '$.session.id'
			WHEN 'true' THEN 'True' WHEN 'false' THEN 'False' END AS t) WHERE t <> ''),
		(SELECT substr(t, 1, CASE WHEN octet_length(t) > 1000 THEN 250 ELSE 1000 END) FROM (SELECT CASE json_type(`attributes`, '$.user.id')
			WHEN 'text' THEN trim(`attributes` ->> '$.user.id') WHEN 'integer' THEN `attributes` -> '$.user.id' WHEN 'real' THEN `attributes` -> '$.user.id'
			WHEN 'true' THEN 'True' WHEN 'false' THEN 'False' END AS t) WHERE t <> ''),
		`input_preview`, `output_preview`, `status_message`, jsonb(`attributes`), jsonb(`events`)
	FROM `spans`;
--> statement-breakpoint
-- A row id is never used again, also not one of a row that is gone: the counter moves along.
DELETE FROM `sqlite_sequence` WHERE `name` = '__new_spans';
--> statement-breakpoint
INSERT INTO `sqlite_sequence` (`name`, `seq`) SELECT '__new_spans', `seq` FROM `sqlite_sequence` WHERE `name` = 'spans';
--> statement-breakpoint
DROP TABLE `spans`;
--> statement-breakpoint
ALTER TABLE `__new_spans` RENAME TO `spans`;
--> statement-breakpoint
CREATE UNIQUE INDEX `spans_trace_span_unique` ON `spans` (`trace_row_id`,`span_id`);
--> statement-breakpoint
CREATE INDEX `spans_project_start_index` ON `spans` (`project_id`,`start_time`,`id`);
--> statement-breakpoint
CREATE INDEX `spans_project_errors_index` ON `spans` (`project_id`,`start_time`,`id`) WHERE "spans"."status_code" = 'ERROR';
--> statement-breakpoint
CREATE INDEX `spans_project_row_index` ON `spans` (`project_id`,`id`);
--> statement-breakpoint
CREATE INDEX `spans_span_id_index` ON `spans` (`span_id`);
--> statement-breakpoint
ALTER TABLE `project_sessions` ADD `trace_count` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE `project_sessions` ADD `span_count` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE `project_sessions` ADD `error_count` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE `project_sessions` ADD `prompt_tokens` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE `project_sessions` ADD `completion_tokens` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
UPDATE `project_sessions` SET `trace_count` = t.n, `span_count` = t.s, `error_count` = t.e, `prompt_tokens` = t.p, `completion_tokens` = t.c
	FROM (SELECT `project_session_id` AS id, count(*) AS n, sum(`span_count`) AS s, sum(`error_count`) AS e,
		sum(`prompt_tokens`) AS p, sum(`completion_tokens`) AS c FROM `traces` GROUP BY 1) t
	WHERE t.id = `project_sessions`.`id`;
--> statement-breakpoint
-- The sketch as server/sketch writes it: for each range of latencies its number and how many traces there are.
INSERT INTO `project_buckets`
	SELECT `project_id`, `bucket`, 0, sum(n), sum(s), sum(e), sum(p), sum(c),
		unhex(group_concat(printf('%04X%08X', `range` & 65535, n), '' ORDER BY `range`))
	FROM (SELECT `project_id`, CAST(floor(`start_time` / 3600000000.0) AS integer) AS `bucket`,
			CASE WHEN `end_time` - `start_time` < 1 THEN -1 ELSE CAST(ceil(ln(`end_time` - `start_time`) / ln(1.01 / 0.99)) AS integer) END AS `range`,
			count(*) AS n, sum(`span_count`) AS s, sum(`error_count`) AS e, sum(`prompt_tokens`) AS p, sum(`completion_tokens`) AS c
		FROM `traces` GROUP BY 1, 2, 3)
	GROUP BY 1, 2;
