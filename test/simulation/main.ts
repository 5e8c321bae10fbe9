/**
 * Lives by the thousand: node test/simulation/main.ts --seeds N --first-seed S [--trace]
 *
 * A failing seed is printed with the command that replays it. Ends with `N passed, N failed`.
 */
import { parseArgs } from "node:util"
import { Life } from "./Life.ts"

const PROGRESS_MILLIS = 10_000
const TRACE_LINES = 80

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    "first-seed": { type: "string", default: "1" },
    trace: { type: "boolean", default: false }
  }
})
const count = Number(values.seeds)
const first = Number(values["first-seed"])
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const began = performance.now()
let [failed, commits, lastSaid] = [0, 0, began]
for (let seed = first; seed < first + count; seed++) {
  const verdict = new Life(seed).run()
  commits += verdict.commits
  if (verdict.failure !== undefined) {
    failed += 1
    say(`seed ${seed} failed: ${verdict.failure}`)
    say(`  replay: node test/simulation/main.ts --seeds 1 --first-seed ${seed} --trace`)
  }
  if (values.trace) for (const line of verdict.trace.slice(-TRACE_LINES)) say(`  ${line}`)
  const now = performance.now()
  if (now - lastSaid < PROGRESS_MILLIS) continue
  lastSaid = now
  const done = seed - first + 1
  say(`${done} of ${count}, ${failed} failed, ${Math.round((done / (now - began)) * 60_000)} seeds a minute`)
}
const minutes = (performance.now() - began) / 60_000
say(`${commits} commits watched, ${Math.round(count / minutes)} seeds a minute`)
say(`${count - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
