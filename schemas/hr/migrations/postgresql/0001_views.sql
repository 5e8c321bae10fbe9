CREATE VIEW gradewire.offsets AS
SELECT
  o.connector, o.position, o.generation, o.stream_sequence,
  o.anchor_file, o.anchor_position, o.anchor_gtid, o.anchor_server, o.anchor_timeline,
  o.committed_at, o.updated_at, o.epoch, o.holder, o.events, o.applied, o.stale,
  CASE WHEN clock_timestamp() - o.updated_at < interval '30 seconds'
    THEN greatest(0, extract(epoch FROM o.changed_at - o.changed_committed_at))::double precision
  END AS lag_seconds,
  greatest(0, extract(epoch FROM clock_timestamp() - o.updated_at))::double precision AS idle_seconds,
  (SELECT count(*) FROM gradewire.held_change h WHERE h.connector = o.connector) AS held_changes,
  (SELECT count(*) FROM gradewire.dead_letter d
    WHERE d.connector = o.connector AND d.state IN ('open', 'waiting', 'replay')) AS dead_letters
FROM gradewire.apply_offset o;
--> statement-breakpoint
CREATE VIEW gradewire.held AS
SELECT connector, result_id, position, reason, candidates, held_at, updated_at,
  extract(epoch FROM clock_timestamp() - held_at)::double precision AS waiting_seconds
FROM gradewire.held_change;
--> statement-breakpoint
CREATE VIEW gradewire.dead_letters AS
SELECT connector, position, result_id, type, event_id,
  reason, detail, state, at, updated_at
FROM gradewire.dead_letter;
--> statement-breakpoint
CREATE VIEW gradewire.applied_events AS
SELECT connector, event_id, result_id, position, state, applied_at
FROM gradewire.result_ledger;
--> statement-breakpoint
COMMENT ON SCHEMA gradewire IS 'Progress and queues of gradewire. Read the views; only gradewire writes the tables.';
--> statement-breakpoint
COMMENT ON TABLE gradewire.apply_offset IS 'Progress of apply per connector; commits together with the profile rows.';
--> statement-breakpoint
COMMENT ON TABLE gradewire.result_ledger IS 'Last applied change per exam result; no older change takes effect.';
--> statement-breakpoint
COMMENT ON TABLE gradewire.learner_directory IS 'Last known keys of every learner of the training system. Personal values.';
--> statement-breakpoint
COMMENT ON TABLE gradewire.assessment_directory IS 'Last known title and marks of every assessment.';
--> statement-breakpoint
COMMENT ON TABLE gradewire.person_link IS 'Which employee a learner was proven to be.';
--> statement-breakpoint
COMMENT ON TABLE gradewire.held_change IS 'Last change of each result that waits for its person or its assessment. Personal values.';
--> statement-breakpoint
COMMENT ON TABLE gradewire.dead_letter IS 'Changes that the database refused, and later changes waiting behind them. Personal values.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.apply_offset.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.apply_offset.lane IS 'Always 0.';
COMMENT ON COLUMN gradewire.apply_offset.position IS 'Every change at or before it has taken effect or stands in a queue: timeline-file-transaction-ordinal.';
COMMENT ON COLUMN gradewire.apply_offset.generation IS '+1 whenever capture went back in the binlog.';
COMMENT ON COLUMN gradewire.apply_offset.stream_sequence IS 'Change log message that ended there; a hint only.';
COMMENT ON COLUMN gradewire.apply_offset.anchor_file IS 'Binlog file where reading would resume; null before the first batch.';
COMMENT ON COLUMN gradewire.apply_offset.anchor_position IS 'Byte in that file.';
COMMENT ON COLUMN gradewire.apply_offset.anchor_gtid IS 'GTID of the transaction that starts there; null: none known.';
COMMENT ON COLUMN gradewire.apply_offset.anchor_server IS 'Server that wrote the file.';
COMMENT ON COLUMN gradewire.apply_offset.anchor_timeline IS '+1 after a failover of the training database.';
COMMENT ON COLUMN gradewire.apply_offset.committed_at IS 'Source commit time of the last change known; null: not known.';
COMMENT ON COLUMN gradewire.apply_offset.epoch IS 'Fencing number of the process that may write.';
COMMENT ON COLUMN gradewire.apply_offset.holder IS 'That process, as it names itself.';
COMMENT ON COLUMN gradewire.apply_offset.updated_at IS 'When this row was written last.';
COMMENT ON COLUMN gradewire.apply_offset.changed_at IS 'When the last batch with changes committed.';
COMMENT ON COLUMN gradewire.apply_offset.changed_committed_at IS 'Source commit time of that batch.';
COMMENT ON COLUMN gradewire.apply_offset.events IS 'Change events covered so far.';
COMMENT ON COLUMN gradewire.apply_offset.applied IS 'Results written to the profile, revocations included.';
COMMENT ON COLUMN gradewire.apply_offset.stale IS 'Changes without effect because a newer one was there already.';
COMMENT ON COLUMN gradewire.apply_offset.held IS 'Changes that were held.';
COMMENT ON COLUMN gradewire.apply_offset.released IS 'Held results filed later.';
COMMENT ON COLUMN gradewire.apply_offset.dead IS 'Changes that became dead letters or wait behind one.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.result_ledger.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.result_ledger.result_id IS 'Source table and key of the result.';
COMMENT ON COLUMN gradewire.result_ledger.position IS 'Position of the last applied change.';
COMMENT ON COLUMN gradewire.result_ledger.event_id IS 'Its event id.';
COMMENT ON COLUMN gradewire.result_ledger.state IS 'recorded: a row stands in the profile; revoked: none, or it is flagged.';
COMMENT ON COLUMN gradewire.result_ledger.learner_id IS 'Key of the learner at the source.';
COMMENT ON COLUMN gradewire.result_ledger.employee_key IS 'Employee it was filed to.';
COMMENT ON COLUMN gradewire.result_ledger.row_key IS 'Key of the profile row, where it is more than the result and constants.';
COMMENT ON COLUMN gradewire.result_ledger.applied_at IS 'When it was applied.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.learner_directory.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.learner_directory.learner_id IS 'Key of the learner at the source.';
COMMENT ON COLUMN gradewire.learner_directory.position IS 'Position of the last change.';
COMMENT ON COLUMN gradewire.learner_directory.employee_no IS 'Employee number as the training system has it.';
COMMENT ON COLUMN gradewire.learner_directory.phone IS 'Phone as the training system has it.';
COMMENT ON COLUMN gradewire.learner_directory.email IS 'E-mail as the training system has it.';
COMMENT ON COLUMN gradewire.learner_directory.name IS 'Name as the training system has it.';
COMMENT ON COLUMN gradewire.learner_directory.removed IS 'Its row is deleted at the source; the keys stay for scores that were taken before.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.assessment_directory.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.assessment_directory.assessment_id IS 'Key of the assessment at the source.';
COMMENT ON COLUMN gradewire.assessment_directory.position IS 'Position of the last change.';
COMMENT ON COLUMN gradewire.assessment_directory.title IS 'Title.';
COMMENT ON COLUMN gradewire.assessment_directory.max IS 'Highest mark.';
COMMENT ON COLUMN gradewire.assessment_directory.pass IS 'Pass mark in points.';
COMMENT ON COLUMN gradewire.assessment_directory.removed IS 'Its row is deleted at the source.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.person_link.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.person_link.learner_id IS 'Key of the learner at the source.';
COMMENT ON COLUMN gradewire.person_link.employee_key IS 'The employee.';
COMMENT ON COLUMN gradewire.person_link.rule IS 'Learner key that proved it.';
COMMENT ON COLUMN gradewire.person_link.linked_at IS 'When it was proven.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.held_change.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.held_change.result_id IS 'Source table and key of the result.';
COMMENT ON COLUMN gradewire.held_change.position IS 'Position of the change.';
COMMENT ON COLUMN gradewire.held_change.event IS 'The change event.';
COMMENT ON COLUMN gradewire.held_change.learner_id IS 'Key of the learner at the source.';
COMMENT ON COLUMN gradewire.held_change.reason IS 'LEARNER_UNKNOWN, ABSENT (no employee), AMBIGUOUS (a key hits several), CONFLICT (keys hit different ones), ASSESSMENT_UNKNOWN.';
COMMENT ON COLUMN gradewire.held_change.candidates IS 'Employees hit by the matching rules.';
COMMENT ON COLUMN gradewire.held_change.held_at IS 'When the result was held first.';
COMMENT ON COLUMN gradewire.held_change.updated_at IS 'When this row was written last.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.dead_letter.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.dead_letter.position IS 'Position of the change.';
COMMENT ON COLUMN gradewire.dead_letter.result_id IS 'Source table and key of the result; null: not a result.';
COMMENT ON COLUMN gradewire.dead_letter.type IS 'Event type.';
COMMENT ON COLUMN gradewire.dead_letter.event_id IS 'Event id.';
COMMENT ON COLUMN gradewire.dead_letter.event IS 'The change event as it came.';
COMMENT ON COLUMN gradewire.dead_letter.reason IS 'Why it is here.';
COMMENT ON COLUMN gradewire.dead_letter.detail IS 'SQLSTATE and constraint, never a value.';
COMMENT ON COLUMN gradewire.dead_letter.state IS 'open, waiting (behind an open one), replay (asked for another attempt), done, discarded.';
COMMENT ON COLUMN gradewire.dead_letter.at IS 'When it came.';
COMMENT ON COLUMN gradewire.dead_letter.updated_at IS 'When this row was written last.';
--> statement-breakpoint
COMMENT ON VIEW gradewire.offsets IS 'Progress, lag and queue lengths per connector.';
COMMENT ON COLUMN gradewire.offsets.lag_seconds IS 'Source commit to profile of the last batch with changes; null: not known, nothing has arrived for 30 seconds.';
COMMENT ON COLUMN gradewire.offsets.idle_seconds IS 'Since this connector last wrote; it writes every few seconds while all is well.';
COMMENT ON COLUMN gradewire.offsets.held_changes IS 'Results waiting now.';
COMMENT ON COLUMN gradewire.offsets.dead_letters IS 'Dead letters unresolved now.';
COMMENT ON VIEW gradewire.held IS 'Results that wait for their person or assessment, without personal values.';
COMMENT ON VIEW gradewire.dead_letters IS 'Refused changes and those behind them, without personal values.';
COMMENT ON VIEW gradewire.applied_events IS 'Last applied change per result.';
--> statement-breakpoint
DO $$
BEGIN
  -- Reading needs no role of ours; a DBA who made one beforehand gets its grants.
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gradewire_reader') THEN
    GRANT USAGE ON SCHEMA gradewire TO gradewire_reader;
    GRANT SELECT ON gradewire.offsets, gradewire.held, gradewire.dead_letters, gradewire.applied_events
      TO gradewire_reader;
  END IF;
END $$;
