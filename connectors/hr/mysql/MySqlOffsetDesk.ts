/** OffsetDesk on MySQL and MariaDB. */
import { Effect, type Scope } from "effect"
import type { OffsetDesk, OffsetMove, TakenKind } from "../../../src/apply/OffsetDesk.ts"
import {
  fenceOf,
  holderOf,
  laneOffset,
  offsetRecord,
  placeValues,
  recordValues,
  TAKEN_IN,
  type LaneRow,
  type RecordRow
} from "../stored-moves.ts"
import type { MySqlOptions } from "./mysql-client.ts"
import { openDesk } from "./open-desk.ts"
import { instantOf, moment, OFFSET_COLUMNS } from "./offset-statements.ts"
import { literal } from "./sql-text.ts"

const OFFSET = "`gradewire`.`apply_offset`"
const HISTORY = "`gradewire`.`offset_history`"
const FITS = "@gradewire_fits"
const EPOCH = "@gradewire_epoch"
const NOW = "utc_timestamp(6)"

const here = (connector: string): string => `connector = ${literal(connector)}`

const lanes = (connector: string): string =>
  `select lane, ${OFFSET_COLUMNS} from ${OFFSET} where ${here(connector)} order by lane`

const taken = (connector: string, kind: TakenKind, keys: ReadonlyArray<string>): string => {
  const listed = keys.map(literal).join(", ")
  const parts = TAKEN_IN[kind].map(
    ([table, key]) =>
      `select ${key} as taken_key, position from \`gradewire\`.\`${table}\` where ${here(connector)} and ${key} in (${listed})`
  )
  return `select taken_key, max(position) as position from (${parts.join("\nunion all ")}) t group by taken_key`
}

/** The rows are locked before they are judged, so no batch commits in between. Answers the number of the history's row. */
const moved = (connector: string, move: OffsetMove): ReadonlyArray<string> => {
  const place = { ...placeValues(move.to) }
  const sets = Object.entries(place).map(
    ([name, value]) => `${name} = ${name === "committed_at" ? moment(move.to.committedAt) : literal(value)}`
  )
  const record = recordValues(move)
  return [
    "start transaction",
    // Longer than group_concat would be: a thousand lanes.
    "set @gradewire_concat = @@session.group_concat_max_len, session group_concat_max_len = 1048576",
    `select coalesce(group_concat(o.lane, ':', o.epoch, ':', o.position order by o.lane separator ','), '')
  = ${literal(fenceOf(move.from))}, max(o.epoch) + 1 into ${FITS}, ${EPOCH}
from (select lane, epoch, position from ${OFFSET} where ${here(connector)} for update) o`,
    "set session group_concat_max_len = @gradewire_concat",
    `update ${OFFSET} set epoch = ${EPOCH}, holder = ${literal(holderOf(move))}, updated_at = ${NOW}, ${sets.join(", ")}
where ${here(connector)} and ${FITS} = 1`,
    `insert into ${HISTORY} (connector, changed_at, ${Object.keys(record).join(", ")})
select ${literal(connector)}, ${NOW}, ${Object.values(record).map(literal).join(", ")} from (select 1 as one) o
where ${FITS} = 1`,
    "set @gradewire_moved = if(row_count() = 1, last_insert_id(), null)",
    "commit",
    "select @gradewire_moved as id"
  ]
}

const history = (connector: string): string =>
  `select id, changed_at, changed_by, kind, reason, convert(old_place using utf8mb4) as old_place,
  convert(new_place using utf8mb4) as new_place from ${HISTORY} where ${here(connector)}`

export const openOffsetDesk = (
  options: MySqlOptions,
  connector: string
): Effect.Effect<OffsetDesk, never, Scope.Scope> =>
  Effect.gen(function* () {
    const desk = yield* openDesk(options)
    const records = (text: string) =>
      Effect.map(desk.rows<RecordRow>(text), (rows) => rows.map((row) => offsetRecord(row, instantOf)))
    return {
      lanes: Effect.map(desk.rows<LaneRow>(lanes(connector)), (rows) =>
        rows.map((row) => laneOffset(row, instantOf))
      ),
      taken: (kind, keys) =>
        Effect.map(
          desk.rows<{ readonly taken_key: string; readonly position: string }>(taken(connector, kind, keys)),
          (rows) => new Map(rows.map(({ taken_key: key, position }) => [key, position]))
        ),
      move: (move) =>
        Effect.map(desk.script<{ readonly id: string | number | null }>(moved(connector, move)), ([row]) =>
          row === undefined || row.id === null ? undefined : Number(row.id)
        ),
      history: (limit) => records(`${history(connector)} order by id desc limit ${limit}`),
      record: (id) => Effect.map(records(`${history(connector)} and id = ${id}`), ([row]) => row)
    } satisfies OffsetDesk
  })
