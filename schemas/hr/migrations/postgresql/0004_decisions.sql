CREATE TABLE "gradewire"."dead_letter_decision" (
	"connector" text COLLATE "C" NOT NULL,
	"position" text COLLATE "C" NOT NULL,
	"at" timestamp(6) with time zone NOT NULL,
	"action" text NOT NULL,
	"by_whom" text NOT NULL,
	"why" text,
	CONSTRAINT "dead_letter_decision_pk" PRIMARY KEY("connector","position","at")
);
--> statement-breakpoint
COMMENT ON TABLE gradewire.dead_letter_decision IS 'What operators decided about dead letters; nothing is ever removed.';
COMMENT ON COLUMN gradewire.dead_letter_decision.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.dead_letter_decision.position IS 'Position of the dead letter.';
COMMENT ON COLUMN gradewire.dead_letter_decision.at IS 'When it was decided.';
COMMENT ON COLUMN gradewire.dead_letter_decision.action IS 'replay (another attempt was asked for) or discard (it will never be applied).';
COMMENT ON COLUMN gradewire.dead_letter_decision.by_whom IS 'Who decided, as they or their machine named themselves.';
COMMENT ON COLUMN gradewire.dead_letter_decision.why IS 'Their reason; null: none given.';
COMMENT ON COLUMN gradewire.apply_offset.lane IS 'Lane of the connector, from 0; each learner belongs to one.';
--> statement-breakpoint
-- A lag that is not known is null, not 0: greatest() passes over nulls.
CREATE OR REPLACE VIEW gradewire.offsets AS
SELECT
  o.connector, o.position, o.generation, o.stream_sequence,
  o.anchor_file, o.anchor_position, o.anchor_gtid, o.anchor_server, o.anchor_timeline,
  o.committed_at, o.updated_at, o.epoch, o.holder, o.events, o.applied, o.stale,
  CASE WHEN clock_timestamp() - o.updated_at < interval '30 seconds' AND o.changed_committed_at IS NOT NULL
    THEN greatest(0, extract(epoch FROM o.changed_at - o.changed_committed_at))::double precision
  END AS lag_seconds,
  greatest(0, extract(epoch FROM clock_timestamp() - o.updated_at))::double precision AS idle_seconds,
  (SELECT count(*) FROM gradewire.held_change h WHERE h.connector = o.connector) AS held_changes,
  (SELECT count(*) FROM gradewire.dead_letter d
    WHERE d.connector = o.connector AND d.state IN ('open', 'waiting', 'replay')) AS dead_letters,
  o.lane
FROM gradewire.apply_offset o;
--> statement-breakpoint
-- A result that is held can have a place in the ledger before anything of it was applied.
CREATE OR REPLACE VIEW gradewire.applied_events AS
SELECT connector, event_id, result_id, position, state, applied_at
FROM gradewire.result_ledger
WHERE position > '0000-0000000000-00000000000000-0000000000000000';
