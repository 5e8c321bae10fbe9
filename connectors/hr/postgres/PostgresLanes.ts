/** LaneDesk on PostgreSQL. */
import { Effect, type Scope } from "effect"
import type { LaneDesk, LaneState } from "../../../src/apply/LaneDesk.ts"
import { COLUMNS, PLACE, TOTALS } from "../lane-columns.ts"
import { openDesk } from "./open-desk.ts"
import type { PostgresOptions } from "./postgres-client.ts"

const TABLE = "gradewire.apply_offset"

const STORED = `select lane::integer, position, epoch::integer, holder,
  extract(epoch from clock_timestamp() - updated_at)::double precision as "idleSeconds"
from ${TABLE} where connector = $1 order by lane`

/** $2 lanes, $3 holder. The rows are locked before they are read, so no batch commits in between. */
const DIVIDE = `with old as materialized (
  select * from ${TABLE} where connector = $1 order by lane for update
), low as (
  select * from old order by anchor_file is null desc, position, generation limit 1
), total as (
  select max(epoch) + 1 as epoch, ${TOTALS.map((name) => `sum(${name}) as ${name}`).join(", ")} from old
), gone as (
  delete from ${TABLE} o using low where o.connector = $1 and o.lane >= $2::integer
), put as (
  insert into ${TABLE} as t (connector, lane, epoch, holder, updated_at, ${COLUMNS.join(", ")})
  select $1, l, total.epoch, $3, clock_timestamp(), ${PLACE.map((name) => `low.${name}`).join(", ")},
    ${TOTALS.map((name) => `case l when 0 then total.${name} else 0 end`).join(", ")}
  from low, total, generate_series(0, $2::integer - 1) l
  on conflict (connector, lane) do update set epoch = excluded.epoch, holder = excluded.holder,
    updated_at = excluded.updated_at, ${COLUMNS.map((name) => `${name} = excluded.${name}`).join(", ")}
)
select 1`

export const openLanes = (
  options: PostgresOptions,
  connector: string
): Effect.Effect<LaneDesk, never, Scope.Scope> =>
  Effect.gen(function* () {
    const ask = yield* openDesk(
      options,
      connector,
      (user) => `GRANT SELECT, INSERT, UPDATE, DELETE ON ${TABLE} TO ${user};`
    )
    const stored = ask<LaneState>(STORED)
    return {
      stored,
      divide: (lanes, holder) => Effect.andThen(ask(DIVIDE, lanes, holder), stored)
    } satisfies LaneDesk
  })
