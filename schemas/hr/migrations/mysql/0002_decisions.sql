CREATE TABLE IF NOT EXISTS `gradewire`.`dead_letter_decision` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `position` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Position of the dead letter.',
  `at` datetime(6) NOT NULL COMMENT 'When it was decided.',
  `action` varchar(16) NOT NULL COMMENT 'replay (another attempt was asked for) or discard (it will never be applied).',
  `by_whom` text NOT NULL COMMENT 'Who decided, as they or their machine named themselves.',
  `why` text COMMENT 'Their reason; null: none given.',
  PRIMARY KEY(`connector`,`position`,`at`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
COMMENT='What operators decided about dead letters; nothing is ever removed.';
--> statement-breakpoint
-- A lag that is not known is null: greatest() of a null is null here.
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
    WHERE d.connector = o.connector AND d.state IN ('open', 'waiting', 'replay')) AS dead_letters,
  o.lane
FROM `gradewire`.`apply_offset` o;
