/**
 * The MySQL source against real servers: the contract test of the driver's replaced packet callback, of the positions
 * that are counted here, and of what happens when connections, servers and binlogs go away.
 */
import { Effect, Redacted } from "effect"
import type { ServerKind } from "../../deploy/servers/RunningServer.ts"
import { createConnection } from "mysql2/promise"
import { describe, expect, it } from "vitest"
import { placeOf, type Anchor } from "../../schemas/anchor.ts"
import { epochMicrosToUtc } from "../../schemas/civil-time.ts"
import { CASE_MILLIS, commits, rowsOf, sourceWorld } from "./mysql-world.ts"

describe.each<ServerKind>(["mysql", "mariadb"])("%s source", (kind) => {
  const { mariadb, server, reconnect, sql, optionsFor, run, here, read, readToFailure, chunkRefused, table } =
    sourceWorld(kind)

  it(
    "counts positions as the server does, and begins anywhere a transaction begins (G2)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("places", "id INT PRIMARY KEY, v INT")
      const anchor = await here()
      await sql.query("INSERT INTO lms.places VALUES (1, 1), (2, 2)")
      await sql.query("UPDATE lms.places SET v = v + 10")
      await sql.query("DELETE FROM lms.places WHERE id = 1")
      const options = optionsFor([{ schema: "lms", table: "places", columns: ["v", "id"] }])
      const events = await read(options, anchor, commits(3))
      expect(rowsOf(events).map(({ change, before, after }) => ({ change, before, after }))).toEqual([
        {
          change: "insert",
          before: undefined,
          after: [
            [1, 1],
            [2, 2]
          ]
        },
        {
          change: "update",
          before: [
            [1, 1],
            [2, 2]
          ],
          after: [
            [11, 1],
            [12, 2]
          ]
        },
        { change: "delete", before: [[11, 1]], after: undefined }
      ])
      const begins = events.filter((event) => event._tag === "Begin")
      const ends = events.filter((event) => event._tag === "Commit")
      expect(begins[0]!.position).toBe(anchor.position)
      expect(begins.slice(1).map((begin) => begin.position)).toEqual(
        ends.slice(0, 2).map((end) => end.position)
      )
      expect(ends[2]).toMatchObject({ file: (await here()).file, position: (await here()).position })
      expect(begins.every((begin) => begin.gtid !== null)).toBe(true)
      const second = begins[1]!
      const again = await read(
        options,
        { ...anchor, position: second.position, gtid: second.gtid },
        commits(2)
      )
      expect(again).toEqual(events.slice(3))
    }
  )

  it("keeps reading over a change of the checksum setting (G1)", { timeout: CASE_MILLIS }, async () => {
    await table("sums", "id INT PRIMARY KEY")
    const anchor = await here()
    for (const [i, algorithm] of ["NONE", "CRC32", "NONE", "CRC32"].entries()) {
      await sql.query(`INSERT INTO lms.sums VALUES (${i}); SET GLOBAL binlog_checksum = ${algorithm}`)
    }
    await sql.query("INSERT INTO lms.sums VALUES (4)")
    const options = optionsFor([{ schema: "lms", table: "sums", columns: ["id"] }])
    const events = await read(options, anchor, commits(5))
    expect(rowsOf(events).flatMap((event) => event.after!)).toEqual([[0], [1], [2], [3], [4]])
    const files = new Set(events.flatMap((event) => (event._tag === "Rotated" ? [event.file] : [])))
    expect(files.size).toBe(4)
    const begins = events.filter((event) => event._tag === "Begin")
    for (const begin of begins) {
      const again = await read(
        options,
        { ...anchor, file: begin.file, position: begin.position, gtid: begin.gtid },
        commits(1)
      )
      expect(rowsOf(again)[0]).toEqual(events[events.indexOf(begin) + 1])
    }
  })

  it("takes the server's signs of life by their checksum, in files with and without one (G3)", async () => {
    const options = optionsFor([{ schema: "lms", table: "none", columns: [] }], { heartbeatSeconds: 0.2 })
    const anchor = await here()
    const quietIn = await run(options, (source) =>
      Effect.gen(function* () {
        const reader = yield* source.open({ anchor })
        const files: Array<string> = []
        let file = anchor.file
        for (const algorithm of ["NONE", "CRC32", "NONE", "CRC32"]) {
          yield* Effect.promise(() => sql.query(`SET GLOBAL binlog_checksum = ${algorithm}`))
          const last = (yield* Effect.promise(here)).file
          for (let isQuiet = false; !isQuiet || file !== last;) {
            const chunk = yield* reader.next
            for (const event of chunk.events) if (event._tag === "Rotated") file = event.file
            isQuiet = chunk.isAll === true
          }
          files.push(file)
        }
        return files
      })
    )
    expect(new Set(quietIn).size).toBe(4)
  })

  it(
    "reads packets beyond 16 MiB and transactions larger than what may wait (G8)",
    { timeout: CASE_MILLIS },
    async () => {
      await sql.query("SET GLOBAL max_allowed_packet = 256 * 1024 * 1024")
      const big = await createConnection({ uri: server().url, maxPreparedStatements: 1 })
      await table("large", "id INT PRIMARY KEY, v VARCHAR(300), b LONGBLOB")
      const anchor = await here()
      await big.query("INSERT INTO lms.large VALUES (1, 'first', REPEAT('x', 20000000))")
      await big.query("BEGIN")
      for (let i = 2; i < 42; i++) {
        await big.query(
          `INSERT INTO lms.large SELECT ${i} * 1000 + n, REPEAT('y', 300), NULL FROM (SELECT a.n * 10 + b.n AS n FROM (${TEN}) a, (${TEN}) b) c`
        )
      }
      await big.query("COMMIT")
      await big.end()
      const options = optionsFor([{ schema: "lms", table: "large", columns: ["id", "v"] }], {
        bytesMax: 100_000
      })
      const events = await read(
        options,
        anchor,
        (seen) => seen.filter((event) => event._tag === "Commit").length === 2
      )
      const ids = rowsOf(events).flatMap((event) => event.after!.map((image) => image[0]))
      expect(ids).toHaveLength(4001)
      expect(new Set(ids).size).toBe(4001)
      expect(ids[0]).toBe(1)
      expect(rowsOf(events).map((event) => event.index)).toEqual([
        1,
        ...Array.from({ length: rowsOf(events).length - 1 }, (_, i) => i + 1)
      ])
    }
  )

  it(
    "reports progress through transactions of other tables without their rows (G9)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("foreign_rows", "id INT PRIMARY KEY")
      const anchor = await here()
      for (let i = 0; i < 20; i++) await sql.query(`INSERT INTO lms.foreign_rows VALUES (${i})`)
      const end = await here()
      const events = await read(
        optionsFor([{ schema: "lms", table: "none", columns: ["id"] }]),
        anchor,
        (seen) => seen.some((event) => event._tag === "Commit" && event.position === end.position)
      )
      expect(rowsOf(events)).toEqual([])
    }
  )

  it(
    "reads with no more than two replication privileges and SELECT (G9)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("modest", "id INT PRIMARY KEY")
      await sql.query(
        "CREATE USER reader@'%' IDENTIFIED BY 'long secret'; GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO reader@'%'; GRANT SELECT ON lms.modest TO reader@'%'"
      )
      const anchor = await here()
      await sql.query("INSERT INTO lms.modest VALUES (1)")
      const wanted = [{ schema: "lms", table: "modest", columns: ["id"] }]
      const account = { user: "reader", password: Redacted.make("long secret") }
      expect(rowsOf(await read(optionsFor(wanted, account), anchor, commits(1)))[0]!.after).toEqual([[1]])
      const wrong = await readToFailure(
        optionsFor(wanted, { ...account, password: Redacted.make("wrong") }),
        anchor
      )
      expect(wrong.failure).toMatchObject({ _tag: "SourceAccessDenied", fate: "halt" })
      expect(JSON.stringify(wrong.failure)).not.toContain("wrong")
      await sql.query("REVOKE REPLICATION SLAVE ON *.* FROM reader@'%'")
      expect((await readToFailure(optionsFor(wanted, account), anchor)).failure).toMatchObject({
        _tag: "SourceAccessDenied"
      })
    }
  )

  it(
    "is thrown out by a second reader with its server_id and says so (G6)",
    { timeout: CASE_MILLIS },
    async () => {
      const anchor = await here()
      const options = optionsFor([{ schema: "lms", table: "none", columns: [] }])
      const failure = await run(options, (source) =>
        Effect.gen(function* () {
          const first = yield* source.open({ anchor })
          // The first reader is connected for sure once it has given something.
          yield* Effect.promise(() => sql.query("CREATE TABLE lms.collision (id INT)"))
          yield* first.next
          yield* source.open({ anchor })
          return yield* Effect.flip(Effect.forever(first.next))
        })
      )
      expect(failure).toMatchObject({ _tag: "ServerIdTaken", fate: "halt" })
    }
  )

  it(
    "calls a killed dump, a frozen server and a stopped server a lost connection (G3)",
    { timeout: CASE_MILLIS },
    async () => {
      const wanted = [{ schema: "lms", table: "none", columns: [] }]
      const lost = async (name: string, cut: () => Promise<unknown>) => {
        const options = optionsFor(wanted, { connector: `lost ${name}`, heartbeatSeconds: 1 })
        const anchor = await here()
        const failure = await run(options, (source) =>
          Effect.gen(function* () {
            const reader = yield* source.open({ anchor })
            yield* Effect.promise(() => sql.query(`CREATE TABLE lms.lost_${name} (id INT)`))
            yield* reader.next
            yield* Effect.promise(cut)
            return yield* Effect.flip(Effect.forever(reader.next))
          })
        )
        expect([name, failure]).toMatchObject([name, { _tag: "SourceConnectionLost", fate: "retry" }])
      }
      await lost("killed", async () => {
        const threads = await sql.query(
          "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'"
        )
        for (const thread of threads) await sql.query(`KILL ${thread["id"]}`)
      })
      await lost("frozen", async () => server().pause())
      server().resume()
      await lost("stopped", () => server().shutdown())
      await server().restart()
      await reconnect()
    }
  )

  it(
    "ends a question that a frozen server never answers, and says how long it waited (G8)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("asked", "id INT PRIMARY KEY")
      const wanted = { schema: "lms", table: "asked", columns: ["id"] }
      try {
        expect(await chunkRefused(wanted, { answerSeconds: 1 }, () => server().pause())).toMatchObject({
          _tag: "SourceSilent",
          seconds: 1
        })
      } finally {
        server().resume()
      }
    }
  )

  it("notices a binlog that is not the one it read before (G5)", { timeout: CASE_MILLIS }, async () => {
    await table("reset", "id INT PRIMARY KEY")
    const wanted = [{ schema: "lms", table: "reset", columns: ["id"] }]
    const options = optionsFor(wanted, { heartbeatSeconds: 1 })
    const anchor = await here()
    await sql.query("INSERT INTO lms.reset VALUES (1)")
    const begin = (await read(options, anchor, commits(1))).find((event) => event._tag === "Begin")!
    const known: Anchor = { ...anchor, file: begin.file, position: begin.position, gtid: begin.gtid }
    const committedAt = epochMicrosToUtc(begin.committedAtMicros, 6)
    const failureAt = async (place: Anchor) => (await readToFailure(options, place, committedAt)).failure
    expect(await failureAt({ ...known, server: "mysql:another" })).toMatchObject({
      _tag: "BinlogMismatch",
      found: anchor.server
    })
    expect(await failureAt({ ...known, gtid: "0-0-0" })).toMatchObject({
      _tag: "BinlogMismatch",
      expected: "0-0-0"
    })
    const beyond = { ...known, position: known.position + 10_000_000 }
    expect(await failureAt(beyond)).toMatchObject({ _tag: "BinlogShortened", place: placeOf(beyond) })
    expect(await failureAt({ ...known, position: known.position + 7 })).toMatchObject({
      _tag: "BinlogMismatch"
    })
    expect(await failureAt({ ...known, file: "binlog.999999" })).toMatchObject({ _tag: "BinlogShortened" })
    // MariaDB keeps a file while the dump thread of a reader that has just left still holds it.
    for (let first = known.file; first === known.file;) {
      await sql.query("FLUSH BINARY LOGS")
      await sql.query(`PURGE BINARY LOGS TO '${(await here()).file}'`)
      const files = await sql.query("SHOW BINARY LOGS")
      first = String(files[0]!["Log_name"])
    }
    expect(await failureAt(known)).toMatchObject({ _tag: "PositionPurged", fate: "halt" })
    await sql.query(mariadb ? "RESET MASTER" : "RESET BINARY LOGS AND GTIDS")
    expect(await failureAt(known)).toMatchObject({ _tag: "BinlogReset", fate: "halt", place: placeOf(known) })
    // The name of the file is there again, with other bytes.
    const again = { ...known, file: (await here()).file, position: 4 }
    expect(await failureAt(again)).toMatchObject({ _tag: "BinlogReset" })
  })
})

const TEN = Array.from({ length: 10 }, (_, i) => `SELECT ${i} AS n`).join(" UNION ALL ")
