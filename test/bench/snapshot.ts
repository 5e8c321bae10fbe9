/**
 * Rows per CPU-second of a capture process that copies a table up to the published event, servers excluded, and its
 * peak memory for a small and a large table. Progress goes to stderr; the last line of stdout is the result.
 *
 *   make bench-snapshot ARGS="--source mysql --rows 100000,1000000 --profile DIR"
 */
import { parseArgs } from "node:util"
import { createConnection } from "mysql2/promise"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { createTables, insertExams, measureCapture, say } from "./capture-process.ts"
import { publishResult } from "./result-file.ts"

const { values: flags } = parseArgs({
  options: {
    source: { type: "string" },
    rows: { type: "string", default: "100000,1000000" },
    /** Folder for CPU profiles of the capture processes. */
    profile: { type: "string" }
  }
})
const SIZES = flags.rows.split(",").map(Number)
const ROWS_PER_INSERT = 1000

const growTable = async (source: RunningServer, from: number, to: number): Promise<void> => {
  const sql = await createConnection({ host: "127.0.0.1", port: source.port, user: "root" })
  try {
    await createTables(sql)
    for (let at = from; at < to; at += ROWS_PER_INSERT) {
      await insertExams(sql, at, Math.min(to, at + ROWS_PER_INSERT))
    }
  } finally {
    await sql.end()
  }
}

const measure = async (kind: "mysql" | "mariadb") => {
  const servers: Array<RunningServer> = []
  const lines = []
  try {
    for (const each of [kind, "nats"] as const) servers.push(await startServer(each, { progress: say }))
    const [source, nats] = servers as [RunningServer, RunningServer]
    let grown = 0
    for (const rows of SIZES) {
      say(`${kind}: growing the table to ${rows} rows`)
      await growTable(source, grown, rows)
      grown = rows
      say(`${kind}: copying`)
      const profile = flags.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${flags.profile}`]
      const run = await measureCapture({
        name: `bench-${kind}-${rows}`,
        source,
        nats,
        start: "snapshot",
        events: rows,
        flags: profile
      })
      const line = {
        source: `${source.kind} ${source.version}`,
        rows,
        rowsPerCpuSecond: Math.round(rows / run.cpuSeconds),
        rowsPerCpuSecondWithoutStart: Math.round(rows / (run.cpuSeconds - run.startCpuSeconds)),
        cpuSeconds: run.cpuSeconds,
        startCpuSeconds: run.startCpuSeconds,
        seconds: Number(run.seconds.toFixed(1)),
        peakMiB: run.peakMiB
      }
      say(JSON.stringify(line))
      lines.push(line)
    }
    return lines
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

const sources = flags.source === undefined ? (["mysql", "mariadb"] as const) : [flags.source]
const results = []
for (const kind of sources) {
  if (kind !== "mysql" && kind !== "mariadb") throw new Error("--source is mysql or mariadb")
  results.push(...(await measure(kind)))
}
publishResult({ bench: "snapshot", results })
