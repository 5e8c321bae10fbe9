/** Small statements on the row of `apply_offset`: taking over, reading, moving it without changes, parking one change. */
import { progressText, type ApplyOffset } from "../../../schemas/apply-offset.ts"
import { START } from "../../../schemas/position.ts"

/** RFC 3339 in UTC without trailing zeros, whatever the session's zone and date style are. */
export const utc = (column: string): string =>
  `regexp_replace(to_char(timezone('UTC', ${column}), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '\\.?0+Z$', 'Z')`

const OFFSET_COLUMNS = `epoch::text, position, generation::text, stream_sequence::text, anchor_file,
  anchor_position::text, anchor_gtid, anchor_server, anchor_timeline, ${utc("committed_at")} as committed_at, snapshot::text`

/** $1 connector, $2 holder. A connector's first row stands at START and has no anchor. */
export const TAKE_OVER = `insert into gradewire.apply_offset as t (connector, position, epoch, holder, updated_at)
values ($1, '${START}', 1, $2, clock_timestamp())
on conflict (connector, lane) do update
  set epoch = t.epoch + 1, holder = excluded.holder, updated_at = excluded.updated_at
returning ${OFFSET_COLUMNS}`

/** $1 connector */
export const READ_OFFSET = `select ${OFFSET_COLUMNS} from gradewire.apply_offset where connector = $1 and lane = 0`

const MOVE = `update gradewire.apply_offset o set position = $4, generation = $5::bigint,
  stream_sequence = $6::bigint, anchor_file = $7, anchor_position = $8::bigint, anchor_gtid = $9, anchor_server = $10,
  anchor_timeline = $11::integer, committed_at = $12::timestamptz, updated_at = clock_timestamp(),
  snapshot = $13::jsonb, events = o.events + $14::bigint`

/** Moves the offset where nothing is to be written: checkpoints, raw rows. $2 epoch, $3 expected position. */
export const MOVE_OFFSET = `${MOVE}
where connector = $1 and lane = 0 and epoch = $2::bigint and position = $3
returning 1 as fenced`

/** One refused change: $15 position, $16 result or null, $17 type, $18 event id, $19 event, $20 reason, $21 detail. */
export const PARK = `with moved as (
  ${MOVE}, dead = o.dead + 1, changed_at = clock_timestamp(), changed_committed_at = $12::timestamptz
  where connector = $1 and lane = 0 and epoch = $2::bigint and position = $3
  returning 1
), letter as (
  insert into gradewire.dead_letter
    (connector, position, result_id, type, event_id, event, reason, detail, state, at, updated_at)
  select $1, $15, $16, $17, $18, $19::json, $20, $21, 'open', clock_timestamp(), clock_timestamp() from moved
  on conflict (connector, position) do nothing
)
select 1 as fenced from moved`

/** Values from `position` on, in the order of every statement that moves the offset. */
export const offsetValues = (offset: ApplyOffset): ReadonlyArray<unknown> => [
  offset.position,
  offset.generation,
  offset.streamSequence,
  offset.anchor.file,
  offset.anchor.position,
  offset.anchor.gtid,
  offset.anchor.server,
  offset.anchor.timeline,
  offset.committedAt,
  progressText(offset)
]
