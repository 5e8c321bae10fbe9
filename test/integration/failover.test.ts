/**
 * Failover of the training database to a replica: a new timeline, nothing lost and nothing doubled, or a stop that names
 * what is wrong. Every change in these tests has content of its own, so that a doubled event shows.
 */
import { Cause, Effect, Exit } from "effect"
import { describe, expect, it } from "vitest"
import type { ServerKind } from "../../deploy/servers/RunningServer.ts"
import { isFailure, type Failure } from "../../schemas/failure.ts"
import { parsePosition } from "../../schemas/position.ts"
import { captureUntil, fold, isCopied, rowTable } from "../support/capture-run.ts"
import { MemoryLog } from "../support/fakes/MemoryLog.ts"
import { caughtUp, cellOf, halt, promote, replicate, resume, type Node } from "../support/replication.ts"
import { contentOf, eventsOf, failoverWorld } from "./failover-world.ts"

const CASE_MILLIS = 180_000

/** Rows of a table as the fold of events has them. */
const rowsIn = async (node: Node, table: string) => {
  const rows = await node.query(`SELECT id, v FROM lms.${table} ORDER BY id`)
  return rows.map(({ id, v }) => [String(id), v])
}
const folded = (log: MemoryLog, table: string) =>
  [...fold(log, `lms.${table}`).values()]
    .map((row) => [String(row["id"]), row["v"]])
    .sort((a, b) => Number(a[0]) - Number(b[0]))

const expectNoneDoubled = (log: MemoryLog) => {
  const contents = eventsOf(log).map(contentOf)
  expect(new Set(contents).size).toBe(contents.length)
}

const timelinesOf = (log: MemoryLog) => [
  ...new Set(eventsOf(log).map(({ sequence }) => parsePosition(sequence)!.timeline))
]

/** Capture of `lms.<table>` from a node, until the log holds as many events of it. */
const captured = (
  node: Node,
  log: MemoryLog,
  table: string,
  events: number,
  acceptedBreaks: ReadonlyArray<string> = []
): Promise<void> =>
  captureUntil(
    {
      port: node.server.port,
      tables: [rowTable(`lms.${table}`, ["id"], "v")],
      log,
      snapshotRows: 1000,
      start: "earliest",
      acceptedBreaks
    },
    () => eventsOf(log).length >= events
  )

/** Nothing written so far stays in the binlog. MariaDB keeps a file while the dump of a replica that has just left holds it. */
const purgeAll = async (node: Node): Promise<void> => {
  const files = async () => (await node.query("SHOW BINARY LOGS")).map((row) => String(row["Log_name"]))
  const written = await files()
  for (let kept = written; kept.some((file) => written.includes(file)); kept = await files()) {
    await node.query("FLUSH BINARY LOGS")
    await node.query(`PURGE BINARY LOGS TO '${(await files()).at(-1)}'`)
  }
}

/** The failure that ends capture, instead of what it was to do. */
const stopOf = async (capturing: Promise<void>): Promise<Failure> => {
  const exit = await Effect.runPromise(
    Effect.exit(Effect.tryPromise({ try: () => capturing, catch: (e) => e }))
  )
  const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
  if (!isFailure(error)) throw new Error(`capture did not stop as expected: ${String(error)}`)
  return error
}

describe.each<ServerKind>(["mysql", "mariadb"])("%s: failover to a replica", (kind) => {
  const node = failoverWorld(kind)

  it(
    "goes on there and back again, loses nothing and doubles nothing (G1, G2)",
    { timeout: CASE_MILLIS },
    async () => {
      const log = new MemoryLog()
      await node("a").query("CREATE TABLE lms.there (id INT PRIMARY KEY, v VARCHAR(20))")
      for (let i = 1; i <= 20; i++) await node("a").query(`INSERT INTO lms.there VALUES (${i}, 'a${i}')`)
      await captured(node("a"), log, "there", 10)
      const before = eventsOf(log).length
      // What capture has not read yet comes from the replica.
      for (let i = 1; i <= 5; i++) await node("a").query(`UPDATE lms.there SET v = 'b${i}' WHERE id = ${i}`)
      await node("a").query("CREATE TABLE lms.elsewhere (id INT PRIMARY KEY)")
      await caughtUp(node("b"), node("a"))
      await promote(node("b"))
      await node("b").query("FLUSH BINARY LOGS")
      for (let i = 21; i <= 30; i++) await node("b").query(`INSERT INTO lms.there VALUES (${i}, 'c${i}')`)
      await node("b").query("DELETE FROM lms.there WHERE id = 7")
      await captured(node("b"), log, "there", 36)
      expect(before).toBeLessThan(36)
      expect(folded(log, "there")).toEqual(await rowsIn(node("b"), "there"))
      expectNoneDoubled(log)
      expect(timelinesOf(log)).toEqual([1, 2])

      await replicate(node("a"), node("b"))
      await caughtUp(node("a"), node("b"))
      await promote(node("a"))
      await node("a").query("INSERT INTO lms.there VALUES (40, 'd40')")
      await captured(node("a"), log, "there", 37)
      expect(folded(log, "there")).toEqual(await rowsIn(node("a"), "there"))
      expect(eventsOf(log)).toHaveLength(37)
      expectNoneDoubled(log)
      expect(timelinesOf(log)).toEqual([1, 2, 3])
      await replicate(node("b"), node("a"))
      await caughtUp(node("b"), node("a"))
    }
  )

  it(
    "continues inside of a transaction that was captured in part (G1, G2)",
    { timeout: CASE_MILLIS },
    async () => {
      const log = new MemoryLog()
      const a = node("a")
      await a.query("CREATE TABLE lms.part (id INT PRIMARY KEY, v VARCHAR(200))")
      await a.query("INSERT INTO lms.part VALUES (0, 'first')")
      await captured(a, log, "part", 1)
      const numbers = Array.from(
        { length: 3000 },
        (_, i) => `(${i + 1}, CONCAT('row ${i} ', REPEAT('x', 150)))`
      )
      await a.query(
        `BEGIN; INSERT INTO lms.part VALUES ${numbers.join()}; UPDATE lms.part SET v = 'again' WHERE id = 5; COMMIT`
      )
      await a.query("INSERT INTO lms.part VALUES (9000, 'behind')")
      // The change log is full in the middle of the transaction: capture can go no further.
      log.messagesMax = log.messages.length + 8
      await captureUntil(
        {
          port: a.server.port,
          tables: [rowTable("lms.part", ["id"], "v")],
          log,
          snapshotRows: 1000,
          start: "earliest"
        },
        () => log.isFull
      )
      const last = log.messages.at(-1)!.head!
      expect([last.part !== undefined, last.partLast]).toEqual([true, false])
      expect(last.captured?.partial).toHaveLength(1)
      log.messagesMax = Number.POSITIVE_INFINITY
      await caughtUp(node("b"), a)
      await promote(node("b"))
      await captured(node("b"), log, "part", 3003)
      await node("b").query("INSERT INTO lms.part VALUES (9001, 'new')")
      await captured(node("b"), log, "part", 3004)
      expect(folded(log, "part")).toEqual(await rowsIn(node("b"), "part"))
      expectNoneDoubled(log)
      expect(eventsOf(log)).toHaveLength(3004)
      await replicate(a, node("b"))
      await caughtUp(a, node("b"))
      await promote(a)
      await replicate(node("b"), a)
    }
  )

  it("stops with a name where the new server cannot go on (G3)", { timeout: CASE_MILLIS }, async () => {
    const log = new MemoryLog()
    const [a, b] = [node("a"), node("b")]
    await a.query("CREATE TABLE lms.lost (id INT PRIMARY KEY, v VARCHAR(20))")
    await a.query("INSERT INTO lms.lost VALUES (1, 'one')")
    await captured(a, log, "lost", 1)
    await caughtUp(b, a)
    // Captured from the old server, never sent to the new one.
    await halt(b)
    await a.query("INSERT INTO lms.lost VALUES (2, 'two')")
    await captured(a, log, "lost", 2)
    const lost = await stopOf(captured(b, log, "lost", 3))
    expect(lost).toMatchObject({ _tag: "FailoverLostTail", fate: "halt" })
    expect(lost.remedy).toContain("acceptedBreaks")
    // The rest arrives after all: it goes on by itself.
    await resume(b)
    await caughtUp(b, a)
    await promote(b)
    // Not captured, and not in the new server's binlog any more.
    await b.query("INSERT INTO lms.lost VALUES (3, 'three')")
    await purgeAll(b)
    const purged = await stopOf(captured(b, log, "lost", 3))
    expect(purged).toMatchObject({ _tag: "PositionPurged", fate: "halt" })
    // Given up: on a new timeline, with a copy of what is there.
    const place = /acceptedBreaks: \["([^"]+)"\]/.exec(purged.remedy)![1]!
    await captureUntil(
      {
        port: b.server.port,
        tables: [rowTable("lms.lost", ["id"], "v")],
        log,
        snapshotRows: 1000,
        acceptedBreaks: [place]
      },
      () => isCopied(log) && eventsOf(log).length >= 5
    )
    await b.query("INSERT INTO lms.lost VALUES (4, 'four')")
    await captured(b, log, "lost", 6, [place])
    expect(folded(log, "lost")).toEqual(await rowsIn(b, "lost"))
    expect(cellOf(await b.query("SELECT COUNT(*) FROM lms.lost"))).toBe("4")
  })
})

describe("mysql: GTIDs of every kind", () => {
  const node = failoverWorld("mysql")

  it("are followed tag by tag and over gaps (G1, G2)", { timeout: CASE_MILLIS }, async () => {
    const log = new MemoryLog()
    const [a, b] = [node("a"), node("b")]
    const foreign = "11111111-2222-3333-4444-555555555555"
    const insert = (id: number, gtid: string) =>
      a.query(
        `SET gtid_next = '${gtid}'; INSERT INTO lms.kinds VALUES (${id}, 'v${id}'); SET gtid_next = 'AUTOMATIC'`
      )
    await a.query("CREATE TABLE lms.kinds (id INT PRIMARY KEY, v VARCHAR(20))")
    await insert(1, "AUTOMATIC:blue")
    await insert(2, `${foreign}:5`)
    await insert(3, `${foreign}:9`)
    await insert(4, "AUTOMATIC:blue")
    await insert(5, `${foreign}:green:7`)
    await captured(a, log, "kinds", 5)
    // Into the gaps of what is captured, on the other side of the failover.
    await insert(6, `${foreign}:7`)
    await insert(7, "AUTOMATIC:blue")
    await insert(8, `${foreign}:green:6`)
    await a.query("INSERT INTO lms.kinds VALUES (9, 'v9')")
    await caughtUp(b, a)
    await promote(b)
    await captured(b, log, "kinds", 9)
    await b.query("INSERT INTO lms.kinds VALUES (10, 'v10')")
    await captured(b, log, "kinds", 10)
    expect(folded(log, "kinds")).toEqual(await rowsIn(b, "kinds"))
    expect(eventsOf(log)).toHaveLength(10)
    expectNoneDoubled(log)
    await replicate(a, b)
    await caughtUp(a, b)
    await promote(a)
    await replicate(b, a)
  })

  it(
    "are waited for on a replica that is late, and needed on both sides (G3)",
    { timeout: CASE_MILLIS },
    async () => {
      const log = new MemoryLog()
      const [a, b] = [node("a"), node("b")]
      await a.query("CREATE TABLE lms.late (id INT PRIMARY KEY, v VARCHAR(20))")
      await caughtUp(b, a)
      await promote(b)
      await replicate(b, a, 3600)
      await a.query("INSERT INTO lms.late VALUES (1, 'one')")
      await captured(a, log, "late", 1)
      // It tries again and again, and neither stops nor goes on.
      const warnings: Array<Readonly<Record<string, unknown>>> = []
      const look = setInterval(() => log.setDown(false), 20)
      await captureUntil(
        {
          port: b.server.port,
          tables: [rowTable("lms.late", ["id"], "v")],
          log,
          snapshotRows: 1000,
          warnings
        },
        () => warnings.filter(({ tag }) => tag === "FailoverBehind").length > 1
      )
      clearInterval(look)
      expect(eventsOf(log)).toHaveLength(1)
      await promote(b)
      await b.query("SET GLOBAL gtid_mode = ON_PERMISSIVE")
      expect(await stopOf(captured(b, log, "late", 2))).toMatchObject({ _tag: "SourceForeign", fate: "halt" })
    }
  )
})
