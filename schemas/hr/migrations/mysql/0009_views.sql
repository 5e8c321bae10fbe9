-- Every statement here can be repeated: DDL of MySQL and MariaDB commits by itself, so a crash leaves the first part.
CREATE TABLE IF NOT EXISTS `gradewire`.`mapping_version` (
  `connector` varchar(31) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Name of the connector.',
  `hash` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'SHA-256 of the mapping.',
  `first_started_at` datetime(6) NOT NULL COMMENT 'When apply began with it for the first time.',
  `last_started_at` datetime(6) NOT NULL COMMENT 'When apply began with it last; the newest of a connector is the one in force.',
  `starts` bigint NOT NULL COMMENT 'How often apply began with it.',
  `started_by` text NOT NULL COMMENT 'Process that began last, host:pid.',
  `program_version` text NOT NULL COMMENT 'Version of gradewire that began last.',
  `mapping` json NOT NULL COMMENT 'The mapping: time zones, employees and tables of the configuration, defaults filled in.',
  PRIMARY KEY (`connector`, `hash`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
  COMMENT='Every mapping that apply was ever started with, told apart by its hash. No secrets, no personal values. Times are UTC.';
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `gradewire`.`view_column` (
  `view_name` varchar(64) NOT NULL COMMENT 'Name of the view.',
  `column_name` varchar(64) NOT NULL COMMENT 'Name of its column.',
  `description` text NOT NULL COMMENT 'What it means.',
  PRIMARY KEY (`view_name`, `column_name`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin
  COMMENT='What every column of a view of this database means: views hold no comments here.';
--> statement-breakpoint
-- MySQL knows no ADD COLUMN IF NOT EXISTS.
SET @gradewire_sql = (SELECT if(count(*) = 0,
  'ALTER TABLE `gradewire`.`control` ADD COLUMN `events_per_second` int NULL COMMENT ''Change events that the role may pass in a second; null: as many as it can.''',
  'DO 0') FROM information_schema.columns
  WHERE table_schema = 'gradewire' AND table_name = 'control' AND column_name = 'events_per_second');
--> statement-breakpoint
PREPARE gradewire_statement FROM @gradewire_sql;
--> statement-breakpoint
EXECUTE gradewire_statement;
--> statement-breakpoint
DEALLOCATE PREPARE gradewire_statement;
--> statement-breakpoint
CREATE OR REPLACE VIEW `gradewire`.`mapping_versions` AS
SELECT connector, hash, first_started_at, last_started_at, starts, started_by, program_version, mapping
FROM `gradewire`.`mapping_version`;
--> statement-breakpoint
CREATE OR REPLACE VIEW `gradewire`.`offset_moves` AS
SELECT id, connector, changed_at, changed_by, kind, reason, old_position, old_gtid, new_position, new_gtid
FROM `gradewire`.`offset_history`;
--> statement-breakpoint
CREATE OR REPLACE VIEW `gradewire`.`view_columns` AS
SELECT view_name, column_name, description FROM `gradewire`.`view_column`;
--> statement-breakpoint
REPLACE INTO `gradewire`.`view_column` (view_name, column_name, description) VALUES
('offsets', 'lag_seconds', 'Source commit to profile of the last batch with changes; null: not known, nothing has arrived for 30 seconds.'),
('offsets', 'idle_seconds', 'Since this connector last wrote; it writes every few seconds while all is well.'),
('offsets', 'held_changes', 'Results waiting now.'),
('offsets', 'dead_letters', 'Dead letters unresolved now.'),
('offsets', 'connector', 'Name of the connector.'),
('offsets', 'lane', 'Lane of the connector, from 0; each learner belongs to one.'),
('offsets', 'position', 'Every change at or before it has taken effect or stands in a queue: timeline-file-transaction-ordinal.'),
('offsets', 'generation', '+1 whenever capture went back in the binlog.'),
('offsets', 'stream_sequence', 'Change log message that ended there; a hint only.'),
('offsets', 'anchor_file', 'Binlog file where reading would resume; null before the first batch.'),
('offsets', 'anchor_position', 'Byte in that file.'),
('offsets', 'anchor_gtid', 'GTID of the transaction that starts there; null: none known.'),
('offsets', 'anchor_server', 'Server that wrote the file.'),
('offsets', 'anchor_timeline', '+1 after a failover of the training database.'),
('offsets', 'committed_at', 'Everything that the source committed until then has been applied; null: not known.'),
('offsets', 'updated_at', 'When the offset was written last.'),
('offsets', 'epoch', 'Fencing number of the process that may write.'),
('offsets', 'holder', 'That process, as it names itself.'),
('offsets', 'events', 'Change events covered so far.'),
('offsets', 'applied', 'Results written to the profile, revocations included.'),
('offsets', 'stale', 'Changes without effect because a newer one was there already.'),
('lag', 'connector', 'Name of the connector.'),
('lag', 'applied_until', 'Everything that the source committed until then has been applied, by the source''s clock.'),
('lag', 'total_lag_s', 'Seconds from commit at the source to commit here, of the newest news; once nothing has been heard for 30 seconds, the age of applied_until.'),
('lag', 'heartbeat_age_s', 'Seconds since this connector last wrote; it writes every ten seconds or more often while all is well.'),
('lag', 'held', 'Results that wait for their person or assessment now.'),
('lag', 'oldest_held_s', 'Seconds that the oldest of them has waited; null: none waits.'),
('lag', 'dead_letters', 'Dead letters unresolved now.'),
('lag', 'capture_paused', 'Whether an operator has paused capture.'),
('lag', 'apply_paused', 'Whether an operator has paused apply.'),
('held', 'connector', 'Name of the connector.'),
('held', 'result_id', 'Source table and key of the result.'),
('held', 'position', 'Position of its last change.'),
('held', 'reason', 'LEARNER_UNKNOWN, ABSENT (no employee), AMBIGUOUS (a key hits several), CONFLICT (keys hit different ones), ASSESSMENT_UNKNOWN.'),
('held', 'candidates', 'Employees hit by the matching rules.'),
('held', 'held_at', 'When the result was held first.'),
('held', 'updated_at', 'When this was written last.'),
('held', 'waiting_seconds', 'Seconds since held_at.'),
('held', 'ignored', 'Somebody put it aside: nothing files it until it is taken back.'),
('dead_letters', 'connector', 'Name of the connector.'),
('dead_letters', 'position', 'Position of the change.'),
('dead_letters', 'result_id', 'Source table and key of the result; null: not a result.'),
('dead_letters', 'type', 'Event type.'),
('dead_letters', 'event_id', 'Event id.'),
('dead_letters', 'reason', 'Why it is here.'),
('dead_letters', 'detail', 'SQLSTATE and constraint, never a value.'),
('dead_letters', 'state', 'open, waiting (behind an open one), replay (asked for another attempt), done, discarded.'),
('dead_letters', 'at', 'When it came.'),
('dead_letters', 'updated_at', 'When this was written last.'),
('snapshot_progress', 'connector', 'Name of the connector.'),
('snapshot_progress', 'place', 'Tables are copied in this order.'),
('snapshot_progress', 'table_name', 'Source table, schema.table.'),
('snapshot_progress', 'state', 'waiting, running, paused, done or canceled.'),
('snapshot_progress', 'filtered', 'Whether only the rows of a condition are copied; the condition itself is not shown.'),
('snapshot_progress', 'rows', 'Rows read so far.'),
('snapshot_progress', 'estimate', 'Rows of the whole table, as its server estimated them when the copy began; null: not known.'),
('snapshot_progress', 'percent', 'Rows read of the estimate, 100 once done; null: not known.'),
('snapshot_progress', 'updated_at', 'When this was written last.'),
('applied_events', 'connector', 'Name of the connector.'),
('applied_events', 'event_id', 'Id of the last applied change event of the result.'),
('applied_events', 'result_id', 'Source table and key of the result.'),
('applied_events', 'position', 'Position of that change.'),
('applied_events', 'state', 'recorded: a row stands in the profile; revoked: none, or it is flagged.'),
('applied_events', 'applied_at', 'When it was applied.'),
('mapping_versions', 'connector', 'Name of the connector.'),
('mapping_versions', 'hash', 'SHA-256 of the mapping.'),
('mapping_versions', 'first_started_at', 'When apply began with it for the first time.'),
('mapping_versions', 'last_started_at', 'When apply began with it last; the newest of a connector is the one in force.'),
('mapping_versions', 'starts', 'How often apply began with it.'),
('mapping_versions', 'started_by', 'Process that began last, host:pid.'),
('mapping_versions', 'program_version', 'Version of gradewire that began last.'),
('mapping_versions', 'mapping', 'The mapping: time zones, employees and tables of the configuration, defaults filled in.'),
('offset_moves', 'id', 'Number of the move; gradewire offsets restore takes it.'),
('offset_moves', 'connector', 'Name of the connector.'),
('offset_moves', 'changed_at', 'When it was made.'),
('offset_moves', 'changed_by', 'By whom: user and host of the command.'),
('offset_moves', 'kind', 'reset, or restore (a move that was taken back).'),
('offset_moves', 'reason', 'Why, in the operator''s words.'),
('offset_moves', 'old_position', 'Position before: timeline-file-transaction-ordinal.'),
('offset_moves', 'old_gtid', 'GTID before; null: none known.'),
('offset_moves', 'new_position', 'Position since.'),
('offset_moves', 'new_gtid', 'GTID since; null: none known.'),
('reconciliation_runs', 'connector', 'Name of the connector.'),
('reconciliation_runs', 'run', 'Name of the run.'),
('reconciliation_runs', 'state', 'State of the run: running, done or failed.'),
('reconciliation_runs', 'by_whom', 'Who asked for it.'),
('reconciliation_runs', 'started_at', 'When the run began.'),
('reconciliation_runs', 'finished_at', 'When it ended; null: it did not.'),
('reconciliation_runs', 'place', 'Place of the table in the run.'),
('reconciliation_runs', 'table_name', 'Source table, schema.table.'),
('reconciliation_runs', 'phase', 'What is compared: source, ledger, target, or done.'),
('reconciliation_runs', 'rows_compared', 'Rows of the source that were compared.'),
('reconciliation_runs', 'rows_reverse', 'Rows of the HR database that were looked for in the source.'),
('reconciliation_runs', 'chunks', 'Chunks that were read.'),
('reconciliation_runs', 'diff_chunks', 'Chunks with a difference.'),
('reconciliation_runs', 'skipped', 'Times that apply was waited for in vain.'),
('reconciliation_runs', 'missing', 'Rows that the profile lacks.'),
('reconciliation_runs', 'extra', 'Rows that the source has no more.'),
('reconciliation_runs', 'stale', 'Rows that changed at the source without a logged change.'),
('reconciliation_runs', 'mismatch', 'Rows that differ otherwise.'),
('reconciliation_runs', 'held', 'Rows that wait for their person.'),
('reconciliation_runs', 'dead', 'Rows that were refused.'),
('reconciliation_runs', 'unsettled', 'Rows that changed whenever they were looked at.'),
('reconciliation_runs', 'up_to', 'Server, binlog file and position up to which the comparison reaches.'),
('reconciliation_diffs', 'connector', 'Name of the connector.'),
('reconciliation_diffs', 'run', 'Run that found it.'),
('reconciliation_diffs', 'row_id', 'The row as events name it.'),
('reconciliation_diffs', 'table_name', 'Source table, schema.table.'),
('reconciliation_diffs', 'kind', 'missing, extra, stale, mismatch, held, dead or unsettled.'),
('reconciliation_diffs', 'fields', 'Names of the columns that differ, with commas between them; never a value.'),
('reconciliation_diffs', 'position', 'Place of the last change that was applied to it; null: none.'),
('reconciliation_diffs', 'found_at', 'When it was found.'),
('reconciliation_diffs', 'repaired_at', 'When a repair of it was sent; null: never.'),
('reconciliation_diffs', 'repaired_by', 'Who sent it.'),
('view_columns', 'view_name', 'Name of the view.'),
('view_columns', 'column_name', 'Name of its column.'),
('view_columns', 'description', 'What it means.');
