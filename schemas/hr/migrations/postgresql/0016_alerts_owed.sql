ALTER TABLE "gradewire"."alert_state" ADD COLUMN "owed_to" text;
--> statement-breakpoint
ALTER TABLE "gradewire"."alert_state" ADD COLUMN "is_over" boolean DEFAULT false NOT NULL;
--> statement-breakpoint
CREATE OR REPLACE VIEW gradewire.alerts AS
SELECT connector, speaker, alert, subject, since, told_at, text, updated_at, owed_to, is_over
FROM gradewire.alert_state;
--> statement-breakpoint
COMMENT ON COLUMN gradewire.alert_state.told_at IS 'When the first receiver of the last notice took it; null: none yet, or the hours are quiet.';
COMMENT ON COLUMN gradewire.alert_state.owed_to IS 'JSON array of receivers that have not taken the last notice yet; null: none.';
COMMENT ON COLUMN gradewire.alert_state.is_over IS 'It does not hold any more, and not every receiver has heard that.';
COMMENT ON COLUMN gradewire.alerts.told_at IS 'When the first receiver of the last notice took it; null: none yet, or the hours are quiet.';
COMMENT ON COLUMN gradewire.alerts.owed_to IS 'JSON array of receivers that have not taken the last notice yet; null: none.';
COMMENT ON COLUMN gradewire.alerts.is_over IS 'It does not hold any more, and not every receiver has heard that.';
