/** OffsetDesk on PostgreSQL. */
import { Effect, type Scope } from "effect"
import type { OffsetDesk, TakenKind } from "../../../src/apply/OffsetDesk.ts"
import { PLACE } from "../lane-columns.ts"
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
import { OFFSET_COLUMNS, utc } from "./offset-statements.ts"
import { openDesk } from "./open-desk.ts"
import type { PostgresOptions } from "./postgres-client.ts"

const LANES = `select lane, ${OFFSET_COLUMNS} from gradewire.apply_offset where connector = $1 order by lane`

/** $2 keys */
const taken = (kind: TakenKind): string =>
  `select key, max(position) as position from (
${TAKEN_IN[kind]
  .map(
    ([table, key]) =>
      `select ${key} as key, position from gradewire.${table} where connector = $1 and ${key} = any($2::text[])`
  )
  .join("\nunion all ")}
) t group by key`

const TYPES: Readonly<Partial<Record<string, string>>> = {
  generation: "bigint",
  stream_sequence: "bigint",
  anchor_position: "bigint",
  anchor_timeline: "integer",
  committed_at: "timestamptz",
  snapshot: "jsonb",
  old_place: "jsonb",
  new_place: "jsonb"
}

const RECORD = [
  "changed_by",
  "kind",
  "reason",
  "old_position",
  "old_gtid",
  "new_position",
  "new_gtid",
  "old_place",
  "new_place"
] as const

const typed = (name: string, number: number): string => `$${number}::${TYPES[name] ?? "text"}`
const PLACE_FROM = 4
const RECORD_FROM = PLACE_FROM + PLACE.length

/** $2 what must not have changed, $3 holder. The rows are locked before they are judged, so no batch commits in between. */
const MOVE = `with old as materialized (
  select * from gradewire.apply_offset where connector = $1 order by lane for update
), fit as (
  select max(epoch) + 1 as epoch from old
  having string_agg(lane || ':' || epoch || ':' || position, ',' order by lane) = $2
), moved as (
  update gradewire.apply_offset o set epoch = fit.epoch, holder = $3, updated_at = clock_timestamp(),
    ${PLACE.map((name, index) => `${name} = ${typed(name, PLACE_FROM + index)}`).join(", ")}
  from fit where o.connector = $1
)
insert into gradewire.offset_history (connector, changed_at, ${RECORD.join(", ")})
select $1, clock_timestamp(), ${RECORD.map((name, index) => typed(name, RECORD_FROM + index)).join(", ")} from fit
returning id`

const HISTORY = `select id, ${utc("changed_at")} as changed_at, changed_by, kind, reason, old_place::text, new_place::text
from gradewire.offset_history where connector = $1`

export const openOffsetDesk = (
  options: PostgresOptions,
  connector: string
): Effect.Effect<OffsetDesk, never, Scope.Scope> =>
  Effect.gen(function* () {
    const ask = yield* openDesk(
      options,
      connector,
      (user) => `GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA gradewire TO ${user};`
    )
    const records = (text: string, ...values: ReadonlyArray<unknown>) =>
      Effect.map(ask<RecordRow>(text, ...values), (rows) =>
        rows.map((row) => offsetRecord(row, (instant) => instant))
      )
    return {
      lanes: Effect.map(ask<LaneRow>(LANES), (rows) => rows.map((row) => laneOffset(row))),
      taken: (kind, keys) =>
        Effect.map(
          ask<{ readonly key: string; readonly position: string }>(taken(kind), keys),
          (rows) => new Map(rows.map(({ key, position }) => [key, position]))
        ),
      move: (move) => {
        const [where, record] = [placeValues(move.to), recordValues(move)]
        const values = [...PLACE.map((name) => where[name]), ...RECORD.map((name) => record[name])]
        return Effect.map(
          ask<{ readonly id: string }>(MOVE, fenceOf(move.from), holderOf(move), ...values),
          ([row]) => (row === undefined ? undefined : Number(row.id))
        )
      },
      history: (limit) => records(`${HISTORY} order by id desc limit $2`, limit),
      record: (id) => Effect.map(records(`${HISTORY} and id = $2`, id), ([row]) => row)
    } satisfies OffsetDesk
  })
