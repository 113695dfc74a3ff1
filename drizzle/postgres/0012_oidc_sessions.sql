CREATE TABLE "linked_accounts" (
	"provider" text NOT NULL,
	"provider_account_id" text NOT NULL,
	"user_id" bigint NOT NULL,
	"type" text NOT NULL,
	"issuer" text NOT NULL,
	"provider_name" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "linked_accounts_provider_provider_account_id_pk" PRIMARY KEY("provider","provider_account_id")
);
--> statement-breakpoint
CREATE TABLE "oidc_sessions" (
	"session_id" bigint PRIMARY KEY NOT NULL,
	"provider_name" text NOT NULL,
	"issuer" text NOT NULL,
	"client_id" text NOT NULL,
	"subject" text NOT NULL,
	"sid" text,
	"id_token" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "used_logout_tokens" (
	"digest" text PRIMARY KEY NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "linked_accounts" ADD CONSTRAINT "linked_accounts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oidc_sessions" ADD CONSTRAINT "oidc_sessions_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "linked_accounts_user_id_index" ON "linked_accounts" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "oidc_sessions_subject_index" ON "oidc_sessions" USING btree ("subject");--> statement-breakpoint
CREATE INDEX "oidc_sessions_sid_index" ON "oidc_sessions" USING btree ("sid");--> statement-breakpoint
CREATE INDEX "used_logout_tokens_expires_at_index" ON "used_logout_tokens" USING btree ("expires_at");