DROP INDEX "spans_project_error_rows_index";
--> statement-breakpoint
DELETE FROM "project_buckets" WHERE "bucket" = -1000000000;
