/** One transaction far larger than anything that may wait: what the reader holds stays the same from its first row to its last. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { HELD_BYTES_MAX } from "../../connectors/mysql/open-transaction.ts"
import { CHUNK_BYTES_MAX } from "../../connectors/mysql/source-options.ts"
import type { ServerKind } from "../../deploy/servers/RunningServer.ts"
import { sourceWorld } from "./mysql-world.ts"

const CASE_MILLIS = 300_000
const MIB = 1024 * 1024
const ROWS = 160_000
/** `limits.sourceBytes`: raw bytes that may wait unread. */
const UNREAD_MAX = MIB
/** Besides what waits: one chunk of decoded rows, and what the engine's collector leaves lying about. */
const SLACK = 24 * MIB
/** The largest event: binlog_row_event_max_size is 8 KiB, a row is shorter. */
const PACKET_MAX = 16 * 1024
const CHUNKS_BETWEEN_LOOKS = 100

const TEN = Array.from({ length: 10 }, (_, i) => `SELECT ${i} AS n`).join(" UNION ALL ")

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

const held = (): number => {
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

describe.each<ServerKind>(["mysql", "mariadb"])("a transaction of %s without end in sight", (kind) => {
  const { sql, optionsFor, run, here, table } = sourceWorld(kind)

  it("is read in flat memory (G8)", { timeout: CASE_MILLIS }, async () => {
    await table("vast", "id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(300), w VARCHAR(100)")
    const anchor = await here()
    const thousand = `(${TEN}) a, (${TEN}) b, (${TEN}) c`
    await sql.query("BEGIN")
    for (let i = 0; i < ROWS / 10_000; i++) {
      await sql.query(
        `INSERT INTO lms.vast (v, w) SELECT REPEAT('学', 60), CONCAT('Trainee ', a.n, b.n, c.n, d.n) FROM ${thousand}, (${TEN}) d`
      )
    }
    await sql.query("COMMIT")
    const options = optionsFor([{ schema: "lms", table: "vast", columns: ["id", "v"] }], {
      bytesMax: UNREAD_MAX
    })
    const seen = await run(options, (source) =>
      Effect.gen(function* () {
        const reader = yield* source.open({ anchor })
        const total = { rows: 0, bytes: 0, largestChunk: 0, most: 0, least: Number.POSITIVE_INFINITY }
        for (let chunks = 0; ; chunks++) {
          const { events, bytes } = yield* reader.next
          total.bytes += bytes
          total.largestChunk = Math.max(total.largestChunk, bytes)
          for (const event of events) if (event._tag === "Rows") total.rows += event.after!.length
          if (chunks % CHUNKS_BETWEEN_LOOKS === CHUNKS_BETWEEN_LOOKS - 1) {
            const now = held()
            total.most = Math.max(total.most, now)
            total.least = Math.min(total.least, now)
          }
          if (events.at(-1)?._tag === "Commit" && total.rows > 0) return total
        }
      })
    )
    expect(seen.rows).toBe(ROWS)
    expect(seen.bytes).toBeGreaterThan(30 * MIB)
    expect(seen.largestChunk).toBeLessThanOrEqual(HELD_BYTES_MAX + CHUNK_BYTES_MAX + PACKET_MAX)
    expect(seen.most - seen.least).toBeLessThan(UNREAD_MAX + SLACK)
  })
})
