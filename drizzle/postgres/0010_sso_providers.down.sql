DROP TABLE "sso_recent_sign_ins";
--> statement-breakpoint
DROP TABLE "sso_providers";
