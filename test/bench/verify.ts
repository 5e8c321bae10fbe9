/**
 * What comparing both databases costs: CPU time and memory of `gradewire verify`, and CPU time of the two servers, over
 * equal results and over the same with some of them edited. Progress goes to stderr; the last line of stdout is the result.
 *
 *   make bench-verify ARGS="postgresql --results 1000000 --source mysql --profile DIR"
 */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { say } from "./capture-process.ts"
import { serverCpuSeconds } from "./process-usage.ts"
import { publishResult } from "./result-file.ts"
import { configText, createProfile, fillProfile, fillSource, LEARNERS } from "./verify-rows.ts"

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: {
    results: { type: "string", default: "1000000" },
    source: { type: "string", default: "mysql" },
    /** Folder for CPU profiles of `gradewire verify`. */
    profile: { type: "string" },
    /** Further arguments of `gradewire verify`, in one text. */
    verify: { type: "string", default: "" }
  }
})
const kind = positionals[0] ?? "postgresql"
if (kind !== "postgresql" && kind !== "mysql" && kind !== "mariadb")
  throw new Error(`no such server: ${kind}; postgresql, mysql or mariadb`)
if (flags.source !== "mysql" && flags.source !== "mariadb") throw new Error("--source is mysql or mariadb")
const results = Number(flags.results)
const program = join(import.meta.dirname, "../../dist/gradewire.js")

interface Spent {
  readonly cpuSeconds: number
  readonly peakMiB: number
  readonly seconds: number
}

/** Its last words are what it used: nobody can ask it afterwards. */
const gradewire = async (folder: string, args: ReadonlyArray<string>, isWatched = false) => {
  const file = join(folder, "usage.json")
  const hook = `import { writeFileSync } from "node:fs"
process.on("exit", () => writeFileSync(${JSON.stringify(file)}, JSON.stringify(process.resourceUsage())))`
  const profile =
    isWatched && flags.profile !== undefined ? ["--cpu-prof", `--cpu-prof-dir=${flags.profile}`] : []
  const startedAt = performance.now()
  const child = spawn(
    process.execPath,
    [
      ...profile,
      "--import",
      `data:text/javascript,${encodeURIComponent(hook)}`,
      program,
      ...args,
      "--config",
      join(folder, "connector.yaml")
    ],
    { stdio: ["ignore", "pipe", isWatched ? "ignore" : "inherit"] }
  )
  let out = ""
  child.stdout?.on("data", (chunk) => (out += chunk))
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve))
  const seconds = (performance.now() - startedAt) / 1000
  const { maxRSS, systemCPUTime, userCPUTime } = JSON.parse(
    readFileSync(file, "utf8")
  ) as NodeJS.ResourceUsage
  const spent: Spent = {
    cpuSeconds: Number(((userCPUTime + systemCPUTime) / 1e6).toFixed(2)),
    peakMiB: Math.round(maxRSS / 1024),
    seconds: Number(seconds.toFixed(1))
  }
  return { code, out, spent }
}

const verify = async (folder: string, source: RunningServer, hr: RunningServer) => {
  const before = [serverCpuSeconds(source.pid!), serverCpuSeconds(hr.pid!)] as const
  const { code, out, spent } = await gradewire(
    folder,
    ["verify", "-o", "json", ...flags.verify.split(" ").filter((word) => word !== "")],
    true
  )
  if (code !== 0) throw new Error(`verify ended with ${code}: ${out.slice(0, 2000)}`)
  const { run } = JSON.parse(out) as {
    run: { tables: ReadonlyArray<{ table: string; rows: number; reverseRows: number }> }
  }
  const rows = run.tables.reduce((sum, table) => sum + table.rows, 0)
  if (rows !== results + LEARNERS) throw new Error(`compared ${rows} rows: ${out.slice(0, 2000)}`)
  return {
    rows,
    ...spent,
    rowsPerSecond: Math.round(rows / spent.seconds),
    rowsPerCpuSecond: Math.round(rows / spent.cpuSeconds),
    sourceCpuSeconds: Number((serverCpuSeconds(source.pid!) - before[0]).toFixed(1)),
    hrCpuSeconds: Number((serverCpuSeconds(hr.pid!) - before[1]).toFixed(1))
  }
}

const folder = mkdtempSync(join(tmpdir(), "gradewire-bench-"))
const servers: Array<RunningServer> = []
try {
  for (const each of [flags.source, kind] as const)
    servers.push(await startServer(each, { progress: say, directory: folder }))
  const [source, hr] = servers as [RunningServer, RunningServer]
  writeFileSync(join(folder, "connector.yaml"), configText(source, hr))
  say(`writing ${results} results to both databases`)
  await createProfile(hr)
  const migrated = await gradewire(folder, ["migrate"])
  if (migrated.code !== 0) throw new Error("migrate failed")
  await Promise.all([fillSource(source, results), fillProfile(hr, results)])
  say("comparing")
  const equal = await verify(folder, source, hr)
  say(JSON.stringify(equal))
  const of = `${flags.source}To${kind}Of${results}`
  publishResult({
    bench: "verify",
    [of]: { servers: servers.map((each) => `${each.kind} ${each.version}`).join(", "), equal }
  })
} finally {
  await Promise.all(servers.map((server) => server.stop()))
  rmSync(folder, { recursive: true, force: true })
}
