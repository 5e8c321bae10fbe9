/** Small statements on the row of `apply_offset`: taking over, reading, moving it, parking one change. */
import { progressText, type ApplyOffset } from "../../../schemas/apply-offset.ts"
import type { Lane } from "../../../schemas/lane.ts"
import { START } from "../../../schemas/position.ts"
import type { ChangeEvent } from "../../../schemas/change-event.ts"
import type { Refusal } from "../../../src/apply/ProfileStore.ts"
import { FENCE, lockOffset } from "./decide-sql.ts"
import { literal } from "./sql-text.ts"

const TABLE = "`gradewire`.`apply_offset`"
const NOW = "utc_timestamp(6)"

export const OFFSET_COLUMNS = `epoch, position, generation, stream_sequence, anchor_file, anchor_position, anchor_gtid,
  anchor_server, anchor_timeline, committed_at, convert(snapshot using utf8mb4) as snapshot`

/** Moves the offset, and from where. */
export interface Move {
  readonly expected: string
  readonly offset: ApplyOffset
  readonly events: number
}

const here = (connector: string, lane: number): string =>
  `connector = ${literal(connector)} and lane = ${lane}`

export const readOffset = (connector: string, lane: number): string =>
  `select ${OFFSET_COLUMNS} from ${TABLE} where ${here(connector, lane)}`

/** The one whose events are all applied in every lane; none where some lane has not begun. */
export const readProgress = (connector: string): string =>
  `select ${OFFSET_COLUMNS} from ${TABLE} where connector = ${literal(connector)}
order by anchor_file is null desc, position, generation limit 1`

const LANES = "@gradewire_lanes"

/**
 * A lane's first row stands at START and has no anchor. A takeover is no word of the source, so it leaves the time at which the last
 * one came. Answers the lane's row, and `lanes`: how many there are.
 */
export const takeOver = (connector: string, { lane, lanes }: Lane, holder: string): ReadonlyArray<string> => {
  const count = `select count(*) into ${LANES} from ${TABLE} where connector = ${literal(connector)}`
  const numbers = Array.from({ length: lanes }, (_, number) => `select ${number} as lane`).join(" union all ")
  return [
    "start transaction",
    count,
    `insert into ${TABLE} (connector, lane, position, epoch, holder, updated_at)
select ${literal(connector)}, n.lane, ${literal(START)}, 0, '', ${NOW} from (${numbers}) n where ${LANES} = 0
on duplicate key update connector = apply_offset.connector`,
    count,
    `update ${TABLE} set epoch = epoch + 1, holder = ${literal(holder)}
where ${here(connector, lane)} and ${LANES} = ${lanes}`,
    `select ${OFFSET_COLUMNS}, ${LANES} as lanes from (select 1 as one) o left join ${TABLE} on ${here(connector, lane)}`,
    "commit"
  ]
}

/** RFC 3339 in UTC as DATETIME text. */
export const moment = (time: string | null): string =>
  literal(time === null ? null : time.replace("T", " ").replace(/Z$/, ""))

/**
 * Moves the offset where it is still the expected one, under the epoch.
 * @param hasChanges whether the batch's counts (write-sql.ts) are to be added
 */
export const moveOffset = (
  connector: string,
  lane: number,
  epoch: number,
  { events, expected, offset }: Move,
  hasChanges: boolean
): string => {
  const { anchor, committedAt } = offset
  const counts = hasChanges
    ? `, changed_at = ${NOW}, changed_committed_at = ${moment(committedAt)}, applied = applied + @gradewire_filed,
  stale = stale + @gradewire_stale, held = held + @gradewire_held, dead = dead + @gradewire_dead`
    : ""
  return `update ${TABLE} set generation = ${offset.generation}, stream_sequence = ${offset.streamSequence},
  anchor_file = ${literal(anchor.file)}, anchor_position = ${anchor.position}, anchor_gtid = ${literal(anchor.gtid)},
  anchor_server = ${literal(anchor.server)}, anchor_timeline = ${anchor.timeline}, committed_at = ${moment(committedAt)},
  snapshot = ${literal(progressText(offset))}, updated_at = ${NOW},
  events = events + ${events}${counts}, position = ${literal(offset.position)}
where ${here(connector, lane)} and epoch = ${epoch} and position = ${literal(expected)}`
}

/** Moves the offset where nothing is to be written: checkpoints, raw rows. Answers `moved`. */
export const moveAlone = (
  connector: string,
  lane: number,
  epoch: number,
  move: Move
): ReadonlyArray<string> => [moveOffset(connector, lane, epoch, move, false), "select row_count() as moved"]

/** Of `result_id`; counted in UTF-16, so that one of emoji alone is taken for too long at half of it. */
const KEY_CHARACTERS = 700

/** One refused change becomes a dead letter, and the offset passes it. Answers `fenced`. */
export const park = (
  connector: string,
  lane: number,
  epoch: number,
  move: Move,
  change: ChangeEvent,
  refusal: Refusal
): ReadonlyArray<string> => {
  const result = "resultId" in change.data ? change.data.resultId : null
  // One that is too long for a key can be refused for just that, and must not be lost for it.
  const key = result === null || result.length > KEY_CHARACTERS ? null : result
  const letter = [
    connector,
    change.sequence,
    key,
    change.type,
    change.id,
    JSON.stringify(change),
    refusal.reason,
    refusal.detail
  ]
  return [
    ...lockOffset(connector, lane, epoch, move.expected),
    `insert into \`gradewire\`.\`dead_letter\`
  (connector, position, result_id, type, event_id, event, reason, detail, state, at, updated_at)
select ${letter.map(literal).join(", ")}, 'open', ${NOW}, ${NOW} from (select 1 as one) o where ${FENCE} = 1
on duplicate key update connector = dead_letter.connector`,
    "set @gradewire_filed = 0, @gradewire_stale = 0, @gradewire_held = 0, @gradewire_dead = 1",
    moveOffset(connector, lane, epoch, move, true),
    "commit",
    `select ${FENCE} as fenced`
  ]
}

/** Counts what was released, under the fence. */
export const countOffset = (connector: string, lane: number): string => `update ${TABLE}
set applied = applied + @gradewire_filed, released = released + @gradewire_filed, updated_at = ${NOW}
where ${here(connector, lane)} and @gradewire_fence = 1`

/** RFC 3339 in UTC, without trailing zeros. */
export const instantOf = (text: string): string =>
  `${text.replace(" ", "T").replace(/\.(\d*?)0+$/, (_, digits: string) => (digits === "" ? "" : `.${digits}`))}Z`
