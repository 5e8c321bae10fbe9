-- MySQL knows no ADD COLUMN IF NOT EXISTS; every statement here can be repeated.
SET @gradewire_sql = (SELECT if(count(*) = 0,
  'ALTER TABLE `gradewire`.`alert_state` ADD COLUMN `owed_to` text NULL COMMENT ''JSON array of receivers that have not taken the last notice yet; null: none.'', ADD COLUMN `is_over` boolean NOT NULL DEFAULT false COMMENT ''It does not hold any more, and not every receiver has heard that.''',
  'DO 0') FROM information_schema.columns
  WHERE table_schema = 'gradewire' AND table_name = 'alert_state' AND column_name = 'owed_to');
--> statement-breakpoint
PREPARE gradewire_statement FROM @gradewire_sql;
--> statement-breakpoint
EXECUTE gradewire_statement;
--> statement-breakpoint
DEALLOCATE PREPARE gradewire_statement;
--> statement-breakpoint
CREATE OR REPLACE VIEW `gradewire`.`alerts` AS
SELECT connector, speaker, alert, subject, since, told_at, text, updated_at, owed_to, is_over FROM `gradewire`.`alert_state`;
--> statement-breakpoint
REPLACE INTO `gradewire`.`view_column` (view_name, column_name, description) VALUES
('alerts', 'told_at', 'When the first receiver of the last notice took it; null: none yet, or the hours are quiet.'),
('alerts', 'owed_to', 'JSON array of receivers that have not taken the last notice yet; null: none.'),
('alerts', 'is_over', 'It does not hold any more, and not every receiver has heard that.');
