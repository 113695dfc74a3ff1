DROP TABLE "lockouts";
--> statement-breakpoint
DROP TABLE "rate_limits";
