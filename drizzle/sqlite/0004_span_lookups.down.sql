DROP INDEX `spans_project_error_rows_index`;
--> statement-breakpoint
DROP INDEX `spans_span_id_index`;
--> statement-breakpoint
CREATE INDEX `spans_span_id_index` ON `spans` (`span_id`);
--> statement-breakpoint
DELETE FROM `project_buckets` WHERE `bucket` = -1000000000;
