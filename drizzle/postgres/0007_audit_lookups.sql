CREATE INDEX "audit_events_action_index" ON "audit_events" USING btree ("action","at");--> statement-breakpoint
CREATE INDEX "audit_events_outcome_index" ON "audit_events" USING btree ("outcome","at");--> statement-breakpoint
CREATE INDEX "audit_events_target_index" ON "audit_events" USING btree ("target","at");--> statement-breakpoint
CREATE INDEX "audit_events_address_index" ON "audit_events" USING btree ("address","at");