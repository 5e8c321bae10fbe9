/** {@link RowTexts} on MySQL and MariaDB: the chunks of a copy, each row as one text. */
import { Effect, Layer } from "effect"
import { SourceMisconfigured, type Undecodable } from "../../src/capture/ChangeSource.ts"
import type { ChunkRequest, SnapshotKey } from "../../src/capture/SnapshotSource.ts"
import type { TablePlan } from "../../src/capture/table-plan.ts"
import { RowTexts, type TextChunk, type WrittenTable } from "../../src/capture/RowTexts.ts"
import { chunkQuery, keysCondition } from "./chunk-query.ts"
import { eventText } from "./event-text.ts"
import { picture, readColumns, sessions, type Place, type Session } from "./MySqlSnapshotSource.ts"
import { makeAwaitCalm, THREADS_RUNNING_MAX_DEFAULT } from "./server-load.ts"
import { proveOrder } from "./snapshot-order.ts"
import { quoteName } from "./snapshot-columns.ts"
import type { SourceOptions } from "./source-options.ts"

export const MySqlRowTexts = {
  layer: (options: SourceOptions): Layer.Layer<RowTexts> => {
    const awaitCalm = makeAwaitCalm(options.threadsRunningMax ?? THREADS_RUNNING_MAX_DEFAULT)
    return Layer.effect(
      RowTexts,
      Effect.map(sessions(options), (session) =>
        RowTexts.of({
          obstacle: (table) =>
            session(({ sql }) =>
              Effect.map(readColumns(sql, table.plan.wanted), (columns) => {
                const text = eventText(table, columns)
                return typeof text === "string" ? undefined : text.obstacle
              })
            ),
          read: (table, request) =>
            session((open) => Effect.andThen(awaitCalm(open.sql), readTexts(open, table, request))),
          holdsAll: (plan, keys) =>
            session((open) => Effect.andThen(awaitCalm(open.sql), holdsAll(open, plan, keys)))
        })
      )
    )
  }
}

/** Everything is before it: nobody waits for the stream here. */
const NOWHERE: Place = { file: "", position: 0 }

const keyNames = ({ key, wanted }: TablePlan): ReadonlyArray<string> => key.map((at) => wanted.columns[at]!)

const readTexts = Effect.fnUntraced(function* (
  open: Session,
  table: WrittenTable,
  request: Pick<ChunkRequest, "after" | "only" | "rowsMax">
) {
  const { sql } = open
  const { wanted } = table.plan
  const columns = yield* readColumns(sql, wanted)
  const text = eventText(table, columns)
  if (typeof text !== "string") return yield* changed(table.plan.name)
  const names = keyNames(table.plan)
  if (request.after === undefined) yield* proveOrder(sql, { table: wanted, key: names })
  const query = yield* Effect.try({
    try: () =>
      chunkQuery(
        { ...request, table: { ...wanted, columns: names }, key: names, where: undefined },
        columns,
        sql.escape,
        [text]
      ),
    catch: (error) => error as Undecodable
  })
  const { found, high } = yield* picture(open, sql.texts(query), NOWHERE)
  return {
    ...split(found, names.length),
    isEnd: found.length < request.rowsMax,
    high
  } satisfies TextChunk
})

/** Key columns, and behind them the text or NULL. */
const split = (found: ReadonlyArray<ReadonlyArray<string | null>>, at: number) => {
  const texts: Array<string> = []
  const unwritten: Array<SnapshotKey> = []
  for (const row of found) {
    const text = row[at]!
    if (text === null) unwritten.push(row.slice(0, at).map(String))
    else texts.push(text)
  }
  const last = found.at(-1)?.slice(0, at).map(String)
  return { texts, unwritten, last }
}

/** Between two chunks. */
const changed = (table: string): SourceMisconfigured =>
  new SourceMisconfigured({
    message: `a mapped column of ${table} was altered while it was compared`,
    setting: "tables",
    fix: "Start gradewire verify again."
  })

const WHOLE_NUMBER = /^(0|-?[1-9]\d*)$/

/** By counting: where a key has one text only, as many rows as keys are all of them. */
const holdsAll = Effect.fnUntraced(function* (
  open: Session,
  plan: TablePlan,
  keys: ReadonlyArray<SnapshotKey>
) {
  const { sql } = open
  const names = keyNames(plan)
  const columns = yield* readColumns(sql, plan.wanted)
  const type = columns.get(names[0]!.toLowerCase())?.type ?? ""
  const isPlain = names.length === 1 && type.endsWith("int") && keys.every(([key]) => WHOLE_NUMBER.test(key!))
  if (!isPlain) return { isSure: false, high: NOWHERE }
  const condition = keysCondition(
    { table: plan.wanted, key: names, where: undefined, keys },
    columns,
    sql.escape
  )
  const { schema, table } = plan.wanted
  const query = `SELECT COUNT(*) FROM ${quoteName(schema)}.${quoteName(table)} WHERE ${condition}`
  const { found, high } = yield* picture(open, sql.texts(query), NOWHERE)
  return { isSure: Number(found[0]?.[0]) === keys.length, high }
})
