DROP TABLE `access_tokens`;
--> statement-breakpoint
DROP TABLE `refresh_tokens`;
--> statement-breakpoint
DROP TABLE `api_keys`;
--> statement-breakpoint
DROP TABLE `audit_events`;
--> statement-breakpoint
DROP TABLE `audit_chain`;
--> statement-breakpoint
DROP TABLE `users`;
