/**
 * Random histories by the thousand: `make fuzz ARGS="--seeds 1000 --first-seed 1 --source mariadb"`.
 * A failing seed is printed with the command that replays it.
 */
import { parseArgs } from "node:util"
import { createConnection } from "mysql2/promise"
import { startServer } from "../../deploy/servers/server.ts"
import { runHistory } from "./history.ts"

const { values: flags } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    "first-seed": { type: "string", default: "1" },
    source: { type: "string", default: "mysql" }
  }
})
if (flags.source !== "mysql" && flags.source !== "mariadb") throw new Error("--source is mysql or mariadb")

const server = await startServer(flags.source)
const sql = await createConnection({ host: "127.0.0.1", port: server.port, user: "root" })
const first = Number(flags["first-seed"])
let [passed, failed, rows] = [0, 0, 0]
for (let seed = first; seed < first + Number(flags.seeds); seed++) {
  try {
    rows += await runHistory(sql, server.port, seed)
    passed++
  } catch (error) {
    failed++
    process.stderr.write(`${String(error)}\n`)
    process.stderr.write(`replay: make fuzz ARGS="--seeds 1 --first-seed ${seed} --source ${flags.source}"\n`)
  }
  if (passed % 50 === 0) process.stderr.write(`${seed - first + 1} histories, ${rows} rows compared\n`)
}
await sql.end()
await server.stop()
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
