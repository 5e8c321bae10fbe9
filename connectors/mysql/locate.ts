/**
 * Where reading goes on: on the server that was read before, or, after a failover, on another one of the same history.
 *
 * On another server files and bytes mean nothing. What proves the way on are sets of GTIDs: the new server has executed
 * all that was captured, and still logs all that was not. Reading begins at its newest file before which everything is
 * captured; what is captured is passed over one by one, because a replica may have logged transactions in another order.
 */
import { Effect, type Scope } from "effect"
import { placeOf } from "../../schemas/anchor.ts"
import { GtidSet } from "../../schemas/GtidSet.ts"
import type { ChangeSourceError, ResumePoint } from "../../src/capture/ChangeSource.ts"
import {
  FailoverBehind,
  FailoverLostTail,
  PositionPurged,
  SourceForeign
} from "../../src/capture/history-errors.ts"
import { readGtidFacts } from "./binlog/gtid-event.ts"
import { EventFramer } from "./event-framer.ts"
import { openAside, readGtidsBefore } from "./file-start.ts"
import { lackingOnMariadb, unloggedOnMariadb, unloggedPairs } from "./mariadb-history.ts"
import { namedHistoryError, proveAnchor } from "./prove-anchor.ts"
import { readBinlogFiles, readIdentity, type BinlogFile } from "./server-facts.ts"
import type { SourceOptions } from "./source-options.ts"
import { connectSql, type SqlConnection } from "./sql-connection.ts"

const FILE_START = 4
const TIMELINE_MAX = 9999

export const locate = Effect.fn("MySqlChangeSource.locate")(function* (
  options: SourceOptions,
  from: ResumePoint
): Effect.fn.Return<ResumePoint, ChangeSourceError> {
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const sql = yield* connectSql(options)
      const { mariadb, server } = yield* readIdentity(sql)
      const files = yield* readBinlogFiles(sql)
      if (server !== from.anchor.server) return yield* follow(sql, mariadb, server, files, from)
      if (from.captured !== undefined || !(yield* hasGtids(sql, mariadb))) return from
      yield* proveAnchor(from, { files, server }).pipe(Effect.catch(namedHistoryError(options, from)))
      const gtids = yield* readCaptured(options, sql, from)
      if (mariadb) gtids?.addAll(yield* unloggedPairs(sql))
      return gtids === undefined ? from : { ...from, captured: { gtids: gtids.toString() } }
    })
  )
})

const hasGtids = (sql: SqlConnection, mariadb: boolean): Effect.Effect<boolean, ChangeSourceError> =>
  mariadb
    ? Effect.succeed(true)
    : Effect.map(sql.texts("SELECT @@GLOBAL.gtid_mode"), ([row]) => row?.[0] === "ON")

/** Everything before a place: what its file names at the start, and what the file holds up to there. Reads the file. */
const readCaptured = Effect.fnUntraced(function* (
  options: SourceOptions,
  sql: SqlConnection,
  { anchor }: ResumePoint
): Effect.fn.Return<GtidSet | undefined, ChangeSourceError, Scope.Scope> {
  const gtids = yield* readGtidsBefore(sql, anchor.file)
  if (gtids === undefined || anchor.position === FILE_START) return gtids
  const client = yield* openAside(options, sql.encrypted, anchor.file, "history")
  const framer = new EventFramer(anchor.file, FILE_START)
  while (framer.file === anchor.file && framer.position < anchor.position) {
    yield* client.arrival
    const packet = client.poll()
    const framed = packet === undefined ? undefined : framer.frame(packet)
    if (framed === undefined || framed.start >= anchor.position) continue
    const gtid = readGtidFacts(framed.event)?.gtid
    if (gtid !== undefined && gtid !== null) gtids.add(gtid)
  }
  return gtids
})

const follow = Effect.fnUntraced(function* (
  sql: SqlConnection,
  mariadb: boolean,
  server: string,
  files: ReadonlyArray<BinlogFile>,
  from: ResumePoint
): Effect.fn.Return<ResumePoint, ChangeSourceError> {
  const { anchor } = from
  const place = placeOf(anchor)
  const captured = yield* provable(sql, mariadb, server, from)
  const required = captured.copy()
  for (const { gtid } of from.captured?.partial ?? []) required.add(gtid)
  const missing = mariadb
    ? yield* lackingOnMariadb(sql, required)
    : required.minus(yield* readSet(sql, "gtid_executed"))
  if (!missing.isEmpty) return yield* lacking(sql, place, server, missing)
  const unlogged = mariadb
    ? yield* unloggedOnMariadb(sql, captured)
    : (yield* readSet(sql, "gtid_purged")).minus(captured)
  const file = unlogged.isEmpty ? yield* newestBefore(sql, files, captured) : undefined
  if (file === undefined) {
    const what = unlogged.isEmpty ? "transactions" : unlogged.toShortString()
    return yield* new PositionPurged({
      message: `${server} does not have ${what} in its binlog any more, which was not captured from ${anchor.server}`,
      place
    })
  }
  const end = files.at(-1)!
  return {
    ...from,
    anchor: { file, position: FILE_START, gtid: null, server, timeline: anchor.timeline + 1 },
    end: { file: end.name, position: end.size }
  }
})

/** The set to go on from, where both servers can prove by it that they share a history. */
const provable = Effect.fnUntraced(function* (
  sql: SqlConnection,
  mariadb: boolean,
  server: string,
  { anchor, captured }: ResumePoint
): Effect.fn.Return<GtidSet, ChangeSourceError> {
  const foreign = (why: string) =>
    new SourceForeign({
      message: `this is ${server}, not ${anchor.server}, and ${why}`,
      place: placeOf(anchor),
      expected: anchor.server,
      found: server
    })
  if (anchor.server.startsWith("mariadb:") !== mariadb) return yield* foreign("a server of another kind")
  if (!(yield* hasGtids(sql, mariadb))) return yield* foreign("its gtid_mode is not ON")
  if (captured === undefined) return yield* foreign("which transactions were captured is not known by GTID")
  if (captured.isBehind === true) return yield* foreign("the stored place lies inside of a batch")
  if (anchor.timeline >= TIMELINE_MAX) return yield* foreign("there were too many failovers")
  return GtidSet.parse(captured.gtids) ?? (yield* foreign("the record of captured transactions is damaged"))
})

const readSet = (
  sql: SqlConnection,
  variable: "gtid_executed" | "gtid_purged"
): Effect.Effect<GtidSet, ChangeSourceError> =>
  Effect.map(
    sql.texts(`SELECT @@GLOBAL.${variable}`),
    ([row]) => GtidSet.parse(row?.[0] ?? "") ?? new GtidSet()
  )

/** A replica that still applies may receive the rest yet. */
const lacking = Effect.fnUntraced(function* (
  sql: SqlConnection,
  place: string,
  server: string,
  missing: GtidSet
): Effect.fn.Return<never, ChangeSourceError> {
  const fields = {
    message: `${server} lacks transactions that were captured: ${missing.toShortString()}`,
    place,
    server,
    missing: missing.toShortString()
  }
  return yield* (yield* isReplicating(sql)) ? new FailoverBehind(fields) : new FailoverLostTail(fields)
})

/** MariaDB's variable needs no privilege; SHOW REPLICA STATUS needs REPLICATION CLIENT, and stands under its old name before 8.4. */
const isReplicating = Effect.fnUntraced(function* (sql: SqlConnection) {
  const [[, running] = []] = yield* sql.texts("SHOW GLOBAL STATUS LIKE 'Slaves_running'")
  if (running !== undefined) return Number(running) > 0
  const rows = yield* sql.query("SHOW REPLICA STATUS").pipe(
    Effect.catch(() => sql.query("SHOW SLAVE STATUS")),
    Effect.orElseSucceed(() => [])
  )
  return rows.some((row) => (row["Replica_SQL_Running"] ?? row["Slave_SQL_Running"]) === "Yes")
})

/** The newest file before which nothing stands that was not captured. */
const newestBefore = Effect.fnUntraced(function* (
  sql: SqlConnection,
  files: ReadonlyArray<BinlogFile>,
  captured: GtidSet
) {
  for (const { name } of files.toReversed()) {
    const before = yield* readGtidsBefore(sql, name)
    if (before !== undefined && before.isWithin(captured)) return name
  }
  return undefined
})
