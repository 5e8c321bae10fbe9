/** {@link ChangeSource} and {@link SnapshotSource} over a {@link MemoryTrainingServer}, honest to both ports' contracts. */
import { Effect, type Scope } from "effect"
import type { Anchor } from "../../../schemas/anchor.ts"
import {
  ChangeSource,
  SourceConnectionLost,
  type ChangeSourceError,
  type RowImage,
  type SourceChunk,
  type SourceEvent,
  type SourceReader,
  type WantedTable
} from "../../../src/capture/ChangeSource.ts"
import { BinlogMismatch, PositionPurged } from "../../../src/capture/history-errors.ts"
import { SnapshotSource, type ChunkRequest, type SnapshotChunk } from "../../../src/capture/SnapshotSource.ts"
import {
  FILE_START,
  fileName,
  fileNumber,
  HEADER_END,
  type BinlogTransaction,
  type MemoryRow,
  type MemoryTrainingServer
} from "./MemoryTrainingServer.ts"

const lost = (message: string): SourceConnectionLost => new SourceConnectionLost({ message })

/** How a chunk is cut: how many events of `waiting` to hand out, and how many bytes to claim for them. */
export interface MemorySourceOptions {
  readonly tables: ReadonlyArray<WantedTable>
  readonly cut: (waiting: number) => { readonly events: number; readonly bytes: number }
  /** Stands where a copy can be overtaken: between SELECT and the reading of the high mark. */
  readonly pause: Effect.Effect<void>
}

export const makeMemoryChangeSource = (
  server: MemoryTrainingServer,
  options: MemorySourceOptions
): ChangeSource["Service"] =>
  ChangeSource.of({
    bounds: Effect.suspend(() => {
      if (server.isDown) return Effect.fail(lost("the memory server is down"))
      const first = { file: fileName(server.files[0]!.number), position: FILE_START }
      return Effect.succeed({ server: server.identity, first, last: server.end })
    }),
    // Another server never stands in for this one.
    locate: Effect.succeed,
    open: ({ anchor }) =>
      Effect.flatMap(openAt(server, anchor), () =>
        Effect.sync(() => new MemoryReader(server, anchor, options))
      )
  })

const openAt = (
  server: MemoryTrainingServer,
  anchor: Anchor
): Effect.Effect<void, ChangeSourceError, Scope.Scope> =>
  Effect.suspend((): Effect.Effect<void, ChangeSourceError> => {
    if (server.isDown) return Effect.fail(lost("the memory server is down"))
    const { file: name, position } = anchor
    const mismatch = (expected: string, found: string) =>
      Effect.fail(new BinlogMismatch({ message: "another binlog", place: name, expected, found }))
    if (anchor.server !== server.identity) return mismatch(anchor.server, server.identity)
    const file = server.files.find(({ number }) => number === fileNumber(name))
    if (file === undefined) {
      return fileNumber(name) < server.files[0]!.number
        ? Effect.fail(new PositionPurged({ message: "purged", place: name }))
        : mismatch(name, server.end.file)
    }
    const isKnown =
      position === FILE_START ||
      position === HEADER_END ||
      position === file.size ||
      file.transactions.some((one) => one.position === position || one.end === position)
    if (!isKnown) return mismatch(`an event at ${position}`, "none")
    if (anchor.gtid === null) return Effect.void
    const found = file.transactions.find((one) => one.position === position)?.gtid ?? "none"
    return found === anchor.gtid ? Effect.void : mismatch(anchor.gtid, found)
  })

class MemoryReader implements SourceReader {
  readonly #server: MemoryTrainingServer
  readonly #options: MemorySourceOptions
  readonly #era: number
  readonly #waiting: Array<SourceEvent> = []
  #file: number
  #position: number

  constructor(server: MemoryTrainingServer, anchor: Anchor, options: MemorySourceOptions) {
    this.#server = server
    this.#options = options
    this.#era = server.era
    this.#file = fileNumber(anchor.file)
    this.#position = anchor.position
  }

  readonly next: Effect.Effect<SourceChunk, ChangeSourceError> = Effect.suspend(() => {
    if (this.#server.era !== this.#era) return Effect.fail(lost("the connection broke"))
    this.#fill()
    if (this.#waiting.length === 0) return Effect.flatMap(this.#server.nextChange, () => this.next)
    const { events, bytes } = this.#options.cut(this.#waiting.length)
    return Effect.succeed({ events: this.#waiting.splice(0, events), bytes })
  })

  #fill(): void {
    for (const file of this.#server.files) {
      if (file.number < this.#file) continue
      const name = fileName(file.number)
      if (file.number > this.#file || this.#position < HEADER_END) {
        this.#file = file.number
        this.#position = HEADER_END
        this.#waiting.push({ _tag: "Rotated", file: name, position: HEADER_END })
      }
      for (const transaction of file.transactions) {
        if (transaction.position < this.#position) continue
        this.#position = transaction.end
        this.#waiting.push(...this.#eventsOf(name, transaction))
      }
    }
  }

  #eventsOf(file: string, transaction: BinlogTransaction): ReadonlyArray<SourceEvent> {
    const { position, end, gtid, committedAtMicros } = transaction
    const events: Array<SourceEvent> = [{ _tag: "Begin", file, position, gtid, committedAtMicros }]
    transaction.events.forEach(({ table, change, rows }, index) => {
      const wanted = this.#options.tables.findIndex((one) => `${one.schema}.${one.table}` === table)
      if (wanted < 0) return
      const { columns } = this.#options.tables[wanted]!
      events.push({
        _tag: "Rows",
        table: wanted,
        change,
        index: index + 1,
        before: change === "insert" ? undefined : rows.map(({ before }) => imageOf(columns, before!)),
        after: change === "delete" ? undefined : rows.map(({ after }) => imageOf(columns, after!))
      })
    })
    return [...events, { _tag: "Commit", file, position: end }]
  }
}

const imageOf = (columns: ReadonlyArray<string>, row: MemoryRow): RowImage =>
  columns.map((column) => row[column] ?? null)

export const makeMemorySnapshotSource = (
  server: MemoryTrainingServer,
  options: MemorySourceOptions
): SnapshotSource["Service"] =>
  SnapshotSource.of({
    readChunk: (request) =>
      visibleTo(server, request).pipe(
        Effect.map(() => select(server, request)),
        Effect.tap(options.pause),
        Effect.flatMap((chunk) =>
          server.isDown
            ? Effect.fail(lost("the memory server is down"))
            : Effect.sync((): SnapshotChunk => ({ ...chunk, high: server.end }))
        )
      ),
    check: ({ where }) => Effect.succeed(where),
    server: Effect.sync(() => server.identity),
    estimateRows: ({ schema, table }) => Effect.sync(() => server.visible.get(`${schema}.${table}`)?.size)
  })

const visibleTo = (
  server: MemoryTrainingServer,
  request: ChunkRequest
): Effect.Effect<void, ChangeSourceError> =>
  Effect.suspend((): Effect.Effect<void, ChangeSourceError> => {
    if (server.isDown) return Effect.fail(lost("the memory server is down"))
    if (!server.waitsForVisibility || server.shows(request.processed)) return Effect.void
    return Effect.flatMap(server.nextChange, () => visibleTo(server, request))
  })

const select = (server: MemoryTrainingServer, request: ChunkRequest): Omit<SnapshotChunk, "high"> => {
  const { table, key, after, rowsMax } = request
  const keyOf = (row: MemoryRow) => key.map((column) => String(row[column]))
  const rows = [...server.visible.get(`${table.schema}.${table.table}`)!.values()]
    .map((row) => ({ row, key: keyOf(row) }))
    .filter((one) => after === undefined || compareKeys(one.key, after) > 0)
    .sort((a, b) => compareKeys(a.key, b.key))
    .slice(0, rowsMax)
  return {
    rows: rows.map(({ row }) => imageOf(table.columns, row)),
    last: rows.at(-1)?.key,
    isEnd: rows.length < rowsMax
  }
}

const compareKeys = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number => {
  for (let part = 0; part < a.length; part++) {
    if (a[part]! !== b[part]!) return a[part]! < b[part]! ? -1 : 1
  }
  return 0
}
