ALTER TABLE "gradewire"."apply_offset" ADD COLUMN "snapshot" jsonb;
--> statement-breakpoint
CREATE VIEW gradewire.snapshot_progress AS
SELECT
  o.connector, t.place::integer AS place, t.entry ->> 'table' AS table_name,
  CASE WHEN (o.snapshot ->> 'paused')::boolean AND t.entry ->> 'state' IN ('waiting', 'running')
    THEN 'paused' ELSE t.entry ->> 'state' END AS state,
  t.entry ->> 'where' IS NOT NULL AS filtered,
  (t.entry ->> 'rows')::bigint AS rows,
  (t.entry ->> 'estimate')::bigint AS estimate,
  CASE
    WHEN t.entry ->> 'state' = 'done' THEN 100
    WHEN t.entry ->> 'where' IS NULL AND (t.entry ->> 'estimate')::bigint > 0
      THEN least(99.9, round(100.0 * (t.entry ->> 'rows')::bigint / (t.entry ->> 'estimate')::bigint, 1))
  END::double precision AS percent,
  o.updated_at
FROM gradewire.apply_offset o
CROSS JOIN LATERAL jsonb_array_elements(o.snapshot -> 'tables') WITH ORDINALITY AS t (entry, place)
WHERE o.lane = 0;
--> statement-breakpoint
COMMENT ON COLUMN gradewire.apply_offset.snapshot IS 'How far the copy of the tables had come at the position; null: no checkpoint said. Keys may be personal values.';
--> statement-breakpoint
COMMENT ON VIEW gradewire.snapshot_progress IS 'Copy of the source tables as far as it has been applied, one row per table, without personal values.';
COMMENT ON COLUMN gradewire.snapshot_progress.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.snapshot_progress.place IS 'Tables are copied in this order.';
COMMENT ON COLUMN gradewire.snapshot_progress.table_name IS 'Source table, schema.table.';
COMMENT ON COLUMN gradewire.snapshot_progress.state IS 'waiting, running, paused, done or canceled.';
COMMENT ON COLUMN gradewire.snapshot_progress.filtered IS 'Whether only the rows of a condition are copied; the condition itself is not shown.';
COMMENT ON COLUMN gradewire.snapshot_progress.rows IS 'Rows read so far.';
COMMENT ON COLUMN gradewire.snapshot_progress.estimate IS 'Rows of the whole table, as its server estimated them when the copy began; null: not known.';
COMMENT ON COLUMN gradewire.snapshot_progress.percent IS 'Rows read of the estimate, 100 once done; null: not known.';
COMMENT ON COLUMN gradewire.snapshot_progress.updated_at IS 'When this was written last.';
--> statement-breakpoint
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gradewire_reader') THEN
    GRANT SELECT ON gradewire.snapshot_progress TO gradewire_reader;
  END IF;
END $$;
