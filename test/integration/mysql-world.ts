/**
 * One real server and the MySQL source in front of it. Every test reads from the end of the binlog as it stands when
 * the test begins, so that tests share a server without seeing each other's changes.
 */
import { Effect, Redacted, type Scope } from "effect"
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise"
import { afterAll, beforeAll } from "vitest"
import { MySqlChangeSource } from "../../connectors/mysql/MySqlChangeSource.ts"
import { MySqlSnapshotSource } from "../../connectors/mysql/MySqlSnapshotSource.ts"
import type { SourceOptions } from "../../connectors/mysql/source-options.ts"
import type { RunningServer, ServerKind } from "../../deploy/servers/RunningServer.ts"
import { startServer } from "../../deploy/servers/server.ts"
import type { Anchor } from "../../schemas/anchor.ts"
import {
  ChangeSource,
  type ChangeSourceError,
  type RowImage,
  type RowsEvent,
  type SourceEvent,
  type SourceReader,
  type WantedTable
} from "../../src/capture/ChangeSource.ts"
import { SnapshotSource, type SnapshotKey } from "../../src/capture/SnapshotSource.ts"

export const CASE_MILLIS = 90_000
const START_MILLIS = 300_000

export type Row = RowDataPacket

export const rowsOf = (events: ReadonlyArray<SourceEvent>): ReadonlyArray<RowsEvent> =>
  events.filter((event) => event._tag === "Rows")

/** At least `count` rows events and as many commits. */
export const commits = (count: number) => (events: ReadonlyArray<SourceEvent>) =>
  events.filter((event) => event._tag === "Commit").length >= count && rowsOf(events).length >= count

/** Everything until `enough` of it is there. */
const readUntil = (reader: SourceReader, enough: (events: ReadonlyArray<SourceEvent>) => boolean) =>
  Effect.gen(function* () {
    const events: Array<SourceEvent> = []
    while (!enough(events)) events.push(...(yield* reader.next).events)
    return events
  })

/** Registers the server's start and end with the describe block it is called in. */
export const sourceWorld = (kind: ServerKind, settings: ReadonlyArray<string> = []) => {
  let server: RunningServer
  let connection: Connection
  const connect = async () => {
    connection = await createConnection({ uri: server.url, charset: "utf8mb4", multipleStatements: true })
    await connection.query("SET SESSION time_zone = '+00:00'")
  }
  beforeAll(async () => {
    server = await startServer(kind, { progress: () => {}, settings })
    await connect()
    await connection.query("CREATE DATABASE lms")
  }, START_MILLIS)
  afterAll(async () => {
    connection?.destroy()
    await server?.stop()
  })

  const sql = {
    query: async (text: string): Promise<ReadonlyArray<Row>> => (await connection.query<Array<Row>>(text))[0]
  }

  const optionsFor = (tables: SourceOptions["tables"], more: Partial<SourceOptions> = {}): SourceOptions => ({
    connector: `test ${kind}`,
    host: server.host,
    port: server.port,
    user: "root",
    password: Redacted.make(""),
    tls: { mode: "preferred" },
    tables,
    ...more
  })

  const run = <A>(
    options: SourceOptions,
    work: (source: ChangeSource["Service"]) => Effect.Effect<A, ChangeSourceError, Scope.Scope>
  ): Promise<A> =>
    Effect.runPromise(
      Effect.scoped(Effect.flatMap(ChangeSource, work)).pipe(Effect.provide(MySqlChangeSource.layer(options)))
    )

  /** The present end of the binlog, as a place to start from. */
  const here = async (): Promise<Anchor> => {
    const bounds = await run(optionsFor([]), (source) => source.bounds)
    return { ...bounds.last, gtid: null, server: bounds.server, timeline: 1 }
  }

  const read = (
    options: SourceOptions,
    anchor: Anchor,
    enough: (events: ReadonlyArray<SourceEvent>) => boolean
  ): Promise<ReadonlyArray<SourceEvent>> =>
    run(options, (source) => Effect.flatMap(source.open({ anchor }), (reader) => readUntil(reader, enough)))

  /** Reads until the reader fails; returns what came before and the failure. */
  const readToFailure = (options: SourceOptions, anchor: Anchor, committedAt: string | null = null) =>
    run(options, (source) =>
      Effect.gen(function* () {
        const events: Array<SourceEvent> = []
        const failure = yield* Effect.flip(
          Effect.gen(function* () {
            const reader = yield* source.open({ anchor, committedAt })
            for (;;) events.push(...(yield* reader.next).events)
          })
        )
        return { events, failure }
      })
    )

  /** The table's rows as a copy takes them, `rowsMax` at a time. */
  const copied = async (
    name: string,
    columns: ReadonlyArray<string>,
    rowsMax = 10_000,
    columnTypes: WantedTable["columnTypes"] = {}
  ): Promise<ReadonlyArray<RowImage>> => {
    const wanted = { schema: "lms", table: name, columns, columnTypes }
    const processed = await here()
    const chunks = Effect.gen(function* () {
      const source = yield* SnapshotSource
      const rows: Array<RowImage> = []
      let after: SnapshotKey | undefined
      for (;;) {
        const request = { table: wanted, key: ["id"], after, where: undefined, rowsMax, processed }
        const chunk = yield* source.readChunk(request)
        rows.push(...chunk.rows)
        after = chunk.last
        if (chunk.isEnd) return rows
      }
    })
    return Effect.runPromise(
      Effect.scoped(Effect.provide(chunks, MySqlSnapshotSource.layer(optionsFor([wanted]))))
    )
  }

  /** What a second reading of a table ends in if `meanwhile` happens before it. */
  const chunkRefused = (wanted: WantedTable, more: Partial<SourceOptions>, meanwhile: () => void) => {
    const second = Effect.gen(function* () {
      const source = yield* SnapshotSource
      const processed = yield* Effect.promise(here)
      const request = {
        table: wanted,
        key: ["id"],
        after: undefined,
        where: undefined,
        rowsMax: 10,
        processed
      }
      yield* source.readChunk(request)
      meanwhile()
      return yield* Effect.flip(source.readChunk(request))
    })
    const layer = MySqlSnapshotSource.layer(optionsFor([wanted], more))
    return Effect.runPromise(Effect.scoped(Effect.provide(second, layer)))
  }

  const table = async (name: string, columns: string): Promise<void> => {
    await sql.query(`DROP TABLE IF EXISTS lms.\`${name}\``)
    await sql.query(`CREATE TABLE lms.\`${name}\` (${columns})`)
  }

  return {
    mariadb: kind === "mariadb",
    server: () => server,
    reconnect: async () => {
      connection.destroy()
      await connect()
    },
    sql,
    optionsFor,
    run,
    here,
    read,
    readToFailure,
    copied,
    chunkRefused,
    table
  }
}
