/**
 * Events per CPU-second of a capture process, from a MySQL or MariaDB dump to acknowledged JetStream messages, servers
 * excluded: the shipped program works off a backlog. Progress goes to stderr; the last line of stdout is the result.
 *
 *   make bench-capture ARGS="--source mysql --events 500000 --profile DIR"
 */
import { parseArgs } from "node:util"
import { createConnection } from "mysql2/promise"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { createTables, insertExams, measureCapture, say } from "./capture-process.ts"
import { publishResult } from "./result-file.ts"

const { values: flags } = parseArgs({
  options: {
    source: { type: "string" },
    events: { type: "string", default: "500000" },
    /** Rows of one transaction. */
    transaction: { type: "string", default: "1000" },
    /** Folder for a CPU profile of the capture process. */
    profile: { type: "string" }
  }
})
const EVENTS = Number(flags.events)
const TRANSACTION = Number(flags.transaction)

const writeBacklog = async (source: RunningServer): Promise<void> => {
  const sql = await createConnection({ host: "127.0.0.1", port: source.port, user: "root" })
  try {
    await createTables(sql)
    for (let from = 0; from < EVENTS; from += TRANSACTION) {
      await insertExams(sql, from, Math.min(EVENTS, from + TRANSACTION))
    }
  } finally {
    await sql.end()
  }
}

const measure = async (kind: "mysql" | "mariadb") => {
  const servers: Array<RunningServer> = []
  try {
    for (const each of [kind, "nats"] as const) servers.push(await startServer(each, { progress: say }))
    const [source, nats] = servers as [RunningServer, RunningServer]
    say(`${kind}: writing ${EVENTS} rows in transactions of ${TRANSACTION}`)
    await writeBacklog(source)
    say(`${kind}: capturing`)
    const profile = flags.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${flags.profile}`]
    const run = await measureCapture({
      name: `bench-${kind}`,
      source,
      nats,
      start: "earliest",
      events: EVENTS,
      flags: profile
    })
    const line = {
      source: `${source.kind} ${source.version}`,
      events: run.events,
      eventsPerCpuSecond: Math.round(run.events / run.cpuSeconds),
      eventsPerCpuSecondWithoutStart: Math.round(run.events / (run.cpuSeconds - run.startCpuSeconds)),
      cpuSeconds: run.cpuSeconds,
      startCpuSeconds: run.startCpuSeconds,
      seconds: Number(run.seconds.toFixed(1)),
      peakMiB: run.peakMiB
    }
    say(JSON.stringify(line))
    return line
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

const sources = flags.source === undefined ? (["mysql", "mariadb"] as const) : [flags.source]
const results = []
for (const kind of sources) {
  if (kind !== "mysql" && kind !== "mariadb") throw new Error("--source is mysql or mariadb")
  results.push(await measure(kind))
}
publishResult({ bench: "capture", results })
