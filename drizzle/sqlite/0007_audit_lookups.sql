CREATE INDEX `audit_events_action_index` ON `audit_events` (`action`,`at`);--> statement-breakpoint
CREATE INDEX `audit_events_outcome_index` ON `audit_events` (`outcome`,`at`);--> statement-breakpoint
CREATE INDEX `audit_events_target_index` ON `audit_events` (`target`,`at`);--> statement-breakpoint
CREATE INDEX `audit_events_address_index` ON `audit_events` (`address`,`at`);