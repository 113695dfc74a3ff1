DROP TABLE "span_rollups";
--> statement-breakpoint
DROP TABLE "spans";
--> statement-breakpoint
DROP TABLE "traces";
--> statement-breakpoint
DROP TABLE "project_sessions";
--> statement-breakpoint
DROP TABLE "projects";
