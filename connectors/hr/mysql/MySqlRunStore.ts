/** {@link RunStore} on MySQL and MariaDB. */
import { Effect, Layer } from "effect"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import type { Difference } from "../../../src/reconcile/differences.ts"
import type { ReconciliationRun } from "../../../schemas/reconciliation.ts"
import { ReconcileUnknown, RunStore, type DifferenceFilter } from "../../../src/reconcile/RunStore.ts"
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
import { jsonRows, jsonTypes } from "./batch-tables.ts"
import { idRows } from "./compare-script.ts"
import { classifyError } from "./classify-error.ts"
import { migrationGrants } from "./migrate.ts"
import { openSession, type DriverError, type MySqlOptions, type ServerFacts } from "./mysql-client.ts"
import { literal } from "./sql-text.ts"

export interface MySqlRunStoreOptions {
  readonly connector: string
  readonly mysql: MySqlOptions
  readonly tables: ReadonlyArray<ComparedTable>
  /** Names this process: host and process id. */
  readonly holder: string
}

const RUN = "`gradewire`.`reconciliation_run`"
const DIFF = "`gradewire`.`reconciliation_diff`"
const SILENT = `utc_timestamp(6) - interval ${SILENT_SECONDS} second`

const moment = (column: string) =>
  `concat(date_format(${column}, '%Y-%m-%dT%H:%i:%s.'), left(date_format(${column}, '%f'), 3), 'Z') as ${column}`
const RUN_COLUMNS = `run, state, by_whom, cast(scope as char) as scope, cast(tables as char) as tables, cast(origin as char) as origin, ${moment("started_at")}, ${moment("finished_at")}`

/** `2026-11-22T08:00:00.123Z` as DATETIME takes it. */
const stored = (time: string | null): string =>
  time === null ? "null" : literal(time.replace("T", " ").replace("Z", ""))

export const layerRunStore = (options: MySqlRunStoreOptions): Layer.Layer<RunStore> =>
  Layer.effect(RunStore, make(options))

interface Desk {
  readonly connector: string
  readonly holder: string
  readonly rows: <R extends object>(text: string) => Effect.Effect<ReadonlyArray<R>, ProfileStoreError>
  readonly script: <R extends object>(
    statements: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<R>, ProfileStoreError>
  readonly facts: Effect.Effect<ServerFacts, ProfileStoreError>
}

const make = Effect.fnUntraced(function* ({ connector, holder, mysql, tables }: MySqlRunStoreOptions) {
  const session = yield* openSession(mysql)
  const place = { server: `${mysql.host}:${mysql.port}`, grants: migrationGrants(mysql.user) }
  const asked = <A>(question: Effect.Effect<A, DriverError>) =>
    Effect.mapError(session.exclusively(question), ({ cause }) => classifyError(cause, place))
  const desk: Desk = {
    connector,
    holder,
    rows: (text) => asked(session.rows(text)),
    script: (statements) => asked(session.script(statements)),
    facts: asked(session.facts)
  }
  return RunStore.of({
    ...opening(desk),
    ...finding(desk),
    retire: (keepDays) => retire(desk, keepDays),
    lowerGuards: lowering(desk, tables),
    save: saving(desk)
  })
})

const whole = (run: string) =>
  `coalesce(json_value(${run}.scope, '$.tables[0]'), json_value(${run}.scope, '$.course'), json_value(${run}.scope, '$.person'), json_value(${run}.scope, '$.since')) is null`

const retire = Effect.fnUntraced(function* ({ connector, rows, script }: Desk, keepDays: number) {
  const ours = `connector = ${literal(connector)}`
  const old = `r.started_at < utc_timestamp(6) - interval ${keepDays} day`
  // A table cannot be asked in the statement that deletes from it.
  const gone = yield* rows<{ run: string }>(`select r.run from ${RUN} r
where r.${ours} and ${retiring({ run: RUN, diff: DIFF }, old, whole)} order by r.started_at limit ${RETIRED.runs}`)
  if (gone.length > 0) {
    const names = gone.map(({ run }) => literal(run)).join(", ")
    yield* rows(`delete from ${RUN} where ${ours} and active is null and run in (${names})`)
  }
  const remove = script<{ n: number | string }>([
    `delete from ${DIFF} where ${ours} and run not in (select r.run from ${RUN} r where r.${ours}) limit ${RETIRED.rowsAtOnce}`,
    "select row_count() as n"
  ])
  yield* removeInBatches(Effect.map(remove, ([removed]) => Number(removed!.n)))
})

const read = Effect.fnUntraced(function* ({ connector, rows }: Desk, run: string) {
  const [row] = yield* rows<RunRow>(
    `select ${RUN_COLUMNS} from ${RUN} where connector = ${literal(connector)} and run = ${literal(run)}`
  )
  if (row === undefined) return yield* new ReconcileUnknown({ message: `there is no run ${run}` })
  return yield* Effect.fromResult(runOf(row))
})

const opening = (desk: Desk) => {
  const { connector, holder, rows, script } = desk
  const ours = `connector = ${literal(connector)}`
  const endSilent = `update ${RUN} set state = if(state = 'running', 'failed', state), active = null where ${ours} and active = 1 and updated_at < ${SILENT}`
  const running = Effect.flatMap(
    rows<Active>(`select run, holder from ${RUN} where ${ours} and active = 1`),
    ([active]) => refuseSecond(active)
  )
  const held = (run: string) =>
    `${ours} and run = ${literal(run)} and holder = ${literal(holder)} and active = 1`
  return {
    read: (run: string) => read(desk, run),
    list: (max: number) =>
      Effect.flatMap(
        rows<ListedRow>(`select ${RUN_COLUMNS}, (
  select count(*) from ${DIFF} d where d.connector = r.connector and d.run = r.run and d.repaired_at is null
    and d.kind in (${DAMAGE_LIST})
) as open
from ${RUN} r where ${ours} order by r.started_at desc, run desc limit ${max}`),
        (found) => Effect.forEach(found, (row) => Effect.fromResult(listedRunOf(row)))
      ),
    // A hold leaves the state as it is: what was compared stays compared.
    hold: Effect.fnUntraced(function* (run: string) {
      const [taken] = yield* script<{ n: number | string }>([
        endSilent,
        `update ignore ${RUN} set active = 1, holder = ${literal(holder)}, updated_at = utc_timestamp(6)
where ${ours} and run = ${literal(run)} and state = 'done' and active is null`,
        // Not row_count(): on this connection it counts rows that were found, those ignored too.
        `select count(*) as n from ${RUN} where ${held(run)}`
      ])
      if (Number(taken!.n) === 1) return
      yield* running
      return yield* new ReconcileUnknown({ message: `there is no finished run ${run}` })
    }),
    keep: Effect.fnUntraced(function* (run: string) {
      const [kept] = yield* script<{ n: number | string }>([
        `update ${RUN} set updated_at = utc_timestamp(6) where ${held(run)}`,
        "select row_count() as n"
      ])
      if (Number(kept!.n) !== 1) return yield* takenOver(run)
    }),
    release: (run: string) =>
      Effect.asVoid(
        rows(`update ${RUN} set active = null, updated_at = utc_timestamp(6) where ${held(run)}`)
      ),
    start: Effect.fnUntraced(function* ({ by, origin, run, scope, startedAt, tables }: ReconciliationRun) {
      const [begun] = yield* script<{ n: number | string }>([
        endSilent,
        `insert ignore into ${RUN} (connector, run, state, active, scope, tables, by_whom, holder, started_at, updated_at, origin)
values (${literal(connector)}, ${literal(run)}, 'running', 1, ${literal(JSON.stringify(scope))},
  ${literal(JSON.stringify(tables))}, ${literal(by)}, ${literal(holder)}, ${stored(startedAt)}, utc_timestamp(6), ${literal(JSON.stringify(origin))})`,
        "select row_count() as n"
      ])
      if (Number(begun!.n) !== 1) yield* running
    }),
    resume: Effect.gen(function* () {
      const [last] = yield* rows<{ run: string }>(
        `select run from ${RUN} where ${ours} and state <> 'done' order by started_at desc limit 1`
      )
      if (last === undefined) return yield* noneEnded()
      const [taken] = yield* script<{ n: number | string }>([
        endSilent,
        `update ignore ${RUN} set state = 'running', active = 1, holder = ${literal(holder)}, updated_at = utc_timestamp(6)
where ${ours} and run = ${literal(last.run)} and active is null`,
        `select count(*) as n from ${RUN} where ${held(last.run)} and state = 'running'`
      ])
      if (Number(taken!.n) === 1) return yield* read(desk, last.run)
      yield* running
      return yield* noneEnded()
    })
  }
}

const saving = ({ connector, facts, holder, script }: Desk) =>
  Effect.fnUntraced(function* (run: ReconciliationRun, table: string, found: ReadonlyArray<Difference>) {
    const { position, text } = jsonTypes(yield* facts)
    const index = run.tables.findIndex((entry) => entry.table === table)
    const held = `connector = ${literal(connector)} and run = ${literal(run.run)} and holder = ${literal(holder)} and active = 1`
    const sent = jsonRows("@gradewire_differences", [
      ["id", text],
      ["kind", text],
      ["fields", text],
      ["position", position],
      ["learner", text]
    ])
    const list = found.map((each) => [each.id, each.kind, each.fields.join(","), each.position, each.learner])
    const [saved] = yield* script<{ held: number | string }>([
      "start transaction",
      "set @gradewire_held = 0",
      `select 1 into @gradewire_held from ${RUN} where ${held} for update`,
      ...(found.length === 0
        ? []
        : [
            `set @gradewire_differences = ${literal(JSON.stringify(list))}`,
            `replace into ${DIFF} (connector, run, place, row_id, table_name, kind, fields, position, learner_id, found_at)
select ${literal(connector)}, ${literal(run.run)}, ${index}, d.id, ${literal(table)}, d.kind, d.fields, d.position, d.learner,
  utc_timestamp(6) from ${sent} d where @gradewire_held = 1`
          ]),
      `update ${RUN} set state = ${literal(run.state)}, tables = ${literal(JSON.stringify(run.tables))},
  updated_at = utc_timestamp(6), finished_at = ${stored(run.finishedAt)}${run.state === "running" ? "" : ", active = null"}
where ${held}`,
      "commit",
      "select @gradewire_held as held"
    ])
    if (Number(saved!.held) !== 1) return yield* takenOver(run.run)
  })

const finding = ({ connector, rows }: Desk) => {
  const list = (values: ReadonlyArray<string>) => values.map((value) => literal(value)).join(", ")
  const within = (run: string) => `connector = ${literal(connector)} and run = ${literal(run)}`
  return {
    differences: (run: string, { after, isOpen, kinds, table }: DifferenceFilter, max: number) => {
      const only =
        table === undefined ? "" : ` and cast(table_name as binary) = cast(${literal(table)} as binary)`
      const behind = after === undefined ? "" : ` and row_id > ${literal(after)}`
      return Effect.map(
        rows<DifferenceRow>(`select table_name, row_id, kind, fields, position, learner_id, ${moment("repaired_at")}, repaired_by
from ${DIFF} where ${within(run)} and kind in (${list(kinds)})${isOpen ? " and repaired_at is null" : ""}${only}${behind}
order by place, row_id limit ${max}`),
        (found) => found.map(differenceOf)
      )
    },
    repaired: (run: string, table: string, ids: ReadonlyArray<string>, by: string) =>
      ids.length === 0
        ? Effect.void
        : Effect.asVoid(
            rows(`update ${DIFF} set repaired_at = utc_timestamp(6), repaired_by = ${literal(by)}
where ${within(run)} and table_name = ${literal(table)} and row_id in (${list(ids)})`)
          )
  }
}

/** The lanes' rows are locked, so that no batch is between what is read and what is written. */
const lowering =
  ({ connector, facts, script }: Desk, tables: ReadonlyArray<ComparedTable>) =>
  (table: string, ids: ReadonlyArray<string>) => {
    const kind = tables.find((each) => each.table === table)?.as ?? "score"
    const guard = kind === "score" ? { table: "result_ledger", id: "result_id" } : DIRECTORIES[kind]
    return Effect.flatMap(facts, (server) =>
      Effect.asVoid(
        script([
          // As for the batch's own tables (batch-tables.ts).
          "use `gradewire`",
          "start transaction",
          "set @gradewire_place = null",
          `select position into @gradewire_place from \`gradewire\`.\`apply_offset\`
where connector = ${literal(connector)} order by position desc limit 1 for update`,
          `set @gradewire_ids = ${literal(JSON.stringify(ids))}`,
          `update ${idRows(guard.id, server)} f straight_join \`gradewire\`.\`${guard.table}\` l
  on l.connector = ${literal(connector)} and l.${guard.id} = f.${guard.id}
set l.position = @gradewire_place
where cast(l.position as binary) > cast(@gradewire_place as binary)`,
          "commit"
        ])
      )
    )
  }
