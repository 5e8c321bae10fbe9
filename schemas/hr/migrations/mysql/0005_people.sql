CREATE TABLE IF NOT EXISTS `gradewire`.`ignored_change` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `result_id` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL COMMENT 'Source table and key of the result.',
  `at` datetime(6) NOT NULL COMMENT 'When it was put aside.',
  `by_whom` text NOT NULL COMMENT 'Who did, as they or their machine named themselves.',
  `why` text NOT NULL COMMENT 'Their reason.',
  PRIMARY KEY(`connector`,`result_id`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
COMMENT='Held results that people put aside: no look at the queue files them. A later change of one is judged as any other.';
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `gradewire`.`person_decision` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `subject` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL COMMENT 'Key of the learner at the source; source table and key of a result that names no learner.',
  `at` datetime(6) NOT NULL COMMENT 'When it was decided.',
  `action` varchar(16) NOT NULL COMMENT 'resolve (these scores are this employee''s), relink (they are somebody else''s than was believed), ignore (put aside) or restore (taken back).',
  `from_employee` text COMMENT 'Whose they were before; null: nobody''s.',
  `to_employee` text COMMENT 'Whose they are from then on; null: nobody was named.',
  `results` int NOT NULL COMMENT 'Results that it filed, moved or put aside.',
  `by_whom` text NOT NULL COMMENT 'Who decided, as they or their machine named themselves.',
  `why` text NOT NULL COMMENT 'Their reason.',
  PRIMARY KEY(`connector`,`subject`,`at`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
COMMENT='What people decided about whose scores are whose; nothing is ever removed. Personal values.';
--> statement-breakpoint
-- What was put aside is seen and counted apart.
CREATE OR REPLACE VIEW `gradewire`.`held` AS
SELECT h.connector, h.result_id, h.position, h.reason, h.candidates, h.held_at, h.updated_at,
  timestampdiff(MICROSECOND, h.held_at, UTC_TIMESTAMP(6)) / 1e6 AS waiting_seconds,
  EXISTS (SELECT 1 FROM `gradewire`.`ignored_change` i
    WHERE i.connector = h.connector AND i.result_id = h.result_id AND i.at >= h.held_at) AS ignored
FROM `gradewire`.`held_change` h;
--> statement-breakpoint
CREATE OR REPLACE VIEW `gradewire`.`lag` AS
SELECT
  o.connector,
  CASE WHEN count(o.committed_at) = count(*) THEN min(o.committed_at) END AS applied_until,
  CASE WHEN count(o.committed_at) = count(*) THEN max(greatest(0e0, timestampdiff(MICROSECOND, o.committed_at,
    CASE WHEN o.updated_at > UTC_TIMESTAMP(6) - INTERVAL 30 SECOND THEN o.updated_at ELSE UTC_TIMESTAMP(6) END) / 1e6))
    END AS total_lag_s,
  greatest(0e0, timestampdiff(MICROSECOND, min(o.updated_at), UTC_TIMESTAMP(6)) / 1e6) AS heartbeat_age_s,
  (SELECT count(*) FROM `gradewire`.`held` h WHERE h.connector = o.connector AND NOT h.ignored) AS held,
  (SELECT greatest(0e0, max(h.waiting_seconds)) FROM `gradewire`.`held` h
    WHERE h.connector = o.connector AND NOT h.ignored) AS oldest_held_s,
  (SELECT count(*) FROM `gradewire`.`dead_letter` d
    WHERE d.connector = o.connector AND d.state IN ('open', 'waiting', 'replay')) AS dead_letters,
  EXISTS (SELECT 1 FROM `gradewire`.`control` c
    WHERE c.connector = o.connector AND c.role = 'capture' AND c.paused) AS capture_paused,
  EXISTS (SELECT 1 FROM `gradewire`.`control` c
    WHERE c.connector = o.connector AND c.role = 'apply' AND c.paused) AS apply_paused
FROM `gradewire`.`apply_offset` o
GROUP BY o.connector;
--> statement-breakpoint
CREATE OR REPLACE VIEW `gradewire`.`training_latest` AS
SELECT connector, result_id, employee_key, learner_id, assessment_id, assessment_title, assessment_max, assessment_pass,
  score_raw, score_min, score_max, score_pass, score_text, attempt_number, started_at, submitted_at, graded_at,
  attributes, event_time, applied_at
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
  attributes, event_time, applied_at
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
  attributes, event_time, applied_at
FROM (
  SELECT r.*, row_number() OVER (
    PARTITION BY connector, employee_key, coalesce(assessment_id, result_id)
    ORDER BY score_raw / nullif(coalesce(score_max, assessment_max), 0) IS NULL, score_raw / nullif(coalesce(score_max, assessment_max), 0) DESC, score_raw IS NULL, score_raw DESC, coalesce(submitted_at, graded_at, started_at, event_time), result_id
  ) AS place
  FROM `gradewire`.`training_records` r
  WHERE score_raw IS NOT NULL OR score_text IS NOT NULL
) a
WHERE place = 1;
