-- Every statement here can be repeated: DDL of MySQL and MariaDB commits by itself, so a crash leaves the first part.
-- MySQL knows no ADD COLUMN IF NOT EXISTS.
SET @gradewire_sql = (SELECT if(count(*) = 0,
  'ALTER TABLE `gradewire`.`learner_directory` ADD COLUMN `external_id` text NULL COMMENT ''Id of the learner in an outside directory: HR id, SSO subject, userid of DingTalk or WeCom.''',
  'DO 0') FROM information_schema.columns
  WHERE table_schema = 'gradewire' AND table_name = 'learner_directory' AND column_name = 'external_id');
--> statement-breakpoint
PREPARE gradewire_statement FROM @gradewire_sql;
--> statement-breakpoint
EXECUTE gradewire_statement;
--> statement-breakpoint
DEALLOCATE PREPARE gradewire_statement;
--> statement-breakpoint
SET @gradewire_sql = (SELECT if(count(*) = 0,
  'ALTER TABLE `gradewire`.`result_ledger` ADD COLUMN `match_rule` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT ''What proved the person: employeeNo, externalId, email, phone, resolve, relink; link: before it where the learner was known already. Null: filed by an older version.''',
  'DO 0') FROM information_schema.columns
  WHERE table_schema = 'gradewire' AND table_name = 'result_ledger' AND column_name = 'match_rule');
--> statement-breakpoint
PREPARE gradewire_statement FROM @gradewire_sql;
--> statement-breakpoint
EXECUTE gradewire_statement;
--> statement-breakpoint
DEALLOCATE PREPARE gradewire_statement;
--> statement-breakpoint
SET @gradewire_sql = (SELECT if(count(*) = 0,
  'ALTER TABLE `gradewire`.`training_record` ADD COLUMN `match_rule` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT ''What proved the person, as in result_ledger.''',
  'DO 0') FROM information_schema.columns
  WHERE table_schema = 'gradewire' AND table_name = 'training_record' AND column_name = 'match_rule');
--> statement-breakpoint
PREPARE gradewire_statement FROM @gradewire_sql;
--> statement-breakpoint
EXECUTE gradewire_statement;
--> statement-breakpoint
DEALLOCATE PREPARE gradewire_statement;
--> statement-breakpoint
SET @gradewire_sql = (SELECT if(count(*) = 0,
  'ALTER TABLE `gradewire`.`training_record_history` ADD COLUMN `match_rule` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT ''What proved the person, as in result_ledger.''',
  'DO 0') FROM information_schema.columns
  WHERE table_schema = 'gradewire' AND table_name = 'training_record_history' AND column_name = 'match_rule');
--> statement-breakpoint
PREPARE gradewire_statement FROM @gradewire_sql;
--> statement-breakpoint
EXECUTE gradewire_statement;
--> statement-breakpoint
DEALLOCATE PREPARE gradewire_statement;
--> statement-breakpoint
CREATE OR REPLACE VIEW `gradewire`.`training_records` AS
SELECT connector, result_id, employee_key, learner_id, assessment_id, assessment_title, assessment_max, assessment_pass,
  score_raw, score_min, score_max, score_pass, score_text, attempt_number, started_at, submitted_at, graded_at,
  attributes, event_time, applied_at, match_rule
FROM `gradewire`.`training_record`
WHERE state = 'recorded';
--> statement-breakpoint
-- Accounts that are no employees wait for nobody.
CREATE OR REPLACE VIEW `gradewire`.`lag` AS
SELECT
  o.connector,
  CASE WHEN count(o.committed_at) = count(*) THEN min(o.committed_at) END AS applied_until,
  CASE WHEN count(o.committed_at) = count(*) THEN max(greatest(0e0, timestampdiff(MICROSECOND, o.committed_at,
    CASE WHEN o.updated_at > UTC_TIMESTAMP(6) - INTERVAL 30 SECOND THEN o.updated_at ELSE UTC_TIMESTAMP(6) END) / 1e6))
    END AS total_lag_s,
  greatest(0e0, timestampdiff(MICROSECOND, min(o.updated_at), UTC_TIMESTAMP(6)) / 1e6) AS heartbeat_age_s,
  (SELECT count(*) FROM `gradewire`.`held` h WHERE h.connector = o.connector AND NOT h.ignored AND h.reason <> 'UNQUALIFIED') AS held,
  (SELECT greatest(0e0, max(h.waiting_seconds)) FROM `gradewire`.`held` h
    WHERE h.connector = o.connector AND NOT h.ignored AND h.reason <> 'UNQUALIFIED') AS oldest_held_s,
  (SELECT count(*) FROM `gradewire`.`dead_letter` d
    WHERE d.connector = o.connector AND d.state IN ('open', 'waiting', 'replay')) AS dead_letters,
  EXISTS (SELECT 1 FROM `gradewire`.`control` c
    WHERE c.connector = o.connector AND c.role = 'capture' AND c.paused) AS capture_paused,
  EXISTS (SELECT 1 FROM `gradewire`.`control` c
    WHERE c.connector = o.connector AND c.role = 'apply' AND c.paused) AS apply_paused
FROM `gradewire`.`apply_offset` o
GROUP BY o.connector;
