DROP INDEX `spans_span_id_index`;
--> statement-breakpoint
CREATE INDEX `spans_project_error_rows_index` ON `spans` (`project_id`,`id`) WHERE "spans"."status_code" = 'ERROR';
--> statement-breakpoint
CREATE INDEX `spans_span_id_index` ON `spans` (("id" >> 17),`span_id`);
