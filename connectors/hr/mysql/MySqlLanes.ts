/** LaneDesk on MySQL and MariaDB. */
import { Effect, type Scope } from "effect"
import type { LaneDesk } from "../../../src/apply/LaneDesk.ts"
import { COLUMNS, PLACE, TOTALS } from "../lane-columns.ts"
import type { MySqlOptions } from "./mysql-client.ts"
import { openDesk } from "./open-desk.ts"
import { literal } from "./sql-text.ts"

const TABLE = "`gradewire`.`apply_offset`"

const stored = (connector: string): string => `select lane, position, epoch, holder,
  timestampdiff(microsecond, updated_at, utc_timestamp(6)) / 1e6 as idle
from ${TABLE} where connector = ${literal(connector)} order by lane`

/** The rows are locked before they are read, so no batch commits in between. Answers the new ones. */
const divide = (connector: string, lanes: number, holder: string): ReadonlyArray<string> => {
  const here = `connector = ${literal(connector)}`
  const numbers = Array.from({ length: lanes }, (_, lane) => `select ${lane} as lane`).join(" union all ")
  return [
    "start transaction",
    `select count(*) into @gradewire_lanes from (select lane from ${TABLE} where ${here} for update) o`,
    `insert into ${TABLE} (connector, lane, epoch, holder, updated_at, ${COLUMNS.join(", ")})
select ${literal(connector)}, n.lane, total.epoch, ${literal(holder)}, utc_timestamp(6),
  ${PLACE.map((name) => `low.${name}`).join(", ")},
  ${TOTALS.map((name) => `if(n.lane = 0, total.${name}, 0)`).join(", ")}
from (select * from ${TABLE} where ${here} order by anchor_file is null desc, position, generation limit 1) low
straight_join (select max(epoch) + 1 as epoch, ${TOTALS.map((name) => `sum(${name}) as ${name}`).join(", ")}
  from ${TABLE} where ${here}) total
straight_join (${numbers}) n where 1 = 1
on duplicate key update epoch = values(epoch), holder = values(holder), updated_at = values(updated_at),
  ${COLUMNS.map((name) => `${name} = values(${name})`).join(", ")}`,
    `delete from ${TABLE} where ${here} and lane >= ${lanes}`,
    "commit",
    stored(connector)
  ]
}

interface StoredRow {
  readonly lane: number
  readonly position: string
  readonly epoch: string | number
  readonly holder: string
  readonly idle: string | number
}

const stateOf = ({ epoch, holder, idle, lane, position }: StoredRow) => ({
  lane,
  position,
  epoch: Number(epoch),
  holder,
  idleSeconds: Number(idle)
})

export const openLanes = (
  options: MySqlOptions,
  connector: string
): Effect.Effect<LaneDesk, never, Scope.Scope> =>
  Effect.gen(function* () {
    const desk = yield* openDesk(options)
    return {
      stored: Effect.map(desk.rows<StoredRow>(stored(connector)), (rows) => rows.map(stateOf)),
      divide: (lanes, holder) =>
        Effect.map(desk.script<StoredRow>(divide(connector, lanes, holder)), (rows) => rows.map(stateOf))
    } satisfies LaneDesk
  })
