/** `node test/chaos/main.ts`: see {@link USAGE}. Progress on standard error, the closing line on standard output. */
import { FAULT_KINDS, type FaultKind } from "./FaultKind.ts"
import { type ChaosOptions, parseArguments } from "./options.ts"
import { type HistoryPlan, planHistory } from "./plan-history.ts"
import { replayCommand } from "./replay-command.ts"
import { runHistories } from "./run-histories.ts"
import type { Outcome } from "./run-history.ts"

const COMPLAINTS_SHOWN = 12

const tell = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

const plansOf = (options: ChaosOptions): ReadonlyArray<HistoryPlan> => {
  const { each, faults, firstSeed, hugeRows, lanes, profile, seeds, source, target } = options
  const kinds = faults.length === 0 ? FAULT_KINDS : faults
  const plan = (place: number, chosen: ReadonlyArray<FaultKind>): HistoryPlan =>
    planHistory(firstSeed + place, hugeRows, { source, target, profile, lanes, faults: chosen })
  if (each) return kinds.map((kind, place) => plan(place, [kind]))
  return Array.from({ length: seeds }, (_, place) => plan(place, faults))
}

const reporter =
  (options: ChaosOptions) =>
  ({ changes, complaints, folder, plan, recoverySeconds, seconds }: Outcome): void => {
    const what = `seed ${plan.seed} ${plan.source} ${plan.target} ${plan.profile} ${plan.lanes} lane${plan.lanes === 1 ? "" : "s"} ${plan.topology} ${plan.start} [${plan.faults.map(({ kind }) => kind).join(" ")}]`
    const took = `${changes} changes, ${seconds.toFixed(1)} s, well again after ${recoverySeconds?.toFixed(1) ?? "?"} s`
    if (complaints.length === 0) return tell(`pass ${what} ${took}`)
    tell(`FAIL ${what} ${took}`)
    for (const complaint of complaints.slice(0, COMPLAINTS_SHOWN)) tell(`     ${complaint}`)
    if (complaints.length > COMPLAINTS_SHOWN)
      tell(`     … and ${complaints.length - COMPLAINTS_SHOWN} more in complaints.txt`)
    tell(`     replay: ${replayCommand(plan, options.each || options.faults.length > 0)}`)
    tell(`     kept:   ${folder}`)
  }

const parsed = parseArguments(process.argv.slice(2))
if ("usage" in parsed) {
  const out = parsed.exitCode === 0 ? process.stdout : process.stderr
  out.write(parsed.usage)
  process.exitCode = parsed.exitCode
} else {
  const { options } = parsed
  const report = reporter(options)
  const counts = { passed: 0, failed: 0 }
  const ended = new AbortController()
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => ended.abort())
  const over = (outcome: Outcome): void => {
    counts[outcome.complaints.length === 0 ? "passed" : "failed"] += 1
    report(outcome)
  }
  const plans = plansOf(options)
  await runHistories({ plans, keep: options.keep, over, signal: ended.signal })
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`)
  // guards beside servers and processes end those of a history that was given up
  process.exit(ended.signal.aborted ? 130 : counts.failed === 0 ? 0 : 1)
}
