CREATE TABLE "gradewire"."reconciliation_diff" (
	"connector" text COLLATE "C" NOT NULL,
	"run" text COLLATE "C" NOT NULL,
	"place" smallint NOT NULL,
	"row_id" text COLLATE "C" NOT NULL,
	"table_name" text NOT NULL,
	"kind" text NOT NULL,
	"fields" text NOT NULL,
	"position" text COLLATE "C",
	"learner_id" text,
	"found_at" timestamp(6) with time zone NOT NULL,
	"repaired_at" timestamp(6) with time zone,
	"repaired_by" text,
	CONSTRAINT "reconciliation_diff_pk" PRIMARY KEY("connector","run","place","row_id")
);
--> statement-breakpoint
CREATE TABLE "gradewire"."reconciliation_run" (
	"connector" text COLLATE "C" NOT NULL,
	"run" text COLLATE "C" NOT NULL,
	"state" text NOT NULL,
	"active" smallint,
	"scope" jsonb NOT NULL,
	"tables" jsonb NOT NULL,
	"by_whom" text NOT NULL,
	"holder" text NOT NULL,
	"started_at" timestamp(6) with time zone NOT NULL,
	"updated_at" timestamp(6) with time zone NOT NULL,
	"finished_at" timestamp(6) with time zone,
	CONSTRAINT "reconciliation_run_pk" PRIMARY KEY("connector","run"),
	CONSTRAINT "reconciliation_run_active" UNIQUE("connector","active")
);
--> statement-breakpoint
COMMENT ON TABLE gradewire.reconciliation_run IS 'Comparisons of both databases, one at a time.';
COMMENT ON COLUMN gradewire.reconciliation_run.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.reconciliation_run.run IS 'Name of the run.';
COMMENT ON COLUMN gradewire.reconciliation_run.state IS 'running, done or failed.';
COMMENT ON COLUMN gradewire.reconciliation_run.active IS '1 while it runs, so that one runs at a time; else null.';
COMMENT ON COLUMN gradewire.reconciliation_run.scope IS 'What was compared, as the command said it.';
COMMENT ON COLUMN gradewire.reconciliation_run.tables IS 'Progress and counts of each table. Keys may be personal values.';
COMMENT ON COLUMN gradewire.reconciliation_run.by_whom IS 'Who asked for it.';
COMMENT ON COLUMN gradewire.reconciliation_run.holder IS 'Process that works on it: host and process id.';
COMMENT ON COLUMN gradewire.reconciliation_run.started_at IS 'When it began.';
COMMENT ON COLUMN gradewire.reconciliation_run.updated_at IS 'When it last said how far it is; after a minute of silence another process may go on with it.';
COMMENT ON COLUMN gradewire.reconciliation_run.finished_at IS 'When it ended; null: it did not.';
COMMENT ON TABLE gradewire.reconciliation_diff IS 'What a run found, by name and kind, never by value.';
COMMENT ON COLUMN gradewire.reconciliation_diff.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.reconciliation_diff.run IS 'Run that found it.';
COMMENT ON COLUMN gradewire.reconciliation_diff.place IS 'Place of the table in the run.';
COMMENT ON COLUMN gradewire.reconciliation_diff.row_id IS 'The row as events name it.';
COMMENT ON COLUMN gradewire.reconciliation_diff.table_name IS 'Source table, schema.table.';
COMMENT ON COLUMN gradewire.reconciliation_diff.kind IS 'missing, extra, stale, mismatch, held, dead or unsettled.';
COMMENT ON COLUMN gradewire.reconciliation_diff.fields IS 'Names of the columns that differ, with commas between them; never a value.';
COMMENT ON COLUMN gradewire.reconciliation_diff.position IS 'Place of the last change that was applied to it; null: none.';
COMMENT ON COLUMN gradewire.reconciliation_diff.learner_id IS 'Whose result the ledger says it is; null: not known.';
COMMENT ON COLUMN gradewire.reconciliation_diff.found_at IS 'When it was found.';
COMMENT ON COLUMN gradewire.reconciliation_diff.repaired_at IS 'When a repair of it was sent; null: never.';
COMMENT ON COLUMN gradewire.reconciliation_diff.repaired_by IS 'Who sent it.';
--> statement-breakpoint
CREATE VIEW gradewire.reconciliation_runs AS
SELECT
  r.connector, r.run, r.state, r.by_whom, r.started_at, r.finished_at, t.place::integer AS place,
  t.entry ->> 'table' AS table_name, t.entry ->> 'phase' AS phase,
  (t.entry ->> 'rows')::bigint AS rows_compared, (t.entry ->> 'reverseRows')::bigint AS rows_reverse,
  (t.entry ->> 'chunks')::bigint AS chunks, (t.entry ->> 'diffChunks')::bigint AS diff_chunks,
  (t.entry ->> 'skipped')::bigint AS skipped,
  coalesce((t.entry -> 'kinds' ->> 'missing')::bigint, 0) AS missing,
  coalesce((t.entry -> 'kinds' ->> 'extra')::bigint, 0) AS extra,
  coalesce((t.entry -> 'kinds' ->> 'stale')::bigint, 0) AS stale,
  coalesce((t.entry -> 'kinds' ->> 'mismatch')::bigint, 0) AS mismatch,
  coalesce((t.entry -> 'kinds' ->> 'held')::bigint, 0) AS held,
  coalesce((t.entry -> 'kinds' ->> 'dead')::bigint, 0) AS dead,
  coalesce((t.entry -> 'kinds' ->> 'unsettled')::bigint, 0) AS unsettled,
  t.entry ->> 'upTo' AS up_to
FROM gradewire.reconciliation_run r
CROSS JOIN LATERAL jsonb_array_elements(r.tables) WITH ORDINALITY AS t (entry, place);
--> statement-breakpoint
CREATE VIEW gradewire.reconciliation_diffs AS
SELECT connector, run, row_id, table_name, kind, fields, position, found_at, repaired_at, repaired_by
FROM gradewire.reconciliation_diff;
--> statement-breakpoint
COMMENT ON VIEW gradewire.reconciliation_runs IS 'What was compared and found, one row per run and table, without personal values.';
COMMENT ON COLUMN gradewire.reconciliation_runs.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.reconciliation_runs.run IS 'Name of the run.';
COMMENT ON COLUMN gradewire.reconciliation_runs.state IS 'State of the run: running, done or failed.';
COMMENT ON COLUMN gradewire.reconciliation_runs.by_whom IS 'Who asked for it.';
COMMENT ON COLUMN gradewire.reconciliation_runs.started_at IS 'When the run began.';
COMMENT ON COLUMN gradewire.reconciliation_runs.finished_at IS 'When it ended; null: it did not.';
COMMENT ON COLUMN gradewire.reconciliation_runs.place IS 'Place of the table in the run.';
COMMENT ON COLUMN gradewire.reconciliation_runs.table_name IS 'Source table, schema.table.';
COMMENT ON COLUMN gradewire.reconciliation_runs.phase IS 'What is compared: source, ledger, target, or done.';
COMMENT ON COLUMN gradewire.reconciliation_runs.rows_compared IS 'Rows of the source that were compared.';
COMMENT ON COLUMN gradewire.reconciliation_runs.rows_reverse IS 'Rows of the HR database that were looked for in the source.';
COMMENT ON COLUMN gradewire.reconciliation_runs.chunks IS 'Chunks that were read.';
COMMENT ON COLUMN gradewire.reconciliation_runs.diff_chunks IS 'Chunks with a difference.';
COMMENT ON COLUMN gradewire.reconciliation_runs.skipped IS 'Times that apply was waited for in vain.';
COMMENT ON COLUMN gradewire.reconciliation_runs.missing IS 'Rows that the profile lacks.';
COMMENT ON COLUMN gradewire.reconciliation_runs.extra IS 'Rows that the source has no more.';
COMMENT ON COLUMN gradewire.reconciliation_runs.stale IS 'Rows that changed at the source without a logged change.';
COMMENT ON COLUMN gradewire.reconciliation_runs.mismatch IS 'Rows that differ otherwise.';
COMMENT ON COLUMN gradewire.reconciliation_runs.held IS 'Rows that wait for their person.';
COMMENT ON COLUMN gradewire.reconciliation_runs.dead IS 'Rows that were refused.';
COMMENT ON COLUMN gradewire.reconciliation_runs.unsettled IS 'Rows that changed whenever they were looked at.';
COMMENT ON COLUMN gradewire.reconciliation_runs.up_to IS 'Server, binlog file and position up to which the comparison reaches.';
COMMENT ON VIEW gradewire.reconciliation_diffs IS 'Rows that differ, by name and kind, never by value.';
COMMENT ON COLUMN gradewire.reconciliation_diffs.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.reconciliation_diffs.run IS 'Run that found it.';
COMMENT ON COLUMN gradewire.reconciliation_diffs.row_id IS 'The row as events name it.';
COMMENT ON COLUMN gradewire.reconciliation_diffs.table_name IS 'Source table, schema.table.';
COMMENT ON COLUMN gradewire.reconciliation_diffs.kind IS 'missing, extra, stale, mismatch, held, dead or unsettled.';
COMMENT ON COLUMN gradewire.reconciliation_diffs.fields IS 'Names of the columns that differ, with commas between them; never a value.';
COMMENT ON COLUMN gradewire.reconciliation_diffs.position IS 'Place of the last change that was applied to it; null: none.';
COMMENT ON COLUMN gradewire.reconciliation_diffs.found_at IS 'When it was found.';
COMMENT ON COLUMN gradewire.reconciliation_diffs.repaired_at IS 'When a repair of it was sent; null: never.';
COMMENT ON COLUMN gradewire.reconciliation_diffs.repaired_by IS 'Who sent it.';
--> statement-breakpoint
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gradewire_reader') THEN
    GRANT SELECT ON gradewire.reconciliation_runs, gradewire.reconciliation_diffs TO gradewire_reader;
  END IF;
END $$;
