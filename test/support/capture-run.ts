/** Real capture over a real training database into a log in memory, and what its events add up to. */
import { Effect, Fiber, Layer, Logger, Redacted } from "effect"
import { expect } from "vitest"
import { MySqlChangeSource } from "../../connectors/mysql/MySqlChangeSource.ts"
import { MySqlSnapshotSource } from "../../connectors/mysql/MySqlSnapshotSource.ts"
import type { SourceOptions } from "../../connectors/mysql/source-options.ts"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { TableConfig } from "../../schemas/table-config.ts"
import { capture } from "../../src/capture/capture.ts"
import { SnapshotDesk } from "../../src/capture/SnapshotDesk.ts"
import { tablePlans } from "../../src/capture/SourceTranslator.ts"
import { layerMemoryChangeLog } from "./fakes/MemoryChangeLog.ts"
import type { MemoryLog } from "./fakes/MemoryLog.ts"
import { layerMemoryApplyProgress, MemoryDesks } from "./fakes/MemoryProgress.ts"

export const rowTable = (
  table: string,
  key: readonly [string, ...Array<string>],
  ...columns: ReadonlyArray<string>
): TableConfig => ({ table, as: "row", key, columns: [...key, ...columns] as [string, ...Array<string>] })

export type Row = Readonly<Record<string, string | number | null>>

/** State of a table after all events, later ones winning; fails where positions do not rise. */
export const fold = (log: MemoryLog, subject: string): ReadonlyMap<string, Row> => {
  const rows = new Map<string, Row>()
  let before = ""
  for (const { head, body } of log.messages) {
    if (head?.kind !== "segment") continue
    for (const event of JSON.parse(Buffer.from(body).toString()) as ReadonlyArray<ChangeEvent>) {
      expect(event.sequence > before).toBe(true)
      before = event.sequence
      if (event.subject !== subject || !("rowKey" in event.data)) continue
      if ("after" in event.data) rows.set(event.data.rowKey, event.data.after)
      else rows.delete(event.data.rowKey)
    }
  }
  return rows
}

/** Whether the log's last checkpoint says that every table is copied. */
export const isCopied = (log: MemoryLog): boolean => {
  const last = log.messages.findLast(({ head }) => head?.kind === "checkpoint")
  if (last === undefined) return false
  const { snapshot } = JSON.parse(Buffer.from(last.body).toString()) as {
    snapshot: { tables: ReadonlyArray<{ state: string }> }
  }
  return snapshot.tables.every(({ state }) => state === "done")
}

/** Apply has never applied anything. */
const desks = new MemoryDesks()
desks.serving.push(Effect.succeed(undefined))

export interface CaptureRun {
  readonly port: number
  readonly tables: ReadonlyArray<TableConfig>
  readonly log: MemoryLog
  readonly snapshotRows: number
  readonly start?: "snapshot" | "earliest"
  /** Events of a segment at most; few cut transactions into parts. */
  readonly segmentEvents?: number
  readonly acceptedStatements?: ReadonlyArray<string>
  /** Collects the fields of warnings. */
  readonly warnings?: Array<Readonly<Record<string, unknown>>>
  readonly acceptedBreaks?: ReadonlyArray<string>
}

/** Runs capture until the log satisfies `done`; rejects with capture's error where it stops before. */
export const captureUntil = (run: CaptureRun, done: () => boolean): Promise<void> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(captureOf(run))
    while (!done()) yield* Effect.raceFirst(run.log.nextChange, Fiber.join(fiber))
    yield* Fiber.interrupt(fiber)
  }).pipe(Effect.runPromise)

const collector = (warnings: Array<Readonly<Record<string, unknown>>>) =>
  Logger.make<unknown, void>(({ logLevel, message }) => {
    if (logLevel !== "Warn") return
    const [text, fields] = message as readonly [string, Readonly<Record<string, unknown>>]
    warnings.push({ text, ...fields })
  })

const captureOf = (run: CaptureRun) => {
  const {
    port,
    tables,
    log,
    snapshotRows,
    start = "snapshot",
    acceptedBreaks,
    acceptedStatements,
    warnings = [],
    segmentEvents = 200
  } = run
  const options: SourceOptions = {
    connector: "copy",
    host: "127.0.0.1",
    port,
    user: "root",
    password: Redacted.make(""),
    tls: { mode: "preferred" },
    tables: tablePlans(tables).map(({ wanted }) => wanted),
    acceptedStatements
  }
  return capture({
    connector: "copy",
    tables,
    start,
    acceptedBreaks,
    zone: 480,
    limits: { events: segmentEvents, bytes: 64_000 },
    checkpointMillis: 50,
    snapshotRows
  }).pipe(
    Effect.provide(
      Layer.mergeAll(
        MySqlChangeSource.layer(options),
        MySqlSnapshotSource.layer(options),
        layerMemoryChangeLog(log),
        layerMemoryApplyProgress(desks),
        Layer.succeed(SnapshotDesk, { open: Effect.succeed(Effect.never) }),
        Logger.layer([collector(warnings)])
      )
    )
  )
}
