CREATE TABLE IF NOT EXISTS `gradewire`.`control` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `role` varchar(16) NOT NULL COMMENT 'capture or apply.',
  `paused` boolean NOT NULL COMMENT 'true: the role waits where it is until it is resumed.',
  `reason` text NOT NULL COMMENT 'Why, in the operator''s words.',
  `changed_by` text NOT NULL COMMENT 'Who said so: user and host of the command.',
  `changed_at` datetime(6) NOT NULL COMMENT 'When.',
  PRIMARY KEY (`connector`, `role`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
  COMMENT='What an operator wants a role to do; a role without a row may run.';
--> statement-breakpoint
-- Times in this view are UTC. The slowest lane speaks for its connector. A lag that is not known is null: greatest() of a
-- null is null here.
CREATE OR REPLACE VIEW `gradewire`.`lag` AS
SELECT
  o.connector,
  CASE WHEN count(o.committed_at) = count(*) THEN min(o.committed_at) END AS applied_until,
  CASE WHEN count(o.committed_at) = count(*) THEN max(greatest(0e0, timestampdiff(MICROSECOND, o.committed_at,
    CASE WHEN o.updated_at > UTC_TIMESTAMP(6) - INTERVAL 30 SECOND THEN o.updated_at ELSE UTC_TIMESTAMP(6) END) / 1e6))
    END AS total_lag_s,
  greatest(0e0, timestampdiff(MICROSECOND, min(o.updated_at), UTC_TIMESTAMP(6)) / 1e6) AS heartbeat_age_s,
  (SELECT count(*) FROM `gradewire`.`held_change` h WHERE h.connector = o.connector) AS held,
  (SELECT greatest(0e0, timestampdiff(MICROSECOND, min(h.held_at), UTC_TIMESTAMP(6)) / 1e6)
    FROM `gradewire`.`held_change` h WHERE h.connector = o.connector) AS oldest_held_s,
  (SELECT count(*) FROM `gradewire`.`dead_letter` d
    WHERE d.connector = o.connector AND d.state IN ('open', 'waiting', 'replay')) AS dead_letters,
  EXISTS (SELECT 1 FROM `gradewire`.`control` c
    WHERE c.connector = o.connector AND c.role = 'capture' AND c.paused) AS capture_paused,
  EXISTS (SELECT 1 FROM `gradewire`.`control` c
    WHERE c.connector = o.connector AND c.role = 'apply' AND c.paused) AS apply_paused
FROM `gradewire`.`apply_offset` o
GROUP BY o.connector;
