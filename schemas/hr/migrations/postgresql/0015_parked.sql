CREATE INDEX "held_change_waiting" ON "gradewire"."held_change" USING btree ("connector","result_id") WHERE reason <> 'UNQUALIFIED';--> statement-breakpoint
CREATE INDEX "held_change_parked" ON "gradewire"."held_change" USING btree ("connector","result_id") WHERE reason = 'UNQUALIFIED';
--> statement-breakpoint
-- Accounts that are no employees wait for nobody.
CREATE OR REPLACE VIEW gradewire.offsets AS
SELECT
  o.connector, o.position, o.generation, o.stream_sequence,
  o.anchor_file, o.anchor_position, o.anchor_gtid, o.anchor_server, o.anchor_timeline,
  o.committed_at, o.updated_at, o.epoch, o.holder, o.events, o.applied, o.stale,
  CASE WHEN clock_timestamp() - o.updated_at < interval '30 seconds' AND o.changed_committed_at IS NOT NULL
    THEN greatest(0, extract(epoch FROM o.changed_at - o.changed_committed_at))::double precision
  END AS lag_seconds,
  greatest(0, extract(epoch FROM clock_timestamp() - o.updated_at))::double precision AS idle_seconds,
  (SELECT count(*) FROM gradewire.held_change h
    WHERE h.connector = o.connector AND h.reason <> 'UNQUALIFIED') AS held_changes,
  (SELECT count(*) FROM gradewire.dead_letter d
    WHERE d.connector = o.connector AND d.state IN ('open', 'waiting', 'replay')) AS dead_letters,
  o.lane
FROM gradewire.apply_offset o;
--> statement-breakpoint
COMMENT ON COLUMN gradewire.offsets.held_changes IS 'Results waiting now; those of accounts that are no employees (UNQUALIFIED) are not among them.';
COMMENT ON COLUMN gradewire.held.reason IS 'LEARNER_UNKNOWN, ABSENT (no employee), AMBIGUOUS (a key hits several), CONFLICT (keys hit different ones), UNQUALIFIED (an account that is no employee, parked), ASSESSMENT_UNKNOWN.';
--> statement-breakpoint
CREATE OR REPLACE VIEW gradewire.training_latest AS
SELECT connector, result_id, employee_key, learner_id, assessment_id, assessment_title, assessment_max, assessment_pass,
  score_raw, score_min, score_max, score_pass, score_text, attempt_number, started_at, submitted_at, graded_at,
  attributes, event_time, applied_at, match_rule
FROM (
  SELECT r.*, row_number() OVER (
    PARTITION BY connector, employee_key, coalesce(assessment_id, result_id)
    ORDER BY coalesce(submitted_at, graded_at, started_at, event_time) DESC, attempt_number DESC NULLS LAST, result_id DESC
  ) AS place
  FROM gradewire.training_records r
  WHERE score_raw IS NOT NULL OR score_text IS NOT NULL
) a
WHERE place = 1;
--> statement-breakpoint
CREATE OR REPLACE VIEW gradewire.training_first AS
SELECT connector, result_id, employee_key, learner_id, assessment_id, assessment_title, assessment_max, assessment_pass,
  score_raw, score_min, score_max, score_pass, score_text, attempt_number, started_at, submitted_at, graded_at,
  attributes, event_time, applied_at, match_rule
FROM (
  SELECT r.*, row_number() OVER (
    PARTITION BY connector, employee_key, coalesce(assessment_id, result_id)
    ORDER BY coalesce(submitted_at, graded_at, started_at, event_time), attempt_number NULLS LAST, result_id
  ) AS place
  FROM gradewire.training_records r
  WHERE score_raw IS NOT NULL OR score_text IS NOT NULL
) a
WHERE place = 1;
--> statement-breakpoint
CREATE OR REPLACE VIEW gradewire.training_best AS
SELECT connector, result_id, employee_key, learner_id, assessment_id, assessment_title, assessment_max, assessment_pass,
  score_raw, score_min, score_max, score_pass, score_text, attempt_number, started_at, submitted_at, graded_at,
  attributes, event_time, applied_at, match_rule
FROM (
  SELECT r.*, row_number() OVER (
    PARTITION BY connector, employee_key, coalesce(assessment_id, result_id)
    ORDER BY score_raw / nullif(coalesce(score_max, assessment_max), 0) DESC NULLS LAST, score_raw DESC NULLS LAST, coalesce(submitted_at, graded_at, started_at, event_time), result_id
  ) AS place
  FROM gradewire.training_records r
  WHERE score_raw IS NOT NULL OR score_text IS NOT NULL
) a
WHERE place = 1;
--> statement-breakpoint
COMMENT ON COLUMN gradewire.training_latest.match_rule IS 'What proved the person, as in training_records.';
COMMENT ON COLUMN gradewire.training_first.match_rule IS 'What proved the person, as in training_records.';
COMMENT ON COLUMN gradewire.training_best.match_rule IS 'What proved the person, as in training_records.';
