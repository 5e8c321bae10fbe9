/**
 * `gradewire lag`, `gradewire lag --monitor` and `gradewire check lag`: answered from the HR database, where scores arrive or do
 * not; the parts of the way are asked of the running processes, and unknown where none answers.
 */
import { Clock, Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import type { Actions } from "./Actions.ts"
import { answer, ExitCode, printingFailures, UNKNOWN } from "./answer.ts"
import { durationOf } from "./duration.ts"
import { failureText } from "./failure-text.ts"
import { configFlag, outputFlag } from "./flags.ts"
import { LagAverages, lagText, lagVerdict, monitorLine, nagiosLine } from "./lag-text.ts"

const INTERVAL = "1 second"

export const lagCommand = (actions: Actions) =>
  Command.make(
    "lag",
    {
      config: configFlag,
      output: outputFlag,
      monitor: Flag.Boolean("monitor").pipe(
        Flag.withDescription(
          "Once a second, with averages over 1, 5 and 15 minutes, until interrupted; -o json prints one object a line"
        ),
        Flag.withDefault(false)
      )
    },
    ({ config, monitor, output }) => {
      const isJson = output === "json"
      if (!monitor) {
        return answer(Effect.scoped(Effect.flatMap(actions.openLag(config), (sample) => sample)), {
          json: isJson,
          render: lagText
        })
      }
      const averages = new LagAverages()
      const follow = Effect.scoped(
        Effect.flatMap(actions.openLag(config), (sample) =>
          Effect.gen(function* () {
            const taken = yield* sample
            const now = yield* Clock.currentTimeMillis
            averages.take(taken, now)
            yield* Console.log(isJson ? JSON.stringify(taken) : monitorLine(taken, averages.of(now)))
            yield* Effect.sleep(INTERVAL)
          }).pipe(Effect.forever)
        )
      )
      return printingFailures(follow, isJson)
    }
  ).pipe(
    Command.withDescription("How late scores reach the profile, now or watched; unknown is never shown as 0"),
    Command.withExamples([
      { command: "gradewire lag --config connector.yaml" },
      { command: "gradewire lag --monitor --config connector.yaml" }
    ])
  )

const thresholdFlag = (name: string, preset: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("30s|5m|1h"),
    Flag.withDescription(`${description}; default ${preset}`),
    Flag.withDefault(preset),
    Flag.filterMap(durationOf, (text) => `expected a time such as 30s, 5m or 1h, got ${text}`)
  )

export const checkLagCommand = (actions: Actions) =>
  Command.make(
    "lag",
    {
      config: configFlag,
      warning: thresholdFlag("warning", "30s", "Lag above which it is a warning"),
      critical: thresholdFlag("critical", "5m", "Lag above which it is critical")
    },
    Effect.fnUntraced(function* ({ config, critical, warning }) {
      const thresholds = { critical, warning }
      if (warning > critical) {
        yield* Console.log(
          "GRADEWIRE UNKNOWN - --warning is longer than --critical, so it could never be met"
        )
        return yield* new ExitCode({ code: UNKNOWN })
      }
      const code = yield* Effect.scoped(Effect.flatMap(actions.openLag(config), (sample) => sample)).pipe(
        Effect.flatMap((sample) =>
          Effect.as(Console.log(nagiosLine(sample, thresholds)), lagVerdict(sample, thresholds))
        ),
        // Whoever watches reads the first line and the code alone.
        Effect.catch((failure) =>
          Effect.as(
            Effect.andThen(
              Console.log(`GRADEWIRE UNKNOWN - ${failure._tag}`),
              Console.error(failureText(failure))
            ),
            UNKNOWN
          )
        )
      )
      if (code !== 0) return yield* new ExitCode({ code })
    })
  ).pipe(
    Command.withDescription(
      "For Nagios and its like: one line with performance figures, ends with 0 ok, 1 warning, 2 critical, 3 unknown"
    ),
    Command.withExamples([
      { command: "gradewire check lag --config connector.yaml" },
      { command: "gradewire check lag --config connector.yaml --warning 1m --critical 10m" }
    ])
  )
