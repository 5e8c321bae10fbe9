-- Every statement here can be repeated: DDL of MySQL and MariaDB commits by itself, so a crash leaves the first part.
CREATE TABLE IF NOT EXISTS `gradewire`.`apply_offset` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `lane` smallint NOT NULL DEFAULT 0 COMMENT 'Always 0.',
  `position` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Every change at or before it has taken effect or stands in a queue: timeline-file-transaction-ordinal.',
  `generation` bigint NOT NULL DEFAULT 0 COMMENT '+1 whenever capture went back in the binlog.',
  `stream_sequence` bigint NOT NULL DEFAULT 0 COMMENT 'Change log message that ended there; a hint only.',
  `anchor_file` text COMMENT 'Binlog file where reading would resume; null before the first batch.',
  `anchor_position` bigint COMMENT 'Byte in that file.',
  `anchor_gtid` text COMMENT 'GTID of the transaction that starts there; null: none known.',
  `anchor_server` text COMMENT 'Server that wrote the file.',
  `anchor_timeline` int COMMENT '+1 after a failover of the training database.',
  `committed_at` datetime(6) COMMENT 'Source commit time of the last change known; null: not known.',
  `snapshot` json COMMENT 'How far the copy of the tables had come at the position; null: no checkpoint said. Keys may be personal values.',
  `epoch` bigint NOT NULL DEFAULT 0 COMMENT 'Fencing number of the process that may write.',
  `holder` text NOT NULL COMMENT 'That process, as it names itself.',
  `updated_at` datetime(6) NOT NULL COMMENT 'When this row was written last.',
  `changed_at` datetime(6) COMMENT 'When the last batch with changes committed.',
  `changed_committed_at` datetime(6) COMMENT 'Source commit time of that batch.',
  `events` bigint NOT NULL DEFAULT 0 COMMENT 'Change events covered so far.',
  `applied` bigint NOT NULL DEFAULT 0 COMMENT 'Results written to the profile, revocations included.',
  `stale` bigint NOT NULL DEFAULT 0 COMMENT 'Changes without effect because a newer one was there already.',
  `held` bigint NOT NULL DEFAULT 0 COMMENT 'Changes that were held.',
  `released` bigint NOT NULL DEFAULT 0 COMMENT 'Held results filed later.',
  `dead` bigint NOT NULL DEFAULT 0 COMMENT 'Changes that became dead letters or wait behind one.',
  PRIMARY KEY(`connector`,`lane`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
COMMENT='Progress of apply per connector; commits together with the profile rows. Times are UTC.';
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `gradewire`.`assessment_directory` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `assessment_id` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL COMMENT 'Key of the assessment at the source.',
  `position` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Position of the last change.',
  `title` text COMMENT 'Title.',
  `max` varchar(100) COMMENT 'Highest mark.',
  `pass` varchar(100) COMMENT 'Pass mark in points.',
  `removed` boolean NOT NULL DEFAULT false COMMENT 'Its row is deleted at the source.',
  PRIMARY KEY(`connector`,`assessment_id`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
COMMENT='Last known title and marks of every assessment.';
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `gradewire`.`dead_letter` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `position` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Position of the change.',
  `result_id` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin COMMENT 'Source table and key of the result; null: not a result.',
  `type` varchar(64) NOT NULL COMMENT 'Event type.',
  `event_id` text NOT NULL COMMENT 'Event id.',
  `event` longtext NOT NULL COMMENT 'The change event as it came.',
  `reason` text NOT NULL COMMENT 'Why it is here.',
  `detail` text NOT NULL COMMENT 'Error number and constraint, never a value.',
  `state` varchar(16) NOT NULL COMMENT 'open, waiting (behind an open one), replay (asked for another attempt), done, discarded.',
  `at` datetime(6) NOT NULL COMMENT 'When it came.',
  `updated_at` datetime(6) NOT NULL COMMENT 'When this row was written last.',
  PRIMARY KEY(`connector`,`position`),
  KEY `dead_letter_result` (`connector`,`result_id`,`position`),
  KEY `dead_letter_state` (`connector`,`state`,`position`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
COMMENT='Changes that the database refused, and later changes waiting behind them. Personal values.';
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `gradewire`.`held_change` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `result_id` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL COMMENT 'Source table and key of the result.',
  `position` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Position of the change.',
  `event` json NOT NULL COMMENT 'The change event.',
  `learner_id` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin COMMENT 'Key of the learner at the source.',
  `reason` varchar(32) NOT NULL COMMENT 'LEARNER_UNKNOWN, ABSENT (no employee), AMBIGUOUS (a key hits several), CONFLICT (keys hit different ones), ASSESSMENT_UNKNOWN.',
  `candidates` int NOT NULL DEFAULT 0 COMMENT 'Employees hit by the matching rules.',
  `held_at` datetime(6) NOT NULL COMMENT 'When the result was held first.',
  `updated_at` datetime(6) NOT NULL COMMENT 'When this row was written last.',
  PRIMARY KEY(`connector`,`result_id`),
  KEY `held_change_learner` (`connector`,`learner_id`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
COMMENT='Last change of each result that waits for its person or its assessment. Personal values.';
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `gradewire`.`learner_directory` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `learner_id` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL COMMENT 'Key of the learner at the source.',
  `position` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Position of the last change.',
  `employee_no` text COMMENT 'Employee number as the training system has it.',
  `phone` text COMMENT 'Phone as the training system has it.',
  `email` text COMMENT 'E-mail as the training system has it.',
  `name` text COMMENT 'Name as the training system has it.',
  `removed` boolean NOT NULL DEFAULT false COMMENT 'Its row is deleted at the source; the keys stay for scores that were taken before.',
  PRIMARY KEY(`connector`,`learner_id`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
COMMENT='Last known keys of every learner of the training system. Personal values.';
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `gradewire`.`person_link` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `learner_id` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL COMMENT 'Key of the learner at the source.',
  `employee_key` text NOT NULL COMMENT 'The employee.',
  `rule` varchar(16) NOT NULL COMMENT 'Learner key that proved it.',
  `linked_at` datetime(6) NOT NULL COMMENT 'When it was proven.',
  PRIMARY KEY(`connector`,`learner_id`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
COMMENT='Which employee a learner was proven to be.';
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `gradewire`.`result_ledger` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `result_id` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL COMMENT 'Source table and key of the result.',
  `position` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Position of the last applied change.',
  `event_id` text NOT NULL COMMENT 'Its event id.',
  `state` varchar(16) NOT NULL COMMENT 'recorded: a row stands in the profile; revoked: none, or it is flagged.',
  `learner_id` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin COMMENT 'Key of the learner at the source.',
  `employee_key` text COMMENT 'Employee it was filed to.',
  `row_key` json COMMENT 'Key of the profile row, where it is more than the result and constants.',
  `applied_at` datetime(6) NOT NULL COMMENT 'When it was applied.',
  PRIMARY KEY(`connector`,`result_id`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
COMMENT='Last applied change per exam result; no older change takes effect.';
