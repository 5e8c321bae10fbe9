/** An operator's commands to a running copy, over a real NATS server and beside a real training database. */
import { Effect, Fiber, Layer, Logger, Redacted } from "effect"
import { createConnection, type Connection } from "mysql2/promise"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { askSnapshot, type CaptureSilent } from "../../connectors/jetstream/NatsSnapshotAsk.ts"
import { NatsConnection } from "../../connectors/jetstream/NatsConnection.ts"
import { layerSnapshotDesk } from "../../connectors/jetstream/NatsSnapshotDesk.ts"
import { jetStreamOptions } from "../../connectors/jetstream/options.ts"
import { MySqlChangeSource } from "../../connectors/mysql/MySqlChangeSource.ts"
import { MySqlSnapshotSource } from "../../connectors/mysql/MySqlSnapshotSource.ts"
import type { SourceOptions } from "../../connectors/mysql/source-options.ts"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { SnapshotCommand, SnapshotStatus } from "../../schemas/snapshot-command.ts"
import { capture } from "../../src/capture/capture.ts"
import type { SnapshotRefusal } from "../../src/capture/SnapshotDesk.ts"
import { tablePlans } from "../../src/capture/SourceTranslator.ts"
import { fold, isCopied, rowTable } from "../support/capture-run.ts"
import { layerMemoryChangeLog } from "../support/fakes/MemoryChangeLog.ts"
import { MemoryLog } from "../support/fakes/MemoryLog.ts"
import { layerMemoryApplyProgress, MemoryDesks } from "../support/fakes/MemoryProgress.ts"

const ROWS = 600
const TABLES = [rowTable("c.t", ["id"], "v"), rowTable("c.u", ["id"], "v")]
const KEYED = rowTable("c.k", ["n", "d", "m", "b"], "v")

/** Apply has never applied anything. */
const desks = new MemoryDesks()
desks.serving.push(Effect.succeed(undefined))

describe.each(["mysql", "mariadb"] as const)("commands to the copy of a table on %s", (kind) => {
  let nats: RunningServer
  let server: RunningServer
  let sql: Connection
  let connectors = 0
  beforeAll(async () => {
    const started = await Promise.all([startServer("nats"), startServer(kind)])
    nats = started[0]
    server = started[1]
    sql = await createConnection({ uri: server.url, multipleStatements: true })
    await sql.query(
      "CREATE DATABASE c; CREATE TABLE c.t (id INT PRIMARY KEY, v INT); CREATE TABLE c.u LIKE c.t"
    )
    await sql.query(
      "CREATE TABLE c.k (n VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, d DECIMAL(5,2), m DATETIME(1), b VARBINARY(4), v INT, PRIMARY KEY (n, d, m, b))"
    )
    const [moment, bytes] = ["2026-11-22 08:00:00.5", Buffer.from("00ff", "hex")]
    await sql.query("INSERT INTO c.k VALUES ?", [
      [
        ["甲,乙", "1.5", moment, bytes, 1],
        ["x' OR 1=1 --", "2", moment, bytes, 2],
        ["x", "2", moment, bytes, 3]
      ]
    ])
    for (const table of ["c.t", "c.u"]) {
      await sql.query(`INSERT INTO ${table} VALUES ?`, [Array.from({ length: ROWS }, (_, n) => [n, n % 10])])
    }
  })
  afterAll(async () => {
    await sql?.end()
    await Promise.all([nats?.stop(), server?.stop()])
  })

  /** A connector nobody used before, with a log of its own. */
  const world = (rowsPerSecond?: number, tables = TABLES) => {
    const log = new MemoryLog()
    const connector = `copy-${kind}-${++connectors}`
    const options = jetStreamOptions({ connector, changeLog: { servers: [nats.url] } })
    const source: SourceOptions = {
      connector,
      host: "127.0.0.1",
      port: server.port,
      user: "root",
      password: Redacted.make(""),
      tls: { mode: "preferred" },
      tables: tablePlans(tables).map(({ wanted }) => wanted)
    }
    const run = capture({
      connector,
      tables,
      start: "snapshot",
      zone: 0,
      limits: { events: 200, bytes: 64_000 },
      checkpointMillis: 50,
      snapshotRows: 100,
      snapshotRowsPerSecond: rowsPerSecond
    }).pipe(
      Effect.provide(
        Layer.mergeAll(
          MySqlChangeSource.layer(source),
          MySqlSnapshotSource.layer(source),
          layerMemoryChangeLog(log),
          layerMemoryApplyProgress(desks),
          layerSnapshotDesk(options).pipe(Layer.provide(NatsConnection.layer(options))),
          Logger.layer([])
        )
      )
    )
    /** What an operator at another process would do. */
    const tell = (command: SnapshotCommand) =>
      askSnapshot(options, command).pipe(Effect.provide(NatsConnection.layer(options)))
    /** The desk opens a moment after the first checkpoint. */
    const ready = Effect.eventually(tell({ command: "status" }))
    const until = (done: () => boolean) =>
      Effect.gen(function* () {
        while (!done()) yield* log.nextChange
      })
    return { log, run, tell, ready, until }
  }

  /** One life of capture, killed when `work` is done. */
  const living = <A, E>(run: Effect.Effect<never, unknown>, work: Effect.Effect<A, E>): Promise<A> =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(run)
      const done = yield* Effect.raceFirst(work, Effect.flatMap(Fiber.join(fiber), Effect.die))
      yield* Fiber.interrupt(fiber)
      return done
    }).pipe(Effect.runPromise)

  const stateOf = (status: SnapshotStatus, table: string) =>
    status.tables.find((entry) => entry.table === table)

  const refusal = (
    told: Effect.Effect<SnapshotStatus, SnapshotRefusal | CaptureSilent>
  ): Effect.Effect<SnapshotRefusal | CaptureSilent, SnapshotStatus> => Effect.flip(told)

  it("outlive a kill right behind their answer, and the copy ends complete (G1, G2)", async () => {
    // 100 rows a second: twelve seconds if nobody stopped it.
    const { log, run, tell, ready, until } = world(100)
    const paused = await living(
      run,
      Effect.andThen(
        ready,
        Effect.andThen(
          until(() => fold(log, "c.t").size > 0),
          tell({ command: "pause" })
        )
      )
    )
    expect(paused.paused).toBe(true)
    expect(paused.tables.map(({ state }) => state)).toEqual(["paused", "paused"])
    const copied = fold(log, "c.t").size
    expect(copied).toBeLessThan(ROWS)

    const after = await living(
      run,
      Effect.gen(function* () {
        const again = yield* ready
        // The stream goes on while the copy rests: its change is there, and no copied row beside it.
        yield* Effect.promise(() => sql.query("UPDATE c.t SET v = v + 100 WHERE id = 599"))
        yield* until(() => fold(log, "c.t").has("c.t:599"))
        expect(fold(log, "c.t").size).toBeLessThanOrEqual(copied + 101)
        const canceled = yield* tell({ command: "cancel", table: "c.u" })
        const resumed = yield* tell({ command: "resume" })
        return { again, canceled, resumed }
      })
    )
    expect(after.again.paused).toBe(true)
    expect(stateOf(after.canceled, "c.u")).toMatchObject({ state: "canceled" })
    expect(after.resumed).toMatchObject({ paused: false })

    const end = await living(
      run,
      Effect.gen(function* () {
        yield* until(() => fold(log, "c.t").size === ROWS)
        return yield* ready
      })
    )
    expect(stateOf(end, "c.u")).toMatchObject({ state: "canceled", rows: 0 })
    expect(fold(log, "c.u").size).toBe(0)
    await sql.query("UPDATE c.t SET v = v - 100 WHERE id = 599")
  })

  it("copy again the rows of a condition, and only those (G1)", async () => {
    const { log, run, tell, ready, until } = world()
    const status = await living(
      run,
      Effect.gen(function* () {
        yield* until(() => isCopied(log))
        yield* ready
        const from = log.lastSequence
        yield* tell({ command: "start", table: "c.t", where: "v = 7 -- every tenth" })
        const copiedAgain = () =>
          log.messages
            .filter(({ sequence, head }) => sequence > from && head?.kind === "segment")
            .reduce((sum, { head }) => sum + head!.count, 0)
        yield* until(() => isCopied(log))
        expect(copiedAgain()).toBe(ROWS / 10)
        return yield* tell({ command: "status" })
      })
    )
    expect(stateOf(status, "c.t")).toMatchObject({
      state: "done",
      filtered: true,
      rows: ROWS / 10,
      percent: 100
    })
    expect(stateOf(status, "c.u")).toMatchObject({ state: "done", filtered: false, rows: ROWS })
    expect([...fold(log, "c.t").keys()].length).toBe(ROWS)
  })

  it("copy again single rows by their keys, of any type, and no others (G1)", async () => {
    const { log, run, tell, ready, until } = world(undefined, [...TABLES, KEYED])
    const again = await living(
      run,
      Effect.gen(function* () {
        yield* until(() => isCopied(log))
        yield* ready
        const from = log.lastSequence
        const copied = () =>
          log.messages
            .filter(({ sequence, head }) => sequence > from && head?.kind === "segment")
            .flatMap(({ body }) => JSON.parse(Buffer.from(body).toString()) as ReadonlyArray<ChangeEvent>)
            .map(({ data }) => ("rowKey" in data ? data.rowKey : ""))
        const start = (table: string, keys: ReadonlyArray<string>, where: string | null = null) =>
          tell({ command: "start", table, where, keys })
        yield* start("c.t", ["7", "599", "100000"])
        yield* until(() => isCopied(log))
        yield* start("c.k", [
          String.raw`甲\,乙,1.50,2026-11-22T08:00:00.5,AP8=`,
          "x' OR 1=1 --,2.00,2026-11-22T08:00:00.5,AP8="
        ])
        yield* until(() => isCopied(log))
        yield* start("c.u", ["1", "2", "17"], "v = 7 -- only this one")
        yield* until(() => isCopied(log))
        expect(yield* refusal(start("c.k", ["only one part"]))).toMatchObject({
          _tag: "SnapshotKeyRefused",
          columns: ["n", "d", "m", "b"]
        })
        expect(yield* refusal(start("c.t", ["7 OR 1=1"]))).toMatchObject({
          _tag: "SnapshotUnchecked",
          message: expect.stringMatching(/^c\.t\.id cannot be what --key says: its type is int/)
        })
        return copied()
      })
    )
    expect(again).toEqual([
      "c.t:7",
      "c.t:599",
      String.raw`c.k:x' OR 1=1 --,2.00,2026-11-22T08:00:00.5,AP8=`,
      String.raw`c.k:甲\,乙,1.50,2026-11-22T08:00:00.5,AP8=`,
      "c.u:17"
    ])
  })

  it("are refused where no index proves that no row would be left out (G1, G3)", async () => {
    const { log, run, tell, ready, until } = world()
    await living(
      run,
      Effect.gen(function* () {
        yield* until(() => isCopied(log))
        yield* ready
        const alter = (how: string) => Effect.promise(() => sql.query(`ALTER TABLE c.u ${how}`))
        const start = tell({ command: "start", table: "c.u", where: null })
        yield* alter("DROP PRIMARY KEY, ADD UNIQUE both_columns (id, v)")
        expect(yield* refusal(start)).toMatchObject({
          _tag: "SnapshotUnchecked",
          message: expect.stringContaining("c.u has no unique index over its declared key (id)"),
          fix: expect.stringContaining("ALTER TABLE `c`.`u` ADD PRIMARY KEY (`id`)")
        })
        yield* alter("DROP INDEX both_columns, ADD UNIQUE (id)")
        yield* start
        yield* until(() => isCopied(log))
        yield* alter("DROP INDEX id, ADD PRIMARY KEY (id)")
      })
    )
  })

  it("are refused by name where they make no sense, and change nothing then (G3)", async () => {
    const { log, run, tell, ready } = world(100)
    await living(
      run,
      Effect.gen(function* () {
        const before = yield* ready
        const start = (table: string, where: string | null) =>
          refusal(tell({ command: "start", table, where }))
        expect(yield* start("c.x", null)).toMatchObject({
          _tag: "SnapshotTableUnmapped",
          mapped: ["c.t", "c.u"]
        })
        expect(yield* start("c.u", null)).toMatchObject({ _tag: "SnapshotRunning", table: "c.u" })
        yield* tell({ command: "cancel", table: null })
        expect(yield* refusal(tell({ command: "cancel", table: null }))).toMatchObject({
          _tag: "SnapshotIdle"
        })
        for (const where of [
          "nothing = 1",
          "v =",
          "1) -- ",
          "v = 1; DROP TABLE c.t",
          "1) UNION SELECT 1, 2 /*"
        ]) {
          expect(yield* start("c.u", where)).toMatchObject({ _tag: "SnapshotConditionRefused", table: "c.u" })
        }
        const after = yield* tell({ command: "status" })
        expect(after.tables.map(({ state }) => state)).toEqual(["canceled", "canceled"])
        expect(before.tables.map(({ table }) => table)).toEqual(after.tables.map(({ table }) => table))
      })
    )
    expect(log.messages.at(-1)?.head?.kind).toBe("checkpoint")
  })

  it("say so where no capture runs (G3)", async () => {
    const { tell } = world()
    expect(await Effect.runPromise(refusal(tell({ command: "pause" })))).toMatchObject({
      _tag: "CaptureSilent",
      fate: "halt"
    })
  })
})
