/** `gradewire check identity`: before going live, how many learners the matching rules prove, and why not the others. */
import { Clock, Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import type { IdentityCoverage } from "../../schemas/identity-coverage.ts"
import type { Actions } from "./Actions.ts"
import { ExitCode, printingFailures } from "./answer.ts"
import { configFlag, limitFlag, revealFlag, textFlag } from "./flags.ts"
import type { IdentityWatch } from "./IdentityCheck.ts"
import { coverageCsv, coverageText } from "./identity-text.ts"

const DIFFERS = 3
const WATCH_MILLIS = 1000

const flags = {
  config: configFlag,
  output: Flag.Literals("output", ["table", "json", "csv"]).pipe(
    Flag.withAlias("o"),
    Flag.withDescription("Form of the answer; csv has one learner a line"),
    Flag.withDefault("table")
  ),
  minCoverage: Flag.Finite("min-coverage").pipe(
    Flag.withMetavar("PERCENT"),
    Flag.withDescription("End with 3 below this; without it wherever a learner is not matched"),
    Flag.withDefault(100)
  ),
  on: textFlag("on", "DAY", "Judge who is employed on this day, 2026-11-22; today where left out"),
  limit: limitFlag(20, "At most so many shared keys"),
  rowsPerSecond: Flag.Int("rows-per-second").pipe(
    Flag.withDescription("Read the training database no faster than this"),
    Flag.optional
  ),
  reveal: revealFlag
}

export const checkIdentityCommand = (actions: Actions) =>
  Command.make(
    "identity",
    flags,
    Effect.fnUntraced(function* ({ config, limit, minCoverage, on, output, reveal, rowsPerSecond }) {
      const request = {
        day: Option.getOrUndefined(on),
        limit,
        rowsPerSecond: Option.getOrUndefined(Option.filter(rowsPerSecond, (rows) => rows > 0)),
        reveal
      }
      const watch = makeWatch(output === "csv")
      const coverage = yield* printingFailures(
        actions.checkIdentity(config, request, watch),
        output === "json"
      )
      if (output === "csv") yield* Console.error(coverageText(coverage))
      else yield* Console.log(output === "json" ? JSON.stringify(coverage, null, 2) : coverageText(coverage))
      if (!isEnough(coverage, minCoverage)) return yield* new ExitCode({ code: DIFFERS })
    })
  ).pipe(
    Command.withDescription(
      "How many learners of the training database the matching rules prove, by which rule, and why not the others; reads only, ends with 3 where some are not matched"
    ),
    Command.withExamples([
      { command: "gradewire check identity --config connector.yaml", description: "Before going live" },
      {
        command: "gradewire check identity --config connector.yaml -o csv --reveal > learners.csv",
        description: "Every learner, for HR to look through"
      },
      { command: "gradewire check identity --config connector.yaml --min-coverage 98 -o json" }
    ])
  )

/** Of the counts themselves: 99.996 percent is not 100. Where nobody was found nothing is proven. */
const isEnough = ({ learners, matched }: IdentityCoverage, percent: number): boolean =>
  learners > 0 && 100 * matched >= percent * learners

/** A line on standard error every second; with `isCsv` every learner on standard output. */
const makeWatch = (isCsv: boolean): IdentityWatch => {
  let last: number | undefined
  let hasTitle = false
  return {
    progress: (what, rows) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        last ??= now
        if (now - last < WATCH_MILLIS) return Effect.void
        last = now
        return Console.error(`${what}: ${rows} rows read`)
      }),
    judged: (learners) => {
      if (!isCsv || learners.length === 0) return Effect.void
      const text = coverageCsv(learners, !hasTitle)
      hasTitle = true
      return Console.log(text)
    }
  }
}
