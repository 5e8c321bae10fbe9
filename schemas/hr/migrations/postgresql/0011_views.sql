CREATE TABLE "gradewire"."mapping_version" (
	"connector" text COLLATE "C" NOT NULL,
	"hash" text COLLATE "C" NOT NULL,
	"first_started_at" timestamp(6) with time zone NOT NULL,
	"last_started_at" timestamp(6) with time zone NOT NULL,
	"starts" bigint NOT NULL,
	"started_by" text NOT NULL,
	"program_version" text NOT NULL,
	"mapping" jsonb NOT NULL,
	CONSTRAINT "mapping_version_pk" PRIMARY KEY("connector","hash")
);
--> statement-breakpoint
ALTER TABLE "gradewire"."control" ADD COLUMN "events_per_second" integer;
--> statement-breakpoint
CREATE VIEW gradewire.mapping_versions AS
SELECT connector, hash, first_started_at, last_started_at, starts, started_by, program_version, mapping
FROM gradewire.mapping_version;
--> statement-breakpoint
CREATE VIEW gradewire.offset_moves AS
SELECT id, connector, changed_at, changed_by, kind, reason, old_position, old_gtid, new_position, new_gtid
FROM gradewire.offset_history;
--> statement-breakpoint
CREATE VIEW gradewire.view_columns AS
SELECT c.relname::text AS view_name, a.attname::text AS column_name, col_description(c.oid, a.attnum) AS description
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'gradewire'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind = 'v';
--> statement-breakpoint
COMMENT ON TABLE gradewire.mapping_version IS 'Every mapping that apply was ever started with, told apart by its hash. No secrets, no personal values.';
COMMENT ON COLUMN gradewire.mapping_version.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.mapping_version.hash IS 'SHA-256 of the mapping.';
COMMENT ON COLUMN gradewire.mapping_version.first_started_at IS 'When apply began with it for the first time.';
COMMENT ON COLUMN gradewire.mapping_version.last_started_at IS 'When apply began with it last; the newest of a connector is the one in force.';
COMMENT ON COLUMN gradewire.mapping_version.starts IS 'How often apply began with it.';
COMMENT ON COLUMN gradewire.mapping_version.started_by IS 'Process that began last, host:pid.';
COMMENT ON COLUMN gradewire.mapping_version.program_version IS 'Version of gradewire that began last.';
COMMENT ON COLUMN gradewire.mapping_version.mapping IS 'The mapping: time zones, employees and tables of the configuration, defaults filled in.';
COMMENT ON COLUMN gradewire.control.events_per_second IS 'Change events that the role may pass in a second; null: as many as it can.';
--> statement-breakpoint
COMMENT ON VIEW gradewire.mapping_versions IS 'Every mapping that apply was ever started with, and when.';
COMMENT ON COLUMN gradewire.mapping_versions.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.mapping_versions.hash IS 'SHA-256 of the mapping.';
COMMENT ON COLUMN gradewire.mapping_versions.first_started_at IS 'When apply began with it for the first time.';
COMMENT ON COLUMN gradewire.mapping_versions.last_started_at IS 'When apply began with it last; the newest of a connector is the one in force.';
COMMENT ON COLUMN gradewire.mapping_versions.starts IS 'How often apply began with it.';
COMMENT ON COLUMN gradewire.mapping_versions.started_by IS 'Process that began last, host:pid.';
COMMENT ON COLUMN gradewire.mapping_versions.program_version IS 'Version of gradewire that began last.';
COMMENT ON COLUMN gradewire.mapping_versions.mapping IS 'The mapping: time zones, employees and tables of the configuration, defaults filled in.';
COMMENT ON VIEW gradewire.offset_moves IS 'Every place that operators have set the offsets to.';
COMMENT ON COLUMN gradewire.offset_moves.id IS 'Number of the move; gradewire offsets restore takes it.';
COMMENT ON COLUMN gradewire.offset_moves.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.offset_moves.changed_at IS 'When it was made.';
COMMENT ON COLUMN gradewire.offset_moves.changed_by IS 'By whom: user and host of the command.';
COMMENT ON COLUMN gradewire.offset_moves.kind IS 'reset, or restore (a move that was taken back).';
COMMENT ON COLUMN gradewire.offset_moves.reason IS 'Why, in the operator''s words.';
COMMENT ON COLUMN gradewire.offset_moves.old_position IS 'Position before: timeline-file-transaction-ordinal.';
COMMENT ON COLUMN gradewire.offset_moves.old_gtid IS 'GTID before; null: none known.';
COMMENT ON COLUMN gradewire.offset_moves.new_position IS 'Position since.';
COMMENT ON COLUMN gradewire.offset_moves.new_gtid IS 'GTID since; null: none known.';
COMMENT ON VIEW gradewire.view_columns IS 'What every column of a view of this schema means.';
COMMENT ON COLUMN gradewire.view_columns.view_name IS 'Name of the view.';
COMMENT ON COLUMN gradewire.view_columns.column_name IS 'Name of its column.';
COMMENT ON COLUMN gradewire.view_columns.description IS 'What it means.';
--> statement-breakpoint
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gradewire_reader') THEN
    REVOKE ALL ON ALL TABLES IN SCHEMA gradewire FROM gradewire_reader;
    GRANT SELECT ON gradewire.offsets, gradewire.lag, gradewire.held, gradewire.dead_letters, gradewire.snapshot_progress,
      gradewire.applied_events, gradewire.mapping_versions, gradewire.offset_moves, gradewire.reconciliation_runs,
      gradewire.reconciliation_diffs, gradewire.view_columns TO gradewire_reader;
  END IF;
END $$;
