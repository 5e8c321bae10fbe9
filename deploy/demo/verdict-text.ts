/** The verdict as a person reads it. Keys only, never a person's values. */
import { count, duration, type Percentiles } from "./figures.ts"
import type { Screen } from "./Screen.ts"
import { padEnd, padStart } from "./text-width.ts"
import type { Verdict } from "./verdict.ts"

/** Differing keys that are printed. */
const KEYS_SHOWN = 10

const REASONS: Readonly<Record<string, string>> = {
  ABSENT: "no employee has their phone or e-mail",
  AMBIGUOUS: "two employees share their phone",
  CONFLICT: "phone and e-mail are two employees'"
}

export const verdictLines = (verdict: Verdict, screen: Screen): ReadonlyArray<string> => {
  const bold = (text: string): string => screen.style("bold", text)
  const dim = (text: string): string => screen.style("dim", text)
  const row = (name: string, value: string, more = ""): string =>
    `  ${padEnd(name, 13)}${bold(padStart(value, 8))}  ${dim(more)}`
  const clean = (name: string, value: number, meaning: string): string =>
    `  ${padEnd(name, 13)}${screen.style(value === 0 ? ["green", "bold"] : ["red", "bold"], padStart(count(value), 8))}  ${dim(meaning)}`
  const { rate } = verdict
  const isBehind = rate.achieved < 0.95 * rate.asked
  const pace = `${rate.achieved.toFixed(1)}/s${isBehind ? `, ${count(rate.asked)}/s were too many` : ""}`
  return [
    "",
    bold("Verdict: both databases compared row by row"),
    "",
    row("written", count(verdict.written), `changes committed in ${verdict.source}, ${pace}`),
    row("rolled back", count(verdict.rolledBack), "transactions, of which nothing may ever be seen"),
    row(
      "applied",
      count(verdict.applied),
      `changes; ${count(verdict.filed)} results filed, ${count(verdict.ledger)} in the ledger`
    ),
    row("held", count(verdict.held), heldText(verdict)),
    ...Object.entries(verdict.heldBy)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([reason, results]) =>
        dim(
          `  ${" ".repeat(22)}${padStart(count(results), 4)} ${padEnd(reason, 10)} ${REASONS[reason] ?? ""}`
        )
      ),
    row("released", count(verdict.released), "held until HR entered the employee, then filed"),
    "",
    clean("lost", verdict.lost, "neither in the profile nor rightly held"),
    clean("doubled", verdict.doubled, "two rows, or a change that took effect twice"),
    clean("wrong", verdict.wrong, "another value, another person, or out of order"),
    clean("phantom", verdict.phantom, "deleted or rolled back, but there"),
    "",
    ...latencyLines(verdict, screen),
    ...failureLines(verdict, screen),
    "",
    verdict.passed
      ? `${screen.style(["green", "bold"], "PASSED")}  ${verdict.kills} × SIGKILL, ${verdict.natsRestarts} × NATS restart: every score is where it belongs, once.`
      : `${screen.style(["red", "bold"], "FAILED")}  see above; repeat it with --seed ${verdict.seed}`
  ]
}

const heldText = ({ held, heldChanges }: Verdict): string =>
  held === 0 ? "nobody's results wait" : `results wait visibly, each rightly (${count(heldChanges)} changes)`

const latencyLines = (verdict: Verdict, screen: Screen): ReadonlyArray<string> => {
  const dim = (text: string): string => screen.style("dim", text)
  const line = (what: string, latency: Percentiles | null): string => {
    const cell = (name: string, value: number | undefined): string =>
      `${dim(name)} ${screen.style("bold", padStart(duration(value), 8))}`
    return `  ${padEnd(what, 25)}${cell("p50", latency?.p50)}  ${cell("p95", latency?.p95)}  ${cell("p99", latency?.p99)}  ${dim(`n ${count(latency?.count ?? 0)}`)}`
  }
  return [
    `  ${screen.style("bold", "COMMIT → profile")}`,
    line(`at ${count(verdict.rate.achieved)} changes/s`, verdict.latencyMs),
    line("imports of 2,000", verdict.latencyOfImportsMs),
    line("all, restarts included", verdict.latencyWithRestartsMs),
    dim("  From COMMIT returned to the writer until the HR database notified the row."),
    dim("  First line: outside restarts and imports, until what piled up has arrived."),
    dim("  Every commit reaches the disk at all three servers."),
    dim(`  ${machineText(verdict)}`),
    ...(verdict.unmeasured === 0
      ? []
      : [
          dim(
            `  ${count(verdict.unmeasured)} changes were overtaken by later ones before they could be seen.`
          )
        ])
  ]
}

const machineText = ({ load, peakMemoryMiB }: Verdict): string =>
  `Load of the machine ${load.toFixed(1)}.${peakMemoryMiB === null ? "" : ` gradewire used ${peakMemoryMiB} MiB at most.`}`

const failureLines = ({ complaints, differences }: Verdict, screen: Screen): ReadonlyArray<string> => {
  if (complaints.length + differences.length === 0) return []
  const red = (text: string): string => screen.style("red", text)
  const more = differences.length - KEYS_SHOWN
  return [
    "",
    ...complaints.map((complaint) => red(`  ✖ ${complaint}`)),
    ...differences.slice(0, KEYS_SHOWN).map(({ fault, ref, what }) => red(`  ✖ ${fault}  ${ref}  ${what}`)),
    ...(more > 0 ? [red(`    and ${count(more)} more`)] : [])
  ]
}
