-- Every statement here can be repeated: DDL of MySQL and MariaDB commits by itself, so a crash leaves the first part.
CREATE TABLE IF NOT EXISTS `gradewire`.`training_record` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `result_id` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL COMMENT 'Source table and key of the result.',
  `employee_key` varchar(255) NOT NULL COMMENT 'Employee it is filed to, as the employee table names them.',
  `learner_id` text COMMENT 'Key of the learner at the source; null: not mapped.',
  `assessment_id` text COMMENT 'Key of the assessment at the source.',
  `assessment_title` text COMMENT 'Its title when this was written.',
  `assessment_max` decimal(40,10) COMMENT 'Its highest mark when this was written.',
  `assessment_pass` decimal(40,10) COMMENT 'Its pass mark when this was written.',
  `score_raw` decimal(40,10) COMMENT 'Score in points.',
  `score_min` decimal(40,10) COMMENT 'Lowest score possible.',
  `score_max` decimal(40,10) COMMENT 'Highest score possible.',
  `score_pass` decimal(40,10) COMMENT 'Pass mark in points.',
  `score_text` text COMMENT 'Grade in words.',
  `attempt_number` bigint COMMENT 'Which attempt of the learner.',
  `started_at` datetime(6) COMMENT 'When the attempt began.',
  `submitted_at` datetime(6) COMMENT 'When it was handed in.',
  `graded_at` datetime(6) COMMENT 'When it was graded.',
  `attributes` json COMMENT 'Mapped attributes by name; absent: not known.',
  `state` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'recorded: it counts; revoked: taken back at the source, or its person is not proven any more.',
  `position` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Place of the change in the history of the source: timeline-file-transaction-ordinal.',
  `event_type` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Type of the change event.',
  `event_id` text NOT NULL COMMENT 'Its id.',
  `event_time` datetime(6) NOT NULL COMMENT 'When the change was committed at the source.',
  `applied_at` datetime(6) NOT NULL COMMENT 'When it was filed here.',
  PRIMARY KEY(`connector`,`result_id`),
  KEY `training_record_employee` (`employee_key`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
COMMENT='Every exam result as it is now, one row each. Revoked rows are kept here and hidden in the view training_records. Times are UTC.';
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `gradewire`.`training_record_history` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `result_id` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL COMMENT 'Source table and key of the result.',
  `employee_key` varchar(255) NOT NULL COMMENT 'Employee it is filed to, as the employee table names them.',
  `learner_id` text COMMENT 'Key of the learner at the source; null: not mapped.',
  `assessment_id` text COMMENT 'Key of the assessment at the source.',
  `assessment_title` text COMMENT 'Its title when this was written.',
  `assessment_max` decimal(40,10) COMMENT 'Its highest mark when this was written.',
  `assessment_pass` decimal(40,10) COMMENT 'Its pass mark when this was written.',
  `score_raw` decimal(40,10) COMMENT 'Score in points.',
  `score_min` decimal(40,10) COMMENT 'Lowest score possible.',
  `score_max` decimal(40,10) COMMENT 'Highest score possible.',
  `score_pass` decimal(40,10) COMMENT 'Pass mark in points.',
  `score_text` text COMMENT 'Grade in words.',
  `attempt_number` bigint COMMENT 'Which attempt of the learner.',
  `started_at` datetime(6) COMMENT 'When the attempt began.',
  `submitted_at` datetime(6) COMMENT 'When it was handed in.',
  `graded_at` datetime(6) COMMENT 'When it was graded.',
  `attributes` json COMMENT 'Mapped attributes by name; absent: not known.',
  `state` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'recorded: it counts; revoked: taken back at the source, or its person is not proven any more.',
  `position` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Place of the change in the history of the source: timeline-file-transaction-ordinal.',
  `event_type` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Type of the change event.',
  `event_id` text NOT NULL COMMENT 'Its id.',
  `event_time` datetime(6) NOT NULL COMMENT 'When the change was committed at the source.',
  `applied_at` datetime(6) NOT NULL COMMENT 'When it was filed here.',
  PRIMARY KEY(`connector`,`result_id`,`position`,`state`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
COMMENT='Every change of training_record that took effect, once: the whole row as it was from then on. Rows are only ever added. Times are UTC.';
--> statement-breakpoint
CREATE OR REPLACE VIEW `gradewire`.`training_records` AS
SELECT connector, result_id, employee_key, learner_id, assessment_id, assessment_title, assessment_max, assessment_pass,
  score_raw, score_min, score_max, score_pass, score_text, attempt_number, started_at, submitted_at, graded_at,
  attributes, event_time, applied_at
FROM `gradewire`.`training_record`
WHERE state = 'recorded';
