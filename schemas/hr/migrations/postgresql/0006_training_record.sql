CREATE TABLE "gradewire"."training_record" (
  "connector" text COLLATE "C" NOT NULL,
  "result_id" text COLLATE "C" NOT NULL,
  "employee_key" text NOT NULL,
  "learner_id" text,
  "assessment_id" text,
  "assessment_title" text,
  "assessment_max" numeric,
  "assessment_pass" numeric,
  "score_raw" numeric,
  "score_min" numeric,
  "score_max" numeric,
  "score_pass" numeric,
  "score_text" text,
  "attempt_number" bigint,
  "started_at" timestamp(6) with time zone,
  "submitted_at" timestamp(6) with time zone,
  "graded_at" timestamp(6) with time zone,
  "attributes" jsonb,
  "state" text NOT NULL,
  "position" text COLLATE "C" NOT NULL,
  "event_type" text NOT NULL,
  "event_id" text NOT NULL,
  "event_time" timestamp(6) with time zone NOT NULL,
  "applied_at" timestamp(6) with time zone NOT NULL,
  CONSTRAINT "training_record_pk" PRIMARY KEY("connector","result_id")
);
--> statement-breakpoint
CREATE TABLE "gradewire"."training_record_history" (
  "connector" text COLLATE "C" NOT NULL,
  "result_id" text COLLATE "C" NOT NULL,
  "employee_key" text NOT NULL,
  "learner_id" text,
  "assessment_id" text,
  "assessment_title" text,
  "assessment_max" numeric,
  "assessment_pass" numeric,
  "score_raw" numeric,
  "score_min" numeric,
  "score_max" numeric,
  "score_pass" numeric,
  "score_text" text,
  "attempt_number" bigint,
  "started_at" timestamp(6) with time zone,
  "submitted_at" timestamp(6) with time zone,
  "graded_at" timestamp(6) with time zone,
  "attributes" jsonb,
  "state" text NOT NULL,
  "position" text COLLATE "C" NOT NULL,
  "event_type" text NOT NULL,
  "event_id" text NOT NULL,
  "event_time" timestamp(6) with time zone NOT NULL,
  "applied_at" timestamp(6) with time zone NOT NULL,
  CONSTRAINT "training_record_history_pk" PRIMARY KEY("connector","result_id","position","state")
);
--> statement-breakpoint
CREATE INDEX "training_record_employee" ON "gradewire"."training_record" USING btree ("employee_key");
--> statement-breakpoint
CREATE VIEW gradewire.training_records AS
SELECT connector, result_id, employee_key, learner_id, assessment_id, assessment_title, assessment_max, assessment_pass,
  score_raw, score_min, score_max, score_pass, score_text, attempt_number, started_at, submitted_at, graded_at,
  attributes, event_time, applied_at
FROM gradewire.training_record
WHERE state = 'recorded';
--> statement-breakpoint
COMMENT ON TABLE gradewire.training_record IS 'Every exam result as it is now, one row each. Revoked rows are kept here and hidden in the view training_records.';
--> statement-breakpoint
COMMENT ON TABLE gradewire.training_record_history IS 'Every change of training_record that took effect, once: the whole row as it was from then on. Rows are only ever added.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.training_record.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.training_record.result_id IS 'Source table and key of the result.';
COMMENT ON COLUMN gradewire.training_record.employee_key IS 'Employee it is filed to, as the employee table names them.';
COMMENT ON COLUMN gradewire.training_record.learner_id IS 'Key of the learner at the source; null: not mapped.';
COMMENT ON COLUMN gradewire.training_record.assessment_id IS 'Key of the assessment at the source.';
COMMENT ON COLUMN gradewire.training_record.assessment_title IS 'Its title when this was written.';
COMMENT ON COLUMN gradewire.training_record.assessment_max IS 'Its highest mark when this was written.';
COMMENT ON COLUMN gradewire.training_record.assessment_pass IS 'Its pass mark when this was written.';
COMMENT ON COLUMN gradewire.training_record.score_raw IS 'Score in points.';
COMMENT ON COLUMN gradewire.training_record.score_min IS 'Lowest score possible.';
COMMENT ON COLUMN gradewire.training_record.score_max IS 'Highest score possible.';
COMMENT ON COLUMN gradewire.training_record.score_pass IS 'Pass mark in points.';
COMMENT ON COLUMN gradewire.training_record.score_text IS 'Grade in words.';
COMMENT ON COLUMN gradewire.training_record.attempt_number IS 'Which attempt of the learner.';
COMMENT ON COLUMN gradewire.training_record.started_at IS 'When the attempt began.';
COMMENT ON COLUMN gradewire.training_record.submitted_at IS 'When it was handed in.';
COMMENT ON COLUMN gradewire.training_record.graded_at IS 'When it was graded.';
COMMENT ON COLUMN gradewire.training_record.attributes IS 'Mapped attributes by name; absent: not known.';
COMMENT ON COLUMN gradewire.training_record.state IS 'recorded: it counts; revoked: taken back at the source, or its person is not proven any more.';
COMMENT ON COLUMN gradewire.training_record.position IS 'Place of the change in the history of the source: timeline-file-transaction-ordinal.';
COMMENT ON COLUMN gradewire.training_record.event_type IS 'Type of the change event.';
COMMENT ON COLUMN gradewire.training_record.event_id IS 'Its id.';
COMMENT ON COLUMN gradewire.training_record.event_time IS 'When the change was committed at the source.';
COMMENT ON COLUMN gradewire.training_record.applied_at IS 'When it was filed here.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.training_record_history.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.training_record_history.result_id IS 'Source table and key of the result.';
COMMENT ON COLUMN gradewire.training_record_history.employee_key IS 'Employee it is filed to, as the employee table names them.';
COMMENT ON COLUMN gradewire.training_record_history.learner_id IS 'Key of the learner at the source; null: not mapped.';
COMMENT ON COLUMN gradewire.training_record_history.assessment_id IS 'Key of the assessment at the source.';
COMMENT ON COLUMN gradewire.training_record_history.assessment_title IS 'Its title when this was written.';
COMMENT ON COLUMN gradewire.training_record_history.assessment_max IS 'Its highest mark when this was written.';
COMMENT ON COLUMN gradewire.training_record_history.assessment_pass IS 'Its pass mark when this was written.';
COMMENT ON COLUMN gradewire.training_record_history.score_raw IS 'Score in points.';
COMMENT ON COLUMN gradewire.training_record_history.score_min IS 'Lowest score possible.';
COMMENT ON COLUMN gradewire.training_record_history.score_max IS 'Highest score possible.';
COMMENT ON COLUMN gradewire.training_record_history.score_pass IS 'Pass mark in points.';
COMMENT ON COLUMN gradewire.training_record_history.score_text IS 'Grade in words.';
COMMENT ON COLUMN gradewire.training_record_history.attempt_number IS 'Which attempt of the learner.';
COMMENT ON COLUMN gradewire.training_record_history.started_at IS 'When the attempt began.';
COMMENT ON COLUMN gradewire.training_record_history.submitted_at IS 'When it was handed in.';
COMMENT ON COLUMN gradewire.training_record_history.graded_at IS 'When it was graded.';
COMMENT ON COLUMN gradewire.training_record_history.attributes IS 'Mapped attributes by name; absent: not known.';
COMMENT ON COLUMN gradewire.training_record_history.state IS 'recorded: it counts; revoked: taken back at the source, or its person is not proven any more.';
COMMENT ON COLUMN gradewire.training_record_history.position IS 'Place of the change in the history of the source: timeline-file-transaction-ordinal.';
COMMENT ON COLUMN gradewire.training_record_history.event_type IS 'Type of the change event.';
COMMENT ON COLUMN gradewire.training_record_history.event_id IS 'Its id.';
COMMENT ON COLUMN gradewire.training_record_history.event_time IS 'When the change was committed at the source.';
COMMENT ON COLUMN gradewire.training_record_history.applied_at IS 'When it was filed here.';
--> statement-breakpoint
COMMENT ON VIEW gradewire.training_records IS 'Every exam result that counts. Personal values.';
