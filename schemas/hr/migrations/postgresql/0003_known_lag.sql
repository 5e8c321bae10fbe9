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
    WHERE d.connector = o.connector AND d.state IN ('open', 'waiting', 'replay')) AS dead_letters
FROM gradewire.apply_offset o;
