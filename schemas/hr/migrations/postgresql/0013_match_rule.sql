ALTER TABLE "gradewire"."learner_directory" ADD COLUMN "external_id" text;--> statement-breakpoint
ALTER TABLE "gradewire"."result_ledger" ADD COLUMN "match_rule" text;--> statement-breakpoint
ALTER TABLE "gradewire"."training_record" ADD COLUMN "match_rule" text;--> statement-breakpoint
ALTER TABLE "gradewire"."training_record_history" ADD COLUMN "match_rule" text;--> statement-breakpoint
COMMENT ON COLUMN gradewire.learner_directory.external_id IS 'Id of the learner in an outside directory: HR id, SSO subject, userid of DingTalk or WeCom.';--> statement-breakpoint
COMMENT ON COLUMN gradewire.result_ledger.match_rule IS 'What proved the person: employeeNo, externalId, email, phone, resolve, relink; link: before it where the learner was known already. Null: filed by an older version.';--> statement-breakpoint
COMMENT ON COLUMN gradewire.training_record.match_rule IS 'What proved the person, as in result_ledger.';--> statement-breakpoint
COMMENT ON COLUMN gradewire.training_record_history.match_rule IS 'What proved the person, as in result_ledger.';--> statement-breakpoint
CREATE OR REPLACE VIEW gradewire.training_records AS
SELECT connector, result_id, employee_key, learner_id, assessment_id, assessment_title, assessment_max, assessment_pass,
  score_raw, score_min, score_max, score_pass, score_text, attempt_number, started_at, submitted_at, graded_at,
  attributes, event_time, applied_at, match_rule
FROM gradewire.training_record
WHERE state = 'recorded';--> statement-breakpoint
COMMENT ON COLUMN gradewire.training_records.match_rule IS 'What proved the person: employeeNo, externalId, email, phone, resolve, relink; link: before it where the learner was known already. Null: filed by an older version.';--> statement-breakpoint
COMMENT ON COLUMN gradewire.held_change.reason IS 'LEARNER_UNKNOWN, ABSENT (no employee), AMBIGUOUS (a key hits several), CONFLICT (keys hit different ones), UNQUALIFIED (an account that is no employee), ASSESSMENT_UNKNOWN.';--> statement-breakpoint
COMMENT ON COLUMN gradewire.employee_spelling.kind IS 'employeeNo, externalId, email or phone.';--> statement-breakpoint
-- Accounts that are no employees wait for nobody.
CREATE OR REPLACE VIEW gradewire.lag AS
SELECT
  o.connector,
  CASE WHEN count(o.committed_at) = count(*) THEN min(o.committed_at) END AS applied_until,
  CASE WHEN count(o.committed_at) = count(*) THEN max(greatest(0, extract(epoch FROM
    CASE WHEN clock_timestamp() - o.updated_at < interval '30 seconds' THEN o.updated_at ELSE clock_timestamp() END
    - o.committed_at))) END::double precision AS total_lag_s,
  greatest(0, extract(epoch FROM clock_timestamp() - min(o.updated_at)))::double precision AS heartbeat_age_s,
  (SELECT count(*) FROM gradewire.held h WHERE h.connector = o.connector AND NOT h.ignored AND h.reason <> 'UNQUALIFIED') AS held,
  (SELECT greatest(0, max(h.waiting_seconds)) FROM gradewire.held h
    WHERE h.connector = o.connector AND NOT h.ignored AND h.reason <> 'UNQUALIFIED' HAVING count(*) > 0) AS oldest_held_s,
  (SELECT count(*) FROM gradewire.dead_letter d
    WHERE d.connector = o.connector AND d.state IN ('open', 'waiting', 'replay')) AS dead_letters,
  EXISTS (SELECT FROM gradewire.control c
    WHERE c.connector = o.connector AND c.role = 'capture' AND c.paused) AS capture_paused,
  EXISTS (SELECT FROM gradewire.control c
    WHERE c.connector = o.connector AND c.role = 'apply' AND c.paused) AS apply_paused
FROM gradewire.apply_offset o
GROUP BY o.connector;
