-- Times in these views are UTC. A lag that is not known is null: greatest() of a null is null here.
CREATE OR REPLACE VIEW `gradewire`.`offsets` AS
SELECT
  o.connector, o.position, o.generation, o.stream_sequence,
  o.anchor_file, o.anchor_position, o.anchor_gtid, o.anchor_server, o.anchor_timeline,
  o.committed_at, o.updated_at, o.epoch, o.holder, o.events, o.applied, o.stale,
  CASE WHEN o.updated_at > UTC_TIMESTAMP(6) - INTERVAL 30 SECOND
    THEN greatest(0e0, timestampdiff(MICROSECOND, o.changed_committed_at, o.changed_at) / 1e6)
  END AS lag_seconds,
  greatest(0e0, timestampdiff(MICROSECOND, o.updated_at, UTC_TIMESTAMP(6)) / 1e6) AS idle_seconds,
  (SELECT count(*) FROM `gradewire`.`held_change` h WHERE h.connector = o.connector) AS held_changes,
  (SELECT count(*) FROM `gradewire`.`dead_letter` d
    WHERE d.connector = o.connector AND d.state IN ('open', 'waiting', 'replay')) AS dead_letters
FROM `gradewire`.`apply_offset` o;
--> statement-breakpoint
CREATE OR REPLACE VIEW `gradewire`.`held` AS
SELECT connector, result_id, position, reason, candidates, held_at, updated_at,
  timestampdiff(MICROSECOND, held_at, UTC_TIMESTAMP(6)) / 1e6 AS waiting_seconds
FROM `gradewire`.`held_change`;
--> statement-breakpoint
CREATE OR REPLACE VIEW `gradewire`.`dead_letters` AS
SELECT connector, position, result_id, type, event_id, reason, detail, state, at, updated_at
FROM `gradewire`.`dead_letter`;
--> statement-breakpoint
CREATE OR REPLACE VIEW `gradewire`.`applied_events` AS
SELECT connector, event_id, result_id, position, state, applied_at
FROM `gradewire`.`result_ledger`;
--> statement-breakpoint
CREATE OR REPLACE VIEW `gradewire`.`snapshot_progress` AS
SELECT
  o.connector, t.place, t.table_name,
  CASE WHEN json_extract(o.snapshot, '$.paused') = true AND t.state IN ('waiting', 'running')
    THEN 'paused' ELSE t.state END AS state,
  t.condition_text IS NOT NULL AS filtered,
  t.row_count AS `rows`,
  t.estimate,
  CASE
    WHEN t.state = 'done' THEN 100e0
    WHEN t.condition_text IS NULL THEN least(99.9e0, round(100e0 * t.row_count / nullif(t.estimate, 0), 1))
  END AS percent,
  o.updated_at
FROM `gradewire`.`apply_offset` o
JOIN JSON_TABLE(o.snapshot, '$.tables[*]' COLUMNS (
  place FOR ORDINALITY,
  table_name varchar(700) CHARACTER SET utf8mb4 PATH '$.table',
  state varchar(16) CHARACTER SET utf8mb4 PATH '$.state',
  condition_text longtext CHARACTER SET utf8mb4 PATH '$.where',
  row_count bigint PATH '$.rows',
  estimate bigint PATH '$.estimate'
)) t
WHERE o.lane = 0;
