/** `node test/chaos/main.ts`: see {@link USAGE}. Progress on standard error, the closing line on standard output. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ProgramCopy } from "../../deploy/demo/Gradewire.ts"
import { type ChaosOptions, parseArguments } from "./options.ts"
import { planHistory } from "./plan-history.ts"
import { type Outcome, runHistory } from "./run-history.ts"
import { ServerSet } from "./ServerSet.ts"

const tell = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

const replayCommand = (options: ChaosOptions, seed: number): string => {
  const faults = options.faults.map((kind) => ` --fault ${kind}`).join("")
  return `make chaos ARGS="--seeds 1 --first-seed ${seed} --source ${options.source}${faults}"`
}

const report = (options: ChaosOptions, outcome: Outcome): void => {
  const { changes, complaints, folder, plan, recoverySeconds, seconds } = outcome
  const what = `seed ${plan.seed} ${plan.topology} ${plan.start} [${plan.faults.map(({ kind }) => kind).join(" ")}]`
  const took = `${changes} changes, ${seconds.toFixed(1)} s, well again after ${recoverySeconds?.toFixed(1) ?? "?"} s`
  if (complaints.length === 0) return tell(`pass ${what} ${took}`)
  tell(`FAIL ${what} ${took}`)
  for (const complaint of complaints.slice(0, 12)) tell(`     ${complaint}`)
  if (complaints.length > 12) tell(`     … and ${complaints.length - 12} more`)
  tell(`     replay: ${replayCommand(options, plan.seed)}`)
  tell(`     kept:   ${folder}`)
}

const run = async (options: ChaosOptions): Promise<number> => {
  const folder = await mkdtemp(join(tmpdir(), "gradewire-chaos-"))
  const program = await ProgramCopy.into(folder)
  let servers: ServerSet | undefined
  let passed = 0
  let failed = 0
  try {
    for (let seed = options.firstSeed; seed < options.firstSeed + options.seeds; seed++) {
      servers ??= await ServerSet.start(options.source, folder)
      const plan = planHistory(seed, options.faults)
      const outcome = await runHistory(plan, join(folder, `seed-${seed}`), servers, program)
      report(options, outcome)
      if (outcome.complaints.length === 0) {
        passed += 1
        if (!options.keep) await rm(outcome.folder, { recursive: true, force: true })
      } else {
        failed += 1
        // whatever broke may have broken the servers, too
        await servers.stop()
        servers = undefined
      }
    }
  } finally {
    await servers?.stop()
    await rm(join(folder, "program"), { recursive: true, force: true })
    if (failed === 0 && !options.keep) await rm(folder, { recursive: true, force: true })
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
  return failed === 0 ? 0 : 1
}

const parsed = parseArguments(process.argv.slice(2))
if ("usage" in parsed) {
  const out = parsed.exitCode === 0 ? process.stdout : process.stderr
  out.write(parsed.usage)
  process.exitCode = parsed.exitCode
} else {
  process.exitCode = await run(parsed.options)
  process.exit()
}
