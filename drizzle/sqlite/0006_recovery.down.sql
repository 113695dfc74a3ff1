DROP TABLE `admin_notices`;
--> statement-breakpoint
DROP TABLE `password_reset_tokens`;
