/** {@link RunStore} on PostgreSQL. */
import { Effect, Layer } from "effect"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import type { ReconciliationRun } from "../../../schemas/reconciliation.ts"
import { ReconcileUnknown, RunStore } from "../../../src/reconcile/RunStore.ts"
import {
  DAMAGE_LIST,
  differenceOf,
  listedRunOf,
  noneEnded,
  refuseSecond,
  removeInBatches,
  RETIRED,
  retiring,
  runOf,
  SILENT_SECONDS,
  takenOver,
  type Active,
  type DifferenceRow,
  type ListedRow,
  type RunRow
} from "../stored-runs.ts"
import { DIRECTORIES, type ComparedTable } from "../compared-tables.ts"
import { classifyError } from "./classify-error.ts"
import { migrationGrants } from "./migrate.ts"
import { openSession, type PostgresOptions, type Row } from "./postgres-client.ts"

export interface PostgresRunStoreOptions {
  readonly connector: string
  readonly postgres: PostgresOptions
  readonly tables: ReadonlyArray<ComparedTable>
  /** Names this process: host and process id. */
  readonly holder: string
}

const RUN = "gradewire.reconciliation_run"
const DIFF = "gradewire.reconciliation_diff"
const SILENT = `interval '${SILENT_SECONDS} seconds'`

const moment = (column: string) =>
  `to_char(timezone('UTC', ${column}), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ${column}`
const RUN_COLUMNS = `run, state, by_whom, scope::text as scope, tables::text as tables, origin::text as origin, ${moment("started_at")}, ${moment("finished_at")}`

/** A run whose process is gone gives way; the unique index lets one in. $2 run, $3 scope, $4 tables, $5 by, $6 holder, $7 started, $8 origin */
const END_SILENT = `update ${RUN} set state = case when state = 'running' then 'failed' else state end, active = null
where connector = $1 and active = 1 and updated_at < clock_timestamp() - ${SILENT}`
const START = `insert into ${RUN} (connector, run, state, active, scope, tables, by_whom, holder, started_at, updated_at, origin)
values ($1, $2, 'running', 1, $3::jsonb, $4::jsonb, $5, $6, $7::timestamptz, clock_timestamp(), $8::jsonb)
on conflict (connector, active) do nothing returning run`
/** $2 run, $3 holder. A hold leaves the state as it is: what was compared stays compared. */
const HOLD = `update ${RUN} r set active = 1, holder = $3, updated_at = clock_timestamp()
where r.connector = $1 and r.run = $2 and r.state = 'done'
  and not exists (select from ${RUN} o where o.connector = $1 and o.active = 1)
returning run`
const HELD = `connector = $1 and run = $2 and holder = $3 and active = 1`
const KEEP = `update ${RUN} set updated_at = clock_timestamp() where ${HELD} returning run`
const RELEASE = `update ${RUN} set active = null, updated_at = clock_timestamp() where ${HELD}`
const ACTIVE = `select run, holder from ${RUN} where connector = $1 and active = 1`

/** $2 holder */
const RESUME = `update ${RUN} r set state = 'running', active = 1, holder = $2, updated_at = clock_timestamp()
where r.connector = $1 and r.run = (
  select run from ${RUN} where connector = $1 and state <> 'done' order by started_at desc limit 1
) and not exists (select from ${RUN} o where o.connector = $1 and o.active = 1)
returning ${RUN_COLUMNS}`

/**
 * $2 run, $3 holder, $4 state, $5 tables, $6 finished, $7 differences as jsonb. The table's place is found by its name.
 */
const SAVE = `with held as (
  update ${RUN} set state = $4, active = case when $4 = 'running' then 1 end, tables = $5::jsonb,
    updated_at = clock_timestamp(), finished_at = $6::timestamptz
  where connector = $1 and run = $2 and holder = $3 and active = 1
  returning run
), found as (
  insert into ${DIFF} (connector, run, place, row_id, table_name, kind, fields, position, learner_id, found_at)
  select $1, $2, d.place, d.id, d.name, d.kind, d.fields, d.position, d.learner, clock_timestamp()
  from held cross join jsonb_to_recordset($7::jsonb)
    as d (place smallint, id text, name text, kind text, fields text, position text, learner text)
  on conflict (connector, run, place, row_id) do update set kind = excluded.kind, fields = excluded.fields,
    position = excluded.position, learner_id = excluded.learner_id, found_at = excluded.found_at
)
select count(*)::integer as held from held`

const READ = `select ${RUN_COLUMNS} from ${RUN} where connector = $1 and run = $2`

/** $2 how many */
const LIST = `select ${RUN_COLUMNS}, (
  select count(*)::text from ${DIFF} d where d.connector = r.connector and d.run = r.run and d.repaired_at is null
    and d.kind in (${DAMAGE_LIST})
) as open
from ${RUN} r where connector = $1 order by r.started_at desc, run desc limit $2::integer`

const whole = (run: string) =>
  `coalesce(${run}.scope ->> 'tables', ${run}.scope ->> 'course', ${run}.scope ->> 'person', ${run}.scope ->> 'since') is null`
/** $2 days */
const OLD = "r.started_at < clock_timestamp() - make_interval(days => $2::integer)"
const RETIRE = `delete from ${RUN} where connector = $1 and run in (
  select r.run from ${RUN} r where r.connector = $1 and ${retiring({ run: RUN, diff: DIFF }, OLD, whole)}
  order by r.started_at limit ${RETIRED.runs}
)`
const REMOVE = `with gone as (
  delete from ${DIFF} where (connector, run, place, row_id) in (
    select d.connector, d.run, d.place, d.row_id from ${DIFF} d
    where d.connector = $1 and not exists (select from ${RUN} r where r.connector = d.connector and r.run = d.run)
    limit ${RETIRED.rowsAtOnce}
  ) returning 1
)
select count(*)::integer as n from gone`

/** $2 run, $3 kinds, $4 only open ones, $5 table, $6 id, $7 how many */
const DIFFERENCES = `select table_name, row_id, kind, fields, position, learner_id, ${moment("repaired_at")}, repaired_by
from ${DIFF} d where connector = $1 and run = $2 and kind = any($3::text[]) and (not $4::boolean or repaired_at is null)
  and ($5::text is null or table_name = $5) and ($6::text is null or row_id > $6)
order by place, row_id limit $7::integer`

/** $2 run, $3 table, $4 ids, $5 by */
const REPAIRED = `update ${DIFF} set repaired_at = clock_timestamp(), repaired_by = $5
where connector = $1 and run = $2 and table_name = $3 and row_id = any($4::text[])`

/** $2 ids. The lanes' rows are locked, so that no batch is between what is read and what is written. */
const lower = (table: string, id: string): string => `with place as materialized (
  select position from gradewire.apply_offset where connector = $1 order by lane for update
)
update gradewire.${table} l set position = p.position
from (select max(position) as position from place) p
where l.connector = $1 and l.${id} = any($2::text[]) and l.position > p.position`
const LOWER = {
  score: lower("result_ledger", "result_id"),
  learner: lower(DIRECTORIES.learner.table, DIRECTORIES.learner.id),
  assessment: lower(DIRECTORIES.assessment.table, DIRECTORIES.assessment.id)
}

export const layerRunStore = (options: PostgresRunStoreOptions): Layer.Layer<RunStore> =>
  Layer.effect(RunStore, make(options))

type Ask = <R extends object = Row>(
  text: string,
  ...values: ReadonlyArray<unknown>
) => Effect.Effect<ReadonlyArray<R>, ProfileStoreError>

const make = Effect.fnUntraced(function* ({ connector, holder, postgres, tables }: PostgresRunStoreOptions) {
  const session = yield* openSession(postgres)
  const place = {
    server: `${postgres.host}:${postgres.port}/${postgres.database}`,
    grants: migrationGrants(postgres.user, postgres.database)
  }
  const ask: Ask = <R extends object = Row>(text: string, ...values: ReadonlyArray<unknown>) =>
    session
      .exclusively(session.rows<R>({ text, values: [connector, ...values] }))
      .pipe(Effect.mapError(({ cause }) => classifyError(cause, place)))
  return RunStore.of({
    ...opening(ask, holder),
    read: Effect.fnUntraced(function* (run: string) {
      const [row] = yield* ask<RunRow>(READ, run)
      if (row === undefined) return yield* new ReconcileUnknown({ message: `there is no run ${run}` })
      return yield* Effect.fromResult(runOf(row))
    }),
    list: (max) =>
      Effect.flatMap(ask<ListedRow>(LIST, max), (rows) =>
        Effect.forEach(rows, (row) => Effect.fromResult(listedRunOf(row)))
      ),
    save: Effect.fnUntraced(function* (run, table, found) {
      const index = run.tables.findIndex((entry) => entry.table === table)
      const rows = found.map(({ fields, ...each }) => ({
        ...each,
        place: index,
        name: table,
        fields: fields.join(",")
      }))
      const progress = [run.state, JSON.stringify(run.tables), run.finishedAt]
      const [saved] = yield* ask<{ held: number }>(SAVE, run.run, holder, ...progress, JSON.stringify(rows))
      if (saved?.held !== 1) return yield* takenOver(run.run)
    }),
    differences: (run, { after, isOpen, kinds, table }, max) =>
      Effect.map(
        ask<DifferenceRow>(DIFFERENCES, run, kinds, isOpen, table ?? null, after ?? null, max),
        (rows) => rows.map(differenceOf)
      ),
    lowerGuards: (table, ids) => {
      const kind = tables.find((each) => each.table === table)?.as ?? "score"
      return Effect.asVoid(ask(LOWER[kind], ids))
    },
    retire: (keepDays) =>
      Effect.andThen(
        ask(RETIRE, keepDays),
        removeInBatches(Effect.map(ask<{ n: number }>(REMOVE), ([removed]) => removed?.n ?? 0))
      ),
    repaired: (run, table, ids, by) => Effect.asVoid(ask(REPAIRED, run, table, ids, by))
  })
})

const opening = (ask: Ask, holder: string) => {
  const running = Effect.flatMap(ask<Active>(ACTIVE), ([active]) => refuseSecond(active))
  return {
    hold: Effect.fnUntraced(function* (run: string) {
      yield* ask(END_SILENT)
      if ((yield* ask(HOLD, run, holder)).length > 0) return
      yield* running
      return yield* new ReconcileUnknown({ message: `there is no finished run ${run}` })
    }),
    keep: (run: string) =>
      Effect.flatMap(ask(KEEP, run, holder), (kept) =>
        kept.length > 0 ? Effect.void : Effect.fail(takenOver(run))
      ),
    release: (run: string) => Effect.asVoid(ask(RELEASE, run, holder)),
    start: Effect.fnUntraced(function* ({ by, origin, run, scope, startedAt, tables }: ReconciliationRun) {
      yield* ask(END_SILENT)
      const begun = yield* ask(
        START,
        run,
        JSON.stringify(scope),
        JSON.stringify(tables),
        by,
        holder,
        startedAt,
        JSON.stringify(origin)
      )
      if (begun.length === 0) yield* running
    }),
    resume: Effect.gen(function* () {
      yield* ask(END_SILENT)
      const [row] = yield* ask<RunRow>(RESUME, holder)
      if (row !== undefined) return yield* Effect.fromResult(runOf(row))
      yield* running
      return yield* noneEnded()
    })
  }
}
