-- Every statement here can be repeated: DDL of MySQL and MariaDB commits by itself, so a crash leaves the first part.
CREATE TABLE IF NOT EXISTS `gradewire`.`alert_state` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `speaker` varchar(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Roles and lanes of the process that says it; each such process speaks for its own.',
  `alert` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the alert, a heading of docs/alerts.md.',
  `subject` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Role, stage or system that it is about; empty: the connector.',
  `since` datetime(6) NOT NULL COMMENT 'Since when it holds.',
  `told_at` datetime(6) COMMENT 'When people were last told; null: not yet, or the hours are quiet.',
  `text` text NOT NULL COMMENT 'What is wrong, in a sentence.',
  `updated_at` datetime(6) NOT NULL COMMENT 'When the process last wrote this.',
  PRIMARY KEY (`connector`, `speaker`, `alert`, `subject`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
  COMMENT='Alerts that hold, or whose end nobody has been told yet: what a process that starts has to know. Times are UTC.';
--> statement-breakpoint
CREATE OR REPLACE VIEW `gradewire`.`alerts` AS
SELECT connector, speaker, alert, subject, since, told_at, text, updated_at FROM `gradewire`.`alert_state`;
--> statement-breakpoint
REPLACE INTO `gradewire`.`view_column` (view_name, column_name, description) VALUES
('alerts', 'connector', 'Name of the connector.'),
('alerts', 'speaker', 'Roles and lanes of the process that says it; each such process speaks for its own.'),
('alerts', 'alert', 'Name of the alert, a heading of docs/alerts.md.'),
('alerts', 'subject', 'Role, stage or system that it is about; empty: the connector.'),
('alerts', 'since', 'Since when it holds.'),
('alerts', 'told_at', 'When people were last told; null: not yet, or the hours are quiet.'),
('alerts', 'text', 'What is wrong, in a sentence.'),
('alerts', 'updated_at', 'When the process last wrote this.');
