CREATE TABLE IF NOT EXISTS `gradewire`.`reconciliation_diff` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `run` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Run that found it.',
  `place` smallint NOT NULL COMMENT 'Place of the table in the run.',
  `row_id` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL COMMENT 'The row as events name it.',
  `table_name` text NOT NULL COMMENT 'Source table, schema.table.',
  `kind` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'missing, extra, stale, mismatch, held, dead or unsettled.',
  `fields` text NOT NULL COMMENT 'Names of the columns that differ, with commas between them; never a value.',
  `position` varchar(64) CHARACTER SET ascii COLLATE ascii_bin COMMENT 'Place of the last change that was applied to it; null: none.',
  `learner_id` text COMMENT 'Whose result the ledger says it is; null: not known.',
  `found_at` datetime(6) NOT NULL COMMENT 'When it was found.',
  `repaired_at` datetime(6) COMMENT 'When a repair of it was sent; null: never.',
  `repaired_by` text COMMENT 'Who sent it.',
  PRIMARY KEY(`connector`,`run`,`place`,`row_id`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
COMMENT='What a run found, by name and kind, never by value. Times are UTC.';
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `gradewire`.`reconciliation_run` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `run` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the run.',
  `state` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'running, done or failed.',
  `active` smallint COMMENT '1 while it runs, so that one runs at a time; else null.',
  `scope` json NOT NULL COMMENT 'What was compared, as the command said it.',
  `tables` json NOT NULL COMMENT 'Progress and counts of each table. Keys may be personal values.',
  `by_whom` text NOT NULL COMMENT 'Who asked for it.',
  `holder` text NOT NULL COMMENT 'Process that works on it: host and process id.',
  `started_at` datetime(6) NOT NULL COMMENT 'When it began.',
  `updated_at` datetime(6) NOT NULL COMMENT 'When it last said how far it is; after a minute of silence another process may go on with it.',
  `finished_at` datetime(6) COMMENT 'When it ended; null: it did not.',
  PRIMARY KEY(`connector`,`run`),
  UNIQUE KEY `reconciliation_run_active` (`connector`,`active`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
COMMENT='Comparisons of both databases, one at a time. Times are UTC.';
--> statement-breakpoint
-- Times in this view are UTC.
CREATE OR REPLACE VIEW `gradewire`.`reconciliation_runs` AS
SELECT r.connector, r.run, r.state, r.by_whom, r.started_at, r.finished_at, t.place, t.table_name, t.phase, t.rows_compared,
  t.rows_reverse, t.chunks, t.diff_chunks, t.skipped,
  coalesce(t.missing, 0) AS missing,
  coalesce(t.extra, 0) AS extra,
  coalesce(t.stale, 0) AS stale,
  coalesce(t.mismatch, 0) AS mismatch,
  coalesce(t.held, 0) AS held,
  coalesce(t.dead, 0) AS dead,
  coalesce(t.unsettled, 0) AS unsettled,
  t.up_to
FROM `gradewire`.`reconciliation_run` r
JOIN JSON_TABLE(r.tables, '$[*]' COLUMNS (
  place FOR ORDINALITY,
  table_name varchar(700) CHARACTER SET utf8mb4 PATH '$.table',
  phase varchar(16) CHARACTER SET utf8mb4 PATH '$.phase',
  rows_compared bigint PATH '$.rows',
  rows_reverse bigint PATH '$.reverseRows',
  chunks bigint PATH '$.chunks',
  diff_chunks bigint PATH '$.diffChunks',
  skipped bigint PATH '$.skipped',
  missing bigint PATH '$.kinds.missing',
  extra bigint PATH '$.kinds.extra',
  stale bigint PATH '$.kinds.stale',
  mismatch bigint PATH '$.kinds.mismatch',
  held bigint PATH '$.kinds.held',
  dead bigint PATH '$.kinds.dead',
  unsettled bigint PATH '$.kinds.unsettled',
  up_to varchar(700) CHARACTER SET utf8mb4 PATH '$.upTo'
)) t;
--> statement-breakpoint
CREATE OR REPLACE VIEW `gradewire`.`reconciliation_diffs` AS
SELECT connector, run, row_id, table_name, kind, fields, position, found_at, repaired_at, repaired_by
FROM `gradewire`.`reconciliation_diff`;
