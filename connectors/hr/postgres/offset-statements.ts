/** Small statements on the row of `apply_offset`: taking over, reading, moving it without changes, parking one change. */
import { progressText, type ApplyOffset } from "../../../schemas/apply-offset.ts"
import type { Lane } from "../../../schemas/lane.ts"
import { START } from "../../../schemas/position.ts"

/** RFC 3339 in UTC without trailing zeros, whatever the session's zone and date style are. */
export const utc = (column: string): string =>
  `regexp_replace(to_char(timezone('UTC', ${column}), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '\\.?0+Z$', 'Z')`

export const OFFSET_COLUMNS = `epoch::text, position, generation::text, stream_sequence::text, anchor_file,
  anchor_position::text, anchor_gtid, anchor_server, anchor_timeline, ${utc("committed_at")} as committed_at, snapshot::text`

const MOVE = `update gradewire.apply_offset o set position = $4, generation = $5::bigint,
  stream_sequence = $6::bigint, anchor_file = $7, anchor_position = $8::bigint, anchor_gtid = $9, anchor_server = $10,
  anchor_timeline = $11::integer, committed_at = $12::timestamptz, updated_at = clock_timestamp(),
  snapshot = $13::jsonb, events = o.events + $14::bigint`

/** The one whose events are all applied in every lane; none where some lane has not begun. $1 connector */
export const READ_PROGRESS = `select ${OFFSET_COLUMNS} from gradewire.apply_offset where connector = $1
order by anchor_file is null desc, position, generation limit 1`

/** $1 connector */
export const COUNT_LANES = `select count(*)::integer as lanes from gradewire.apply_offset where connector = $1`

export interface OffsetStatements {
  /** $1 connector, $2 holder. A lane's first row stands at START and has no anchor. No row: another number of lanes. */
  readonly takeOver: string
  /** $1 connector */
  readonly read: string
  /** Moves the offset where nothing is to be written: checkpoints, raw rows. $2 epoch, $3 expected position. */
  readonly move: string
  /** One refused change: $15 position, $16 result or null, $17 type, $18 event id, $19 event, $20 reason, $21 detail. */
  readonly park: string
}

/** Statements on the row of one lane. A takeover is no word of the source, so it leaves the time at which the last one came. */
export const offsetStatements = ({ lane, lanes }: Lane): OffsetStatements => ({
  takeOver: `with known as (
  select count(*)::integer as lanes from gradewire.apply_offset where connector = $1
), born as (
  insert into gradewire.apply_offset as t (connector, lane, position, epoch, holder, updated_at)
  select $1, l, '${START}', case l when ${lane} then 1 else 0 end, case l when ${lane} then $2 else '' end, clock_timestamp()
  from known, generate_series(0, ${lanes - 1}) l where known.lanes = 0
  on conflict (connector, lane) do nothing
  returning t.*
), taken as (
  update gradewire.apply_offset t set epoch = t.epoch + 1, holder = $2
  from known where t.connector = $1 and t.lane = ${lane} and known.lanes = ${lanes}
  returning t.*
)
select ${OFFSET_COLUMNS} from (select * from born where lane = ${lane} union all select * from taken) t`,
  read: `select ${OFFSET_COLUMNS} from gradewire.apply_offset where connector = $1 and lane = ${lane}`,
  move: `${MOVE}
where connector = $1 and lane = ${lane} and epoch = $2::bigint and position = $3
returning 1 as fenced`,
  park: `with moved as (
  ${MOVE}, dead = o.dead + 1, changed_at = clock_timestamp(), changed_committed_at = $12::timestamptz
  where connector = $1 and lane = ${lane} and epoch = $2::bigint and position = $3
  returning 1
), letter as (
  insert into gradewire.dead_letter
    (connector, position, result_id, type, event_id, event, reason, detail, state, at, updated_at)
  select $1, $15, $16, $17, $18, $19::json, $20, $21, 'open', clock_timestamp(), clock_timestamp() from moved
  on conflict (connector, position) do nothing
)
select 1 as fenced from moved`
})

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
