/**
 * The training database's binlog behind the ChangeSource port, for MySQL 5.7+ and MariaDB 10.5+.
 *
 * Every reader is a new connection that starts by file and position, also after a failover (locate.ts finds the place by
 * GTID: a dump by GTID leaves transactions out, and positions could not be counted any more). What stands there must be
 * the transaction the anchor names, on the server the anchor names. Decoding runs synchronously inside of `next`, at most one chunk at a
 * time, so that an event that waits alone leaves at once and a backlog leaves in small pieces.
 */
import { Effect, Layer, type Scope } from "effect"
import { placeOf, type Anchor } from "../../schemas/anchor.ts"
import {
  ChangeSource,
  type ChangeSourceError,
  type ResumePoint,
  type SourceChunk,
  type SourceReader
} from "../../src/capture/ChangeSource.ts"
import { BinlogMismatch } from "../../src/capture/history-errors.ts"
import { openBinlog, type BinlogClient } from "./binlog-client.ts"
import { DisguisedColumns } from "./DisguisedColumns.ts"
import { locate } from "./locate.ts"
import { namedHistoryError, proveAnchor } from "./prove-anchor.ts"
import { readBounds, readServerFacts } from "./server-facts.ts"
import { BYTES_MAX_DEFAULT, CHUNK_BYTES_MAX, type SourceOptions } from "./source-options.ts"
import { connectSql } from "./sql-connection.ts"
import { TransactionReader } from "./TransactionReader.ts"

const LARGEST_TRANSACTION_FACTOR = 16
const FILE_START = 4
const DUMP_POSITION_MAX = 2 ** 32 - 1

export const MySqlChangeSource = {
  layer: (options: SourceOptions): Layer.Layer<ChangeSource> =>
    Layer.succeed(
      ChangeSource,
      ChangeSource.of({
        bounds: Effect.scoped(Effect.flatMap(connectSql(options), readBounds)),
        locate: (from) => locate(options, from),
        open: (from) => open(options, from)
      })
    )
}

const open = Effect.fn("MySqlChangeSource.open")(function* (
  options: SourceOptions,
  from: ResumePoint
): Effect.fn.Return<SourceReader, ChangeSourceError, Scope.Scope> {
  const { anchor } = from
  const named = namedHistoryError(options, from)
  const disguises = new DisguisedColumns(options.tables)
  const { facts, encrypted } = yield* Effect.scoped(
    Effect.gen(function* () {
      const sql = yield* connectSql(options)
      const found = yield* readServerFacts(sql, options.tables)
      yield* proveAnchor(from, found).pipe(Effect.catch(named))
      if (found.mariadb) yield* disguises.ask(sql, anchor)
      return { facts: found, encrypted: sql.encrypted }
    })
  )
  // The dump command's position has 32 bits: beyond, read the file from its start and step over.
  const sentFrom = anchor.position > DUMP_POSITION_MAX ? FILE_START : anchor.position
  const client = yield* openBinlog(options, encrypted, {
    file: anchor.file,
    position: sentFrom,
    server: anchor.server
  })
  const largestBytes = (options.bytesMax ?? BYTES_MAX_DEFAULT) * LARGEST_TRANSACTION_FACTOR
  const reader = new TransactionReader({
    tables: options.tables,
    charsetOf: facts.charsetOf,
    rowEndOf: facts.rowEndOf,
    mariadb: facts.mariadb,
    disguises,
    file: anchor.file,
    position: anchor.position,
    sentFrom,
    largestBytes,
    nonTransactional: facts.nonTransactional,
    acceptedStatements: new Set(options.acceptedStatements ?? []),
    known: from.knownUpTo === undefined ? undefined : { timeline: anchor.timeline, upTo: from.knownUpTo },
    captured: from.captured?.gtids,
    isFailover: from.end !== undefined,
    isFirstStart: from.isFirst === true
  })
  const askAgain = Effect.suspend(() =>
    disguises.staleFrom === undefined
      ? Effect.void
      : Effect.scoped(Effect.flatMap(connectSql(options), (sql) => disguises.ask(sql, disguises.staleFrom!)))
  )
  const advance = (bytesMax: number) => Effect.tap(decode(client, reader, bytesMax), () => askAgain)
  if (anchor.gtid !== null) {
    yield* proveFirst(anchor, anchor.gtid, client, reader, advance(1)).pipe(Effect.catch(named))
  }
  return { next: nextChunk(client, reader, advance(CHUNK_BYTES_MAX)).pipe(Effect.catch(named)) }
})

/** Reads up to the first transaction; what it decoded on the way stays in the reader. */
const proveFirst = Effect.fnUntraced(function* (
  anchor: Anchor,
  expected: string,
  client: BinlogClient,
  reader: TransactionReader,
  advance: Effect.Effect<number, ChangeSourceError>
) {
  // A heartbeat before the first event: the server takes what stands there for an event that is not complete yet.
  while (reader.firstGtid === undefined && !reader.idle) {
    yield* client.arrival
    yield* advance
  }
  if (reader.firstGtid === expected) return
  const found = reader.idle ? "no event" : (reader.firstGtid ?? "a transaction without GTID")
  return yield* new BinlogMismatch({
    message: `at ${anchor.file}:${anchor.position} stands ${found}, not ${expected}`,
    place: placeOf(anchor),
    expected,
    found
  })
})

const nextChunk = (
  client: BinlogClient,
  reader: TransactionReader,
  advance: Effect.Effect<number, ChangeSourceError>
): Effect.Effect<SourceChunk, ChangeSourceError> => {
  let failure: ChangeSourceError | undefined
  return Effect.gen(function* () {
    let bytes = 0
    for (;;) {
      if (failure !== undefined) return yield* Effect.fail(failure)
      // Before waiting: opening may have left events behind.
      let events = reader.drain()
      if (events.length > 0) return { events, bytes }
      yield* client.arrival
      const result = yield* Effect.result(advance)
      const read = result._tag === "Success" ? result.success : 0
      if (result._tag === "Failure") failure = result.failure
      bytes += read
      for (const { message, fields } of reader.takeNotices()) yield* Effect.logWarning(message, fields)
      // What was decoded before the failure is sound and still leaves.
      events = reader.drain()
      if (events.length > 0) return { events, bytes }
      if (read > 0 && reader.idle) return { events, bytes, isAll: true }
    }
  })
}

/** Decodes waiting packets until `bytesMax` or nothing waits, or the server must be asked; returns their bytes. */
const decode = (
  client: BinlogClient,
  reader: TransactionReader,
  bytesMax: number
): Effect.Effect<number, ChangeSourceError> =>
  Effect.suspend(() => {
    let bytes = 0
    try {
      while (bytes < bytesMax && !reader.isStale) {
        const packet = client.poll()
        if (packet === undefined) break
        bytes += packet.length
        reader.push(packet)
      }
    } catch (error) {
      // TransactionReader throws the port's errors only.
      return Effect.fail(error as ChangeSourceError)
    }
    return Effect.succeed(bytes)
  })
