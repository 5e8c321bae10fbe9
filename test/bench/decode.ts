/**
 * Rows decoded per CPU-second, checksums verified: our decoder against zongji 0.9.0's on the same bytes of MySQL, in
 * alternating runs of one process, and against `mariadb-binlog -v --base64-output=decode-rows` on the same bytes of
 * MariaDB, whose start and printing are part of what it needs.
 *
 *   make bench-decode
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Redacted } from "effect"
import { createConnection } from "mysql2/promise"
import { openBinlog } from "../../connectors/mysql/binlog-client.ts"
import type { SourceOptions } from "../../connectors/mysql/source-options.ts"
import { TransactionReader } from "../../connectors/mysql/TransactionReader.ts"
import { findBinlogTool, type BinlogTool } from "../../deploy/servers/binlog-tool.ts"
import { startServer } from "../../deploy/servers/server.ts"
import { publishResult } from "./result-file.ts"
import { zongjiRows } from "./zongji-baseline.ts"

const ROWS = 262_144
/** The compiler needs some rounds; they are not counted. */
const WARM_UP_ROUNDS = 3
const ROUNDS = 9
const TOOL_ROUNDS = 5
/** Passes in one measurement of ours, which takes a tenth of the baseline's time. */
const PASSES = 8
const COLUMNS = ["id", "user_id", "exam_id", "score", "state", "finished_at", "name"]
const FILE = "binlog.000002"

type Kind = "mysql" | "mariadb"
const progress = (line: string): void => void process.stderr.write(`${line}\n`)

/** Scores, times and names vary; one name in eight is Chinese. */
const fill = async (kind: Kind, url: string): Promise<void> => {
  const sql = await createConnection(url)
  await sql.query("CREATE DATABASE lms")
  await sql.query(
    "CREATE TABLE lms.exam (id BIGINT PRIMARY KEY, user_id BIGINT NOT NULL, exam_id BIGINT NOT NULL, score DECIMAL(5,2), state TINYINT NOT NULL, finished_at DATETIME(3), name VARCHAR(100))"
  )
  await sql.query("FLUSH BINARY LOGS")
  await sql.query(
    kind === "mysql"
      ? "SET SESSION cte_max_recursion_depth = 1000000"
      : "SET SESSION max_recursive_iterations = 1000000"
  )
  await sql.query(
    `INSERT INTO lms.exam
     SELECT n, 100000 + n * 7919 % 90000, 500 + n % 300, n * 37 % 10001 / 100, n % 3,
            TIMESTAMPADD(MICROSECOND, n * 7717000, '2026-01-01 08:00:00.123'),
            IF(n % 8 = 0, CONCAT('学员', n), CONCAT('Trainee Number ', n))
     FROM (WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${ROWS}) SELECT n FROM c) AS numbers`
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

const ourRows = (kind: Kind, packets: ReadonlyArray<Buffer>, columns: ReadonlyArray<string>): number => {
  const reader = new TransactionReader({
    tables: [{ schema: "lms", table: "exam", columns }],
    charsetOf: () => "utf8mb4",
    mariadb: kind === "mariadb",
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

/** Packets of a server's binlog file, and what the server is. */
const bytesOf = async (kind: Kind) => {
  progress(`${kind}: starting a server and writing ${ROWS} rows`)
  const server = await startServer(kind, { progress })
  try {
    await fill(kind, server.url)
    const packets = await capturePackets({
      connector: "bench",
      host: server.host,
      port: server.port,
      user: "root",
      password: Redacted.make(""),
      tls: { mode: "disabled" },
      tables: []
    })
    const bytes = packets.reduce((sum, packet) => sum + packet.length, 0)
    progress(`${packets.length} events, ${bytes} bytes`)
    return { packets, bytes, source: `${kind} ${server.version}` }
  } finally {
    await server.stop()
  }
}

const rate = (seconds: ReadonlyArray<number>): number => Math.round(ROWS / median(seconds))
/** Of rounds, not of medians: other load on the machine then weighs on both sides of each quotient. */
const ratio = (theirs: ReadonlyArray<number>, ours: ReadonlyArray<number>): number =>
  Math.round(median(theirs.map((seconds, i) => seconds / ours[i]!)) * 100) / 100

const againstZongji = async () => {
  const { packets, bytes, source } = await bytesOf("mysql")
  const ours: Array<number> = []
  const theirs: Array<number> = []
  const three: Array<number> = []
  for (let round = 1 - WARM_UP_ROUNDS; round <= ROUNDS; round++) {
    const a = cpuSeconds(PASSES, () => ourRows("mysql", packets, COLUMNS))
    const b = cpuSeconds(1, () => zongjiRows(packets))
    const c = cpuSeconds(PASSES, () => ourRows("mysql", packets, ["id", "score", "finished_at"]))
    progress(
      `round ${round}: ours ${a.toFixed(3)} s, zongji ${b.toFixed(3)} s, 3 of 7 columns ${c.toFixed(3)} s of CPU`
    )
    if (round < 1) continue
    ours.push(a)
    theirs.push(b)
    three.push(c)
  }
  return {
    source,
    rowsPerCpuSecond: rate(ours),
    baseline: "zongji 0.9.0",
    baselineRowsPerCpuSecond: rate(theirs),
    ratio: ratio(theirs, ours),
    bytes,
    columnsWanted3Of7RowsPerCpuSecond: rate(three)
  }
}

/** A binlog file of the packets: its first four bytes stand before every format description, the made-up ROTATE in none. */
const writeBinlog = (folder: string, packets: ReadonlyArray<Buffer>): string => {
  const path = join(folder, FILE)
  const rotate = 4
  const events = packets[0]![4] === rotate ? packets.slice(1) : packets
  writeFileSync(path, Buffer.concat([Buffer.from([0xfe, 0x62, 0x69, 0x6e]), ...events]))
  return path
}

/** What it prints is what it decoded: every row. */
const proveTool = (tool: BinlogTool, file: string): void => {
  const { file: program, args, environment } = tool.program(["-v", "--base64-output=decode-rows", file])
  const { stdout } = spawnSync(
    "bash",
    ["-c", '"$@" | grep -c "^### INSERT INTO"', "count", program, ...args],
    {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C", ...environment }
    }
  )
  if (Number(stdout) !== ROWS)
    throw new Error(`mariadb-binlog printed ${stdout.trim()} rows instead of ${ROWS}`)
}

/** CPU of the tool, its output thrown away; the shell measures its children. */
const toolSeconds = (tool: BinlogTool, file: string): number => {
  const { file: program, args, environment } = tool.program(["-v", "--base64-output=decode-rows", file])
  const { stderr, status } = spawnSync(
    "bash",
    ["-c", 'TIMEFORMAT="%3U %3S"; time "$@" > /dev/null', "time", program, ...args],
    { encoding: "utf8", env: { ...process.env, LC_ALL: "C", ...environment } }
  )
  const used = /([\d.]+) ([\d.]+)\s*$/.exec(stderr)
  if (status !== 0 || used === null) throw new Error(`mariadb-binlog could not read ${file}: ${stderr}`)
  return Number(used[1]) + Number(used[2])
}

const againstTool = async () => {
  const tool = await findBinlogTool(progress)
  const { packets, bytes, source } = await bytesOf("mariadb")
  const folder = mkdtempSync(join(tmpdir(), "gradewire-bench-"))
  try {
    const file = writeBinlog(folder, packets)
    proveTool(tool, file)
    const ours: Array<number> = []
    const theirs: Array<number> = []
    for (let round = 1 - WARM_UP_ROUNDS; round <= TOOL_ROUNDS; round++) {
      const a = cpuSeconds(PASSES, () => ourRows("mariadb", packets, COLUMNS))
      const b = toolSeconds(tool, file)
      progress(`round ${round}: ours ${a.toFixed(3)} s, mariadb-binlog ${b.toFixed(3)} s of CPU`)
      if (round < 1) continue
      ours.push(a)
      theirs.push(b)
    }
    return {
      source,
      rowsPerCpuSecond: rate(ours),
      baseline: `mariadb-binlog ${tool.version} -v --base64-output=decode-rows`,
      baselineRowsPerCpuSecond: rate(theirs),
      ratio: ratio(theirs, ours),
      bytes
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

publishResult({ bench: "decode", rows: ROWS, results: [await againstZongji(), await againstTool()] })
