-- Every statement here can be repeated: DDL of MySQL and MariaDB commits by itself, so a crash leaves the first part.
-- MySQL knows no ADD COLUMN IF NOT EXISTS.
ALTER TABLE `gradewire`.`employee_spelling` MODIFY COLUMN `kind` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'employeeNo, externalId, email or phone.';
--> statement-breakpoint
SET @gradewire_sql = (SELECT if(count(*) = 0,
  'ALTER TABLE `gradewire`.`held_change`
    MODIFY COLUMN `reason` varchar(32) NOT NULL COMMENT ''LEARNER_UNKNOWN, ABSENT (no employee), AMBIGUOUS (a key hits several), CONFLICT (keys hit different ones), UNQUALIFIED (an account that is no employee, parked), ASSESSMENT_UNKNOWN.'',
    ADD COLUMN `is_parked` boolean GENERATED ALWAYS AS (reason = ''UNQUALIFIED'') VIRTUAL COMMENT ''An account that is no employee: nobody waits for it.'',
    ADD INDEX `held_change_parked` (`connector`,`is_parked`,`result_id`)',
  'DO 0') FROM information_schema.columns
  WHERE table_schema = 'gradewire' AND table_name = 'held_change' AND column_name = 'is_parked');
--> statement-breakpoint
PREPARE gradewire_statement FROM @gradewire_sql;
--> statement-breakpoint
EXECUTE gradewire_statement;
--> statement-breakpoint
DEALLOCATE PREPARE gradewire_statement;
--> statement-breakpoint
-- Accounts that are no employees wait for nobody.
CREATE OR REPLACE VIEW `gradewire`.`offsets` AS
SELECT
  o.connector, o.position, o.generation, o.stream_sequence,
  o.anchor_file, o.anchor_position, o.anchor_gtid, o.anchor_server, o.anchor_timeline,
  o.committed_at, o.updated_at, o.epoch, o.holder, o.events, o.applied, o.stale,
  CASE WHEN o.updated_at > UTC_TIMESTAMP(6) - INTERVAL 30 SECOND
    THEN greatest(0e0, timestampdiff(MICROSECOND, o.changed_committed_at, o.changed_at) / 1e6)
  END AS lag_seconds,
  greatest(0e0, timestampdiff(MICROSECOND, o.updated_at, UTC_TIMESTAMP(6)) / 1e6) AS idle_seconds,
  (SELECT count(*) FROM `gradewire`.`held_change` h
    WHERE h.connector = o.connector AND h.is_parked = 0) AS held_changes,
  (SELECT count(*) FROM `gradewire`.`dead_letter` d
    WHERE d.connector = o.connector AND d.state IN ('open', 'waiting', 'replay')) AS dead_letters,
  o.lane
FROM `gradewire`.`apply_offset` o;
--> statement-breakpoint
CREATE OR REPLACE VIEW `gradewire`.`training_latest` AS
SELECT connector, result_id, employee_key, learner_id, assessment_id, assessment_title, assessment_max, assessment_pass,
  score_raw, score_min, score_max, score_pass, score_text, attempt_number, started_at, submitted_at, graded_at,
  attributes, event_time, applied_at, match_rule
FROM (
  SELECT r.*, row_number() OVER (
    PARTITION BY connector, employee_key, coalesce(assessment_id, result_id)
    ORDER BY coalesce(submitted_at, graded_at, started_at, event_time) DESC, attempt_number IS NULL, attempt_number DESC, result_id DESC
  ) AS place
  FROM `gradewire`.`training_records` r
  WHERE score_raw IS NOT NULL OR score_text IS NOT NULL
) a
WHERE place = 1;
--> statement-breakpoint
CREATE OR REPLACE VIEW `gradewire`.`training_first` AS
SELECT connector, result_id, employee_key, learner_id, assessment_id, assessment_title, assessment_max, assessment_pass,
  score_raw, score_min, score_max, score_pass, score_text, attempt_number, started_at, submitted_at, graded_at,
  attributes, event_time, applied_at, match_rule
FROM (
  SELECT r.*, row_number() OVER (
    PARTITION BY connector, employee_key, coalesce(assessment_id, result_id)
    ORDER BY coalesce(submitted_at, graded_at, started_at, event_time), attempt_number IS NULL, attempt_number, result_id
  ) AS place
  FROM `gradewire`.`training_records` r
  WHERE score_raw IS NOT NULL OR score_text IS NOT NULL
) a
WHERE place = 1;
--> statement-breakpoint
CREATE OR REPLACE VIEW `gradewire`.`training_best` AS
SELECT connector, result_id, employee_key, learner_id, assessment_id, assessment_title, assessment_max, assessment_pass,
  score_raw, score_min, score_max, score_pass, score_text, attempt_number, started_at, submitted_at, graded_at,
  attributes, event_time, applied_at, match_rule
FROM (
  SELECT r.*, row_number() OVER (
    PARTITION BY connector, employee_key, coalesce(assessment_id, result_id)
    ORDER BY score_raw / nullif(coalesce(score_max, assessment_max), 0) IS NULL, score_raw / nullif(coalesce(score_max, assessment_max), 0) DESC, score_raw IS NULL, score_raw DESC, coalesce(submitted_at, graded_at, started_at, event_time), result_id
  ) AS place
  FROM `gradewire`.`training_records` r
  WHERE score_raw IS NOT NULL OR score_text IS NOT NULL
) a
WHERE place = 1;
--> statement-breakpoint
REPLACE INTO `gradewire`.`view_column` (view_name, column_name, description) VALUES
('offsets', 'held_changes', 'Results waiting now; those of accounts that are no employees (UNQUALIFIED) are not among them.'),
('held', 'reason', 'LEARNER_UNKNOWN, ABSENT (no employee), AMBIGUOUS (a key hits several), CONFLICT (keys hit different ones), UNQUALIFIED (an account that is no employee, parked), ASSESSMENT_UNKNOWN.');
