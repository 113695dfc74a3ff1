DROP INDEX `audit_events_address_index`;
--> statement-breakpoint
DROP INDEX `audit_events_target_index`;
--> statement-breakpoint
DROP INDEX `audit_events_outcome_index`;
--> statement-breakpoint
DROP INDEX `audit_events_action_index`;
