/**
 * Rows decoded per CPU-second: our decoder, checksums verified, against zongji 0.9.0's on the same bytes of a real
 * server, in alternating runs of one process. Progress goes to stderr; the last line of stdout is the result as JSON.
 *
 *   node test/bench/decode.ts
 */
import { Effect, Redacted } from "effect"
import { createConnection } from "mysql2/promise"
import { openBinlog } from "../../connectors/mysql/binlog-client.ts"
import type { SourceOptions } from "../../connectors/mysql/source-options.ts"
import { TransactionReader } from "../../connectors/mysql/TransactionReader.ts"
import { startServer } from "../../deploy/servers/server.ts"
import { zongjiRows } from "./zongji-baseline.ts"

const ROWS = 262_144
/** The compiler needs some rounds; they are not counted. */
const WARM_UP_ROUNDS = 3
const ROUNDS = 9
/** Passes in one measurement of ours, which takes a tenth of the baseline's time. */
const PASSES = 8
const COLUMNS = ["id", "user_id", "exam_id", "score", "state", "finished_at", "name"]
const FILE = "binlog.000002"
const UTF8MB4_0900 = 255

const progress = (line: string): void => void process.stderr.write(`${line}\n`)

/** Scores, times and names vary; one name in eight is Chinese. */
const fill = async (url: string): Promise<void> => {
  const sql = await createConnection(url)
  await sql.query("CREATE DATABASE lms")
  await sql.query(
    "CREATE TABLE lms.exam (id BIGINT PRIMARY KEY, user_id BIGINT NOT NULL, exam_id BIGINT NOT NULL, score DECIMAL(5,2), state TINYINT NOT NULL, finished_at DATETIME(3), name VARCHAR(100))"
  )
  await sql.query("FLUSH BINARY LOGS")
  await sql.query("SET SESSION cte_max_recursion_depth = 1000000")
  await sql.query(
    `INSERT INTO lms.exam
     WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${ROWS})
     SELECT n, 100000 + n * 7919 % 90000, 500 + n % 300, n * 37 % 10001 / 100, n % 3,
            TIMESTAMPADD(MICROSECOND, n * 7717000, '2026-01-01 08:00:00.123'),
            IF(n % 8 = 0, CONCAT('学员', n), CONCAT('Trainee Number ', n))
     FROM c`
  )
  await sql.end()
}

/** All packets of the file up to the transaction's end, copied out of the network buffers. */
const capturePackets = (options: SourceOptions): Promise<ReadonlyArray<Buffer>> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const client = yield* openBinlog(options, false, { file: FILE, position: 4 })
        const packets: Array<Buffer> = []
        const xid = 16
        for (;;) {
          yield* client.arrival
          for (let packet = client.poll(); packet !== undefined; packet = client.poll()) {
            packets.push(withStatusByte(packet))
            if (packet[4] === xid) return packets
          }
        }
      })
    )
  )

/** A copy with one byte in front of it, which the baseline needs and we do not. */
const withStatusByte = (packet: Buffer): Buffer => Buffer.concat([Buffer.alloc(1), packet]).subarray(1)

const ourRows = (packets: ReadonlyArray<Buffer>, columns: ReadonlyArray<string>): number => {
  const reader = new TransactionReader({
    tables: [{ schema: "lms", table: "exam", columns }],
    charsetOf: (collation) => (collation === UTF8MB4_0900 ? "utf8mb4" : undefined),
    mariadb: false,
    file: FILE,
    position: 4,
    sentFrom: 4,
    largestBytes: 2 ** 28,
    nonTransactional: new Set(),
    acceptedStatements: new Set()
  })
  let rows = 0
  for (const packet of packets) {
    reader.push(packet)
    for (const event of reader.drain()) if (event._tag === "Rows") rows += event.after!.length
  }
  return rows
}

/** CPU of one pass. */
const cpuSeconds = (passes: number, work: () => number): number => {
  const before = process.cpuUsage()
  let rows = 0
  for (let pass = 0; pass < passes; pass++) rows += work()
  const used = process.cpuUsage(before)
  if (rows !== ROWS * passes) throw new Error(`${rows} rows decoded instead of ${ROWS * passes}`)
  return (used.user + used.system) / 1e6 / passes
}

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

progress(`starting a server and writing ${ROWS} rows`)
const server = await startServer("mysql", { progress })
let packets: ReadonlyArray<Buffer>
try {
  await fill(server.url)
  packets = await capturePackets({
    connector: "bench",
    host: server.host,
    port: server.port,
    user: "root",
    password: Redacted.make(""),
    tls: { mode: "disabled" },
    tables: []
  })
} finally {
  await server.stop()
}
const bytes = packets.reduce((sum, packet) => sum + packet.length, 0)
progress(`${packets.length} events, ${bytes} bytes`)

const ours: Array<number> = []
const theirs: Array<number> = []
const three: Array<number> = []
for (let round = 1 - WARM_UP_ROUNDS; round <= ROUNDS; round++) {
  const a = cpuSeconds(PASSES, () => ourRows(packets, COLUMNS))
  const b = cpuSeconds(1, () => zongjiRows(packets))
  const c = cpuSeconds(PASSES, () => ourRows(packets, ["id", "score", "finished_at"]))
  progress(
    `round ${round}: ours ${a.toFixed(3)} s, zongji ${b.toFixed(3)} s, 3 of 7 columns ${c.toFixed(3)} s of CPU`
  )
  if (round < 1) continue
  ours.push(a)
  theirs.push(b)
  three.push(c)
}
const rate = (seconds: ReadonlyArray<number>): number => Math.round(ROWS / median(seconds))
progress(`3 of 7 columns wanted: ${rate(three)} rows per CPU-second`)
const result = {
  bench: "decode",
  rowsPerCpuSecond: rate(ours),
  baseline: "zongji 0.9.0",
  baselineRowsPerCpuSecond: rate(theirs),
  // Of rounds, not of medians: other load on the machine then weighs on both sides of each quotient.
  ratio: Math.round(median(theirs.map((seconds, i) => seconds / ours[i]!)) * 100) / 100,
  rows: ROWS,
  bytes,
  columnsWanted3Of7RowsPerCpuSecond: rate(three)
}
process.stdout.write(`${JSON.stringify(result)}\n`)
