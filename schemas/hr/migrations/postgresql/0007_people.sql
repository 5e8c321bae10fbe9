CREATE TABLE "gradewire"."ignored_change" (
	"connector" text COLLATE "C" NOT NULL,
	"result_id" text COLLATE "C" NOT NULL,
	"at" timestamp(6) with time zone NOT NULL,
	"by_whom" text NOT NULL,
	"why" text NOT NULL,
	CONSTRAINT "ignored_change_pk" PRIMARY KEY("connector","result_id")
);
--> statement-breakpoint
CREATE TABLE "gradewire"."person_decision" (
	"connector" text COLLATE "C" NOT NULL,
	"subject" text COLLATE "C" NOT NULL,
	"at" timestamp(6) with time zone NOT NULL,
	"action" text NOT NULL,
	"from_employee" text,
	"to_employee" text,
	"results" integer NOT NULL,
	"by_whom" text NOT NULL,
	"why" text NOT NULL,
	CONSTRAINT "person_decision_pk" PRIMARY KEY("connector","subject","at")
);
--> statement-breakpoint
COMMENT ON TABLE gradewire.ignored_change IS 'Held results that people put aside: no look at the queue files them. A later change of one is judged as any other.';
COMMENT ON COLUMN gradewire.ignored_change.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.ignored_change.result_id IS 'Source table and key of the result.';
COMMENT ON COLUMN gradewire.ignored_change.at IS 'When it was put aside.';
COMMENT ON COLUMN gradewire.ignored_change.by_whom IS 'Who did, as they or their machine named themselves.';
COMMENT ON COLUMN gradewire.ignored_change.why IS 'Their reason.';
COMMENT ON TABLE gradewire.person_decision IS 'What people decided about whose scores are whose; nothing is ever removed. Personal values.';
COMMENT ON COLUMN gradewire.person_decision.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.person_decision.subject IS 'Key of the learner at the source; source table and key of a result that names no learner.';
COMMENT ON COLUMN gradewire.person_decision.at IS 'When it was decided.';
COMMENT ON COLUMN gradewire.person_decision.action IS 'resolve (these scores are this employee''s), relink (they are somebody else''s than was believed), ignore (they are put aside) or restore (they are not any more).';
COMMENT ON COLUMN gradewire.person_decision.from_employee IS 'Whose they were before; null: nobody''s.';
COMMENT ON COLUMN gradewire.person_decision.to_employee IS 'Whose they are from then on; null: nobody was named.';
COMMENT ON COLUMN gradewire.person_decision.results IS 'Results that it filed, moved or put aside.';
COMMENT ON COLUMN gradewire.person_decision.by_whom IS 'Who decided, as they or their machine named themselves.';
COMMENT ON COLUMN gradewire.person_decision.why IS 'Their reason.';
--> statement-breakpoint
-- What was put aside is seen and counted apart.
CREATE OR REPLACE VIEW gradewire.held AS
SELECT h.connector, h.result_id, h.position, h.reason, h.candidates, h.held_at, h.updated_at,
  extract(epoch FROM clock_timestamp() - h.held_at)::double precision AS waiting_seconds,
  EXISTS (SELECT FROM gradewire.ignored_change i
    WHERE i.connector = h.connector AND i.result_id = h.result_id AND i.at >= h.held_at) AS ignored
FROM gradewire.held_change h;
--> statement-breakpoint
COMMENT ON COLUMN gradewire.held.ignored IS 'Somebody put it aside: nothing files it until it is taken back.';
--> statement-breakpoint
CREATE OR REPLACE VIEW gradewire.lag AS
SELECT
  o.connector,
  CASE WHEN count(o.committed_at) = count(*) THEN min(o.committed_at) END AS applied_until,
  CASE WHEN count(o.committed_at) = count(*) THEN max(greatest(0, extract(epoch FROM
    CASE WHEN clock_timestamp() - o.updated_at < interval '30 seconds' THEN o.updated_at ELSE clock_timestamp() END
    - o.committed_at))) END::double precision AS total_lag_s,
  greatest(0, extract(epoch FROM clock_timestamp() - min(o.updated_at)))::double precision AS heartbeat_age_s,
  (SELECT count(*) FROM gradewire.held h WHERE h.connector = o.connector AND NOT h.ignored) AS held,
  (SELECT greatest(0, max(h.waiting_seconds)) FROM gradewire.held h
    WHERE h.connector = o.connector AND NOT h.ignored HAVING count(*) > 0) AS oldest_held_s,
  (SELECT count(*) FROM gradewire.dead_letter d
    WHERE d.connector = o.connector AND d.state IN ('open', 'waiting', 'replay')) AS dead_letters,
  EXISTS (SELECT FROM gradewire.control c
    WHERE c.connector = o.connector AND c.role = 'capture' AND c.paused) AS capture_paused,
  EXISTS (SELECT FROM gradewire.control c
    WHERE c.connector = o.connector AND c.role = 'apply' AND c.paused) AS apply_paused
FROM gradewire.apply_offset o
GROUP BY o.connector;
--> statement-breakpoint
CREATE VIEW gradewire.training_latest AS
SELECT connector, result_id, employee_key, learner_id, assessment_id, assessment_title, assessment_max, assessment_pass,
  score_raw, score_min, score_max, score_pass, score_text, attempt_number, started_at, submitted_at, graded_at,
  attributes, event_time, applied_at
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
COMMENT ON VIEW gradewire.training_latest IS 'The last attempt of each employee at each assessment; only what is graded and counts. Personal values.';
--> statement-breakpoint
CREATE VIEW gradewire.training_first AS
SELECT connector, result_id, employee_key, learner_id, assessment_id, assessment_title, assessment_max, assessment_pass,
  score_raw, score_min, score_max, score_pass, score_text, attempt_number, started_at, submitted_at, graded_at,
  attributes, event_time, applied_at
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
COMMENT ON VIEW gradewire.training_first IS 'The first attempt of each employee at each assessment; only what is graded and counts. Personal values.';
--> statement-breakpoint
CREATE VIEW gradewire.training_best AS
SELECT connector, result_id, employee_key, learner_id, assessment_id, assessment_title, assessment_max, assessment_pass,
  score_raw, score_min, score_max, score_pass, score_text, attempt_number, started_at, submitted_at, graded_at,
  attributes, event_time, applied_at
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
COMMENT ON VIEW gradewire.training_best IS 'The best attempt of each employee at each assessment, by the share of the full mark, then by points; only what is graded and counts. Personal values.';
