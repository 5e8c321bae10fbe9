/**
 * Chunks of source tables by plain SELECT: no lock, no write right, no transaction that outlives a chunk.
 *
 * What a chunk can have seen is fenced in on both sides:
 * - MySQL sends a transaction to its replicas before the engine commits it. While it commits, its GTID is owned
 *   (`gtid_owned`, mysql-server sql/rpl_gtid_state.cc); the chunk waits until all that are owned now are executed, after
 *   which everything that any reader of the binlog can have received is visible. Its high mark is the end of the binlog
 *   after the SELECT.
 * - MariaDB tells the place in the binlog at which a consistent snapshot was taken (`binlog_snapshot_position`, MariaDB
 *   manual, "START TRANSACTION WITH CONSISTENT SNAPSHOT"), which is low and high mark in one.
 */
import { Effect, Layer, Schedule, Scope, Exit } from "effect"
import {
  SourceConnectionLost,
  SourceMisconfigured,
  type Undecodable,
  type ChangeSourceError,
  type WantedTable
} from "../../src/capture/ChangeSource.ts"
import { SnapshotConditionRefused } from "../../src/capture/SnapshotDesk.ts"
import { SnapshotSource, type ChunkRequest, type SnapshotChunk } from "../../src/capture/SnapshotSource.ts"
import { endOfBinlog, isBefore, someEvent } from "./binlog-events.ts"
import { chunkQuery, keysCondition } from "./chunk-query.ts"
import { makeAwaitCalm, THREADS_RUNNING_MAX_DEFAULT } from "./server-load.ts"
import { readIdentity } from "./server-facts.ts"
import { valueReader, type SnapshotColumn } from "./snapshot-columns.ts"
import { proveOrder } from "./snapshot-order.ts"
import type { SourceOptions } from "./source-options.ts"
import { answerLimit, connectSql, type SqlConnection } from "./sql-connection.ts"

export interface Session {
  readonly sql: SqlConnection
  readonly mariadb: boolean
  readonly server: string
}

type Texts = ReadonlyArray<ReadonlyArray<string | null>>
export type Place = SnapshotChunk["high"]
interface Found {
  readonly found: Texts
  readonly high: Place
}

const VISIBLE_SECONDS_MAX = 10

export const MySqlSnapshotSource = {
  layer: (options: SourceOptions): Layer.Layer<SnapshotSource> => {
    const awaitCalm = makeAwaitCalm(options.threadsRunningMax ?? THREADS_RUNNING_MAX_DEFAULT)
    return Layer.effect(
      SnapshotSource,
      Effect.map(sessions(options), (session) =>
        SnapshotSource.of({
          readChunk: (request) => session((open) => readChunk(open, request, awaitCalm)),
          // On a connection of its own: the other one may be in the middle of a chunk.
          check: (request) =>
            Effect.scoped(Effect.flatMap(connectSql(options), (sql) => check(sql, request))),
          server: session(({ server }) => Effect.succeed(server)),
          estimateRows: (table) => session(({ sql }) => estimateRows(sql, table))
        })
      )
    )
  }
}

/** One connection, opened at first use and again after a failure; chunks follow each other on it. */
export const sessions = Effect.fnUntraced(function* (options: SourceOptions) {
  let current: { readonly session: Session; readonly scope: Scope.Closeable } | undefined
  const close = Effect.suspend(() => {
    const scope = current?.scope
    current = undefined
    return scope === undefined ? Effect.void : Scope.close(scope, Exit.void)
  })
  yield* Effect.addFinalizer(() => close)
  const open = Effect.gen(function* () {
    if (current !== undefined) return current.session
    const scope = yield* Scope.make()
    const sql = yield* Scope.provide(connectSql(options), scope)
    current = { scope, session: { sql, ...(yield* readIdentity(sql)) } }
    yield* sql.query("SET SESSION time_zone = '+00:00', transaction_isolation = 'REPEATABLE-READ'").pipe(
      // MariaDB knew it as tx_isolation until 11.1.
      Effect.catch(() => sql.query("SET SESSION time_zone = '+00:00', tx_isolation = 'REPEATABLE-READ'"))
    )
    const { answerSeconds } = options
    if (answerSeconds !== undefined) {
      yield* sql.query(answerLimit(answerSeconds, current.session.mariadb))
    }
    return current.session
  })
  return <A, E>(use: (session: Session) => Effect.Effect<A, E>): Effect.Effect<A, E | ChangeSourceError> =>
    Effect.flatMap(open, use).pipe(Effect.onError(() => close))
})

const check = Effect.fnUntraced(function* (
  sql: SqlConnection,
  asked: Parameters<SnapshotSource["Service"]["check"]>[0]
): Effect.fn.Return<string | undefined, ChangeSourceError | SnapshotConditionRefused> {
  const columns = yield* readColumns(sql, asked.table)
  const { keys } = asked
  const where =
    keys === undefined || keys.length === 0
      ? asked.where
      : yield* refusable(() => keysCondition({ ...asked, keys }, columns, sql.escape))
  const request = { ...asked, where }
  const query = yield* makeQuery(sql, { ...request, after: undefined, rowsMax: 0 }, columns)
  yield* proveOrder(sql, request)
  yield* texts(sql, request, query)
  return where
})

const refusable = <A>(make: () => A): Effect.Effect<A, Undecodable> =>
  Effect.try({ try: make, catch: (error) => error as Undecodable })

const makeQuery = (
  sql: SqlConnection,
  request: Omit<ChunkRequest, "processed">,
  columns: ReadonlyMap<string, SnapshotColumn>
): Effect.Effect<string, Undecodable> =>
  Effect.try({
    try: () => chunkQuery(request, columns, sql.escape),
    catch: (error) => error as Undecodable
  })

/** The rows of a copy's SELECT. Without an operator's condition in it, an error is nothing that he could mend. */
const texts = (
  sql: SqlConnection,
  { table, where }: Pick<ChunkRequest, "table" | "where">,
  query: string
): Effect.Effect<Texts, ChangeSourceError | SnapshotConditionRefused> =>
  where === undefined
    ? sql.texts(query)
    : Effect.catchTag(sql.conditional(query), "ConditionFault", ({ errno, message }) =>
        Effect.fail(new SnapshotConditionRefused({ message, table: `${table.schema}.${table.table}`, errno }))
      )

const readChunk = Effect.fnUntraced(function* (
  session: Session,
  request: ChunkRequest,
  awaitCalm: ReturnType<typeof makeAwaitCalm>
): Effect.fn.Return<SnapshotChunk, ChangeSourceError | SnapshotConditionRefused> {
  const { sql, server } = session
  // In a failover the stream and the copy may reach different servers for a moment: their places do not compare.
  if (server !== request.processed.server) {
    return yield* new SourceConnectionLost({
      message: `the copy reached ${server}, the stream comes from ${request.processed.server}`
    })
  }
  const columns = yield* readColumns(sql, request.table)
  // Rows named by their keys are read in any order.
  if (request.after === undefined && request.keys === undefined) yield* proveOrder(sql, request)
  yield* awaitCalm(sql)
  const select = texts(sql, request, yield* makeQuery(sql, request, columns))
  const { found, high } = yield* picture(session, select, request.processed)
  const readers = request.table.columns.map((name) => valueReader(columns.get(name.toLowerCase())!))
  const rows = yield* Effect.try({
    try: () => found.map((row) => row.map((text, at) => (text === null ? null : readers[at]!(text)))),
    catch: (error) => error as Undecodable
  })
  const lastRow = rows.at(-1)
  const keyAt = request.key.map((name) => request.table.columns.indexOf(name))
  return {
    rows,
    last: lastRow === undefined ? undefined : keyAt.map((index) => String(lastRow[index])),
    isEnd: rows.length < request.rowsMax,
    high
  }
})

export const readColumns = Effect.fnUntraced(function* (sql: SqlConnection, table: WantedTable) {
  const rows = yield* sql.texts(
    "SELECT COLUMN_NAME, LOWER(DATA_TYPE), LOWER(COLUMN_TYPE), VERSION() LIKE '%MariaDB%' FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?",
    [table.schema, table.table]
  )
  const declared = new Map(
    Object.entries(table.columnTypes ?? {}).map(([name, type]) => [name.toLowerCase(), type])
  )
  return new Map(
    rows.map(([name, type, full, mariadb]): [string, SnapshotColumn] => [
      name!.toLowerCase(),
      {
        name: name!,
        type: type!,
        full: full!,
        declared: declared.get(name!.toLowerCase()),
        mariadb: mariadb === "1"
      }
    ])
  )
})

/** What a SELECT finds, and up to where in the binlog it can have seen. */
export const picture = <E>(
  { sql, mariadb }: Session,
  select: Effect.Effect<Texts, E>,
  processed: Place
): Effect.Effect<Found, E | ChangeSourceError> =>
  mariadb ? readConsistent(sql, select, processed) : readVisible(sql, select)

/** MySQL: everything sent to replicas so far is visible before the SELECT; the binlog's end after it is the high mark. */
const readVisible = Effect.fnUntraced(function* <E>(
  sql: SqlConnection,
  select: Effect.Effect<Texts, E>
): Effect.fn.Return<Found, ChangeSourceError | E> {
  const [[mode, owned] = []] = yield* sql.texts("SELECT @@GLOBAL.gtid_mode, @@GLOBAL.gtid_owned")
  if (mode !== "ON") return yield* withoutGtids(mode ?? "OFF")
  // `uuid:23#41:24#42`: the number of the owning thread stands behind "#".
  const committing = (owned ?? "").replaceAll(/#\d+/g, "").replaceAll(/\s/g, "")
  if (committing !== "") {
    const [[late] = []] = yield* sql.texts("SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?)", [
      committing,
      VISIBLE_SECONDS_MAX
    ])
    if (late !== "0") {
      return yield* new SourceConnectionLost({
        message: `transactions that the binlog holds were not visible within ${VISIBLE_SECONDS_MAX} s`
      })
    }
  }
  const found = yield* select
  return { found, high: yield* endOfBinlog(sql) }
})

const withoutGtids = (mode: string): SourceMisconfigured =>
  new SourceMisconfigured({
    message: `tables can be copied beside the stream only with GTIDs; gtid_mode is ${mode}`,
    setting: "gtid_mode",
    fix: "Switch GTIDs on (SET PERSIST gtid_mode = OFF_PERMISSIVE; then ON_PERMISSIVE, then ON, with enforce_gtid_consistency = ON), or set source.start to earliest."
  })

const isNotYet = (error: unknown): boolean =>
  error instanceof SourceConnectionLost && error.message.endsWith("not visible yet")

const notYet = Schedule.spaced("5 millis").pipe(Schedule.upTo({ times: 400 }))

/** MariaDB: a snapshot whose place in the binlog is known, taken again until it holds all that the stream has brought. */
const readConsistent = <E>(
  sql: SqlConnection,
  select: Effect.Effect<Texts, E>,
  processed: Place
): Effect.Effect<Found, ChangeSourceError | E> =>
  Effect.gen(function* () {
    yield* sql.query("START TRANSACTION WITH CONSISTENT SNAPSHOT")
    const status = yield* sql.texts("SHOW STATUS LIKE 'binlog_snapshot_%'")
    const values = new Map(status.map(([name, value]) => [name!.toLowerCase(), value!]))
    const high = {
      file: values.get("binlog_snapshot_file") ?? "",
      position: Number(values.get("binlog_snapshot_position") ?? 0)
    }
    if (isBefore(high, processed) && (yield* hasRowsBetween(sql, high, processed))) {
      return yield* new SourceConnectionLost({
        message: "transactions that the binlog holds are not visible yet"
      })
    }
    return { found: yield* select, high }
  }).pipe(
    Effect.ensuring(Effect.ignore(sql.query("ROLLBACK"))),
    Effect.retry({ schedule: notYet, while: isNotYet })
  )

const BEARS_ROWS = /^(Xid|Table_map|.*rows.*|XA_prepare)/i

/**
 * MariaDB moves the snapshot's place with commits of an engine only: behind it there may be DDL, and the head of a new
 * file, for as long as nobody writes. Those hide no rows.
 */
const hasRowsBetween = (sql: SqlConnection, from: Place, to: Place) =>
  someEvent(sql, from, to, ({ type }) => BEARS_ROWS.test(type))

const estimateRows = (sql: SqlConnection, table: WantedTable) =>
  Effect.map(
    sql.texts("SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?", [
      table.schema,
      table.table
    ]),
    ([row]) => (row?.[0] === undefined || row[0] === null ? undefined : Number(row[0]))
  )
