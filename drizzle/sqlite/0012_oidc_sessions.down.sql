DROP TABLE `used_logout_tokens`;
--> statement-breakpoint
DROP TABLE `oidc_sessions`;
--> statement-breakpoint
DROP TABLE `linked_accounts`;
