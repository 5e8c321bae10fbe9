CREATE TABLE IF NOT EXISTS `gradewire`.`offset_history` (
  `id` bigint AUTO_INCREMENT NOT NULL COMMENT 'Number for gradewire offsets restore.',
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `changed_at` datetime(6) NOT NULL COMMENT 'When.',
  `changed_by` text NOT NULL COMMENT 'Who did it: user and host of the command.',
  `kind` varchar(16) NOT NULL COMMENT 'reset, or restore of what an earlier row changed.',
  `reason` text NOT NULL COMMENT 'Why, in the operator''s words.',
  `old_position` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Where apply stood, the slowest lane: timeline-file-transaction-ordinal.',
  `old_gtid` text COMMENT 'Transaction from which reading would have resumed there; null: not known.',
  `new_position` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Where it was set to.',
  `new_gtid` text COMMENT 'First transaction to be read from there; null: not known.',
  `old_place` json NOT NULL COMMENT 'All of the old place, to go back to it.',
  `new_place` json NOT NULL COMMENT 'All of the new place.',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
  COMMENT='Where operators have set the offsets to; rows are only ever added. No personal values.';
