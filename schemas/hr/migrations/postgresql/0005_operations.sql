CREATE TABLE "gradewire"."control" (
	"connector" text COLLATE "C" NOT NULL,
	"role" text NOT NULL,
	"paused" boolean NOT NULL,
	"reason" text NOT NULL,
	"changed_by" text NOT NULL,
	"changed_at" timestamp(6) with time zone NOT NULL,
	CONSTRAINT "control_pk" PRIMARY KEY("connector","role")
);
--> statement-breakpoint
COMMENT ON TABLE gradewire.control IS 'What an operator wants a role to do; a role without a row may run.';
COMMENT ON COLUMN gradewire.control.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.control.role IS 'capture or apply.';
COMMENT ON COLUMN gradewire.control.paused IS 'true: the role waits where it is until it is resumed.';
COMMENT ON COLUMN gradewire.control.reason IS 'Why, in the operator''s words.';
COMMENT ON COLUMN gradewire.control.changed_by IS 'Who said so: user and host of the command.';
COMMENT ON COLUMN gradewire.control.changed_at IS 'When.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.apply_offset.committed_at IS 'Everything that the source committed until then has been applied; null: not known.';
--> statement-breakpoint
-- The slowest lane speaks for its connector.
CREATE VIEW gradewire.lag AS
SELECT
  o.connector,
  CASE WHEN count(o.committed_at) = count(*) THEN min(o.committed_at) END AS applied_until,
  CASE WHEN count(o.committed_at) = count(*) THEN max(greatest(0, extract(epoch FROM
    CASE WHEN clock_timestamp() - o.updated_at < interval '30 seconds' THEN o.updated_at ELSE clock_timestamp() END
    - o.committed_at))) END::double precision AS total_lag_s,
  greatest(0, extract(epoch FROM clock_timestamp() - min(o.updated_at)))::double precision AS heartbeat_age_s,
  (SELECT count(*) FROM gradewire.held_change h WHERE h.connector = o.connector) AS held,
  (SELECT greatest(0, extract(epoch FROM clock_timestamp() - min(h.held_at)))::double precision
    FROM gradewire.held_change h WHERE h.connector = o.connector HAVING count(*) > 0) AS oldest_held_s,
  (SELECT count(*) FROM gradewire.dead_letter d
    WHERE d.connector = o.connector AND d.state IN ('open', 'waiting', 'replay')) AS dead_letters,
  EXISTS (SELECT FROM gradewire.control c
    WHERE c.connector = o.connector AND c.role = 'capture' AND c.paused) AS capture_paused,
  EXISTS (SELECT FROM gradewire.control c
    WHERE c.connector = o.connector AND c.role = 'apply' AND c.paused) AS apply_paused
FROM gradewire.apply_offset o
GROUP BY o.connector;
--> statement-breakpoint
COMMENT ON VIEW gradewire.lag IS 'How far behind each connector is, as the HR database alone knows it. Null is not known, never 0.';
COMMENT ON COLUMN gradewire.lag.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.lag.applied_until IS 'Everything that the source committed until then has been applied, by the source''s clock.';
COMMENT ON COLUMN gradewire.lag.total_lag_s IS 'Seconds from commit at the source to commit here, of the newest news; once nothing has been heard for 30 seconds, the age of applied_until.';
COMMENT ON COLUMN gradewire.lag.heartbeat_age_s IS 'Seconds since this connector last wrote; it writes every ten seconds or more often while all is well.';
COMMENT ON COLUMN gradewire.lag.held IS 'Results that wait for their person or assessment now.';
COMMENT ON COLUMN gradewire.lag.oldest_held_s IS 'Seconds that the oldest of them has waited; null: none waits.';
COMMENT ON COLUMN gradewire.lag.dead_letters IS 'Dead letters unresolved now.';
COMMENT ON COLUMN gradewire.lag.capture_paused IS 'Whether an operator has paused capture.';
COMMENT ON COLUMN gradewire.lag.apply_paused IS 'Whether an operator has paused apply.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.offsets.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.offsets.lane IS 'Lane of the connector, from 0; each learner belongs to one.';
COMMENT ON COLUMN gradewire.offsets.position IS 'Every change at or before it has taken effect or stands in a queue: timeline-file-transaction-ordinal.';
COMMENT ON COLUMN gradewire.offsets.generation IS '+1 whenever capture went back in the binlog.';
COMMENT ON COLUMN gradewire.offsets.stream_sequence IS 'Change log message that ended there; a hint only.';
COMMENT ON COLUMN gradewire.offsets.anchor_file IS 'Binlog file where reading would resume; null before the first batch.';
COMMENT ON COLUMN gradewire.offsets.anchor_position IS 'Byte in that file.';
COMMENT ON COLUMN gradewire.offsets.anchor_gtid IS 'GTID of the transaction that starts there; null: none known.';
COMMENT ON COLUMN gradewire.offsets.anchor_server IS 'Server that wrote the file.';
COMMENT ON COLUMN gradewire.offsets.anchor_timeline IS '+1 after a failover of the training database.';
COMMENT ON COLUMN gradewire.offsets.committed_at IS 'Everything that the source committed until then has been applied; null: not known.';
COMMENT ON COLUMN gradewire.offsets.updated_at IS 'When the offset was written last.';
COMMENT ON COLUMN gradewire.offsets.epoch IS 'Fencing number of the process that may write.';
COMMENT ON COLUMN gradewire.offsets.holder IS 'That process, as it names itself.';
COMMENT ON COLUMN gradewire.offsets.events IS 'Change events covered so far.';
COMMENT ON COLUMN gradewire.offsets.applied IS 'Results written to the profile, revocations included.';
COMMENT ON COLUMN gradewire.offsets.stale IS 'Changes without effect because a newer one was there already.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.held.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.held.result_id IS 'Source table and key of the result.';
COMMENT ON COLUMN gradewire.held.position IS 'Position of its last change.';
COMMENT ON COLUMN gradewire.held.reason IS 'LEARNER_UNKNOWN, ABSENT (no employee), AMBIGUOUS (a key hits several), CONFLICT (keys hit different ones), ASSESSMENT_UNKNOWN.';
COMMENT ON COLUMN gradewire.held.candidates IS 'Employees hit by the matching rules.';
COMMENT ON COLUMN gradewire.held.held_at IS 'When the result was held first.';
COMMENT ON COLUMN gradewire.held.updated_at IS 'When this was written last.';
COMMENT ON COLUMN gradewire.held.waiting_seconds IS 'Seconds since held_at.';
COMMENT ON COLUMN gradewire.dead_letters.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.dead_letters.position IS 'Position of the change.';
COMMENT ON COLUMN gradewire.dead_letters.result_id IS 'Source table and key of the result; null: not a result.';
COMMENT ON COLUMN gradewire.dead_letters.type IS 'Event type.';
COMMENT ON COLUMN gradewire.dead_letters.event_id IS 'Event id.';
COMMENT ON COLUMN gradewire.dead_letters.reason IS 'Why it is here.';
COMMENT ON COLUMN gradewire.dead_letters.detail IS 'SQLSTATE and constraint, never a value.';
COMMENT ON COLUMN gradewire.dead_letters.state IS 'open, waiting (behind an open one), replay (asked for another attempt), done, discarded.';
COMMENT ON COLUMN gradewire.dead_letters.at IS 'When it came.';
COMMENT ON COLUMN gradewire.dead_letters.updated_at IS 'When this was written last.';
COMMENT ON COLUMN gradewire.applied_events.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.applied_events.event_id IS 'Id of the last applied change event of the result.';
COMMENT ON COLUMN gradewire.applied_events.result_id IS 'Source table and key of the result.';
COMMENT ON COLUMN gradewire.applied_events.position IS 'Position of that change.';
COMMENT ON COLUMN gradewire.applied_events.state IS 'recorded: a row stands in the profile; revoked: none, or it is flagged.';
COMMENT ON COLUMN gradewire.applied_events.applied_at IS 'When it was applied.';
--> statement-breakpoint
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gradewire_reader') THEN
    GRANT SELECT ON gradewire.lag, gradewire.control TO gradewire_reader;
  END IF;
END $$;
