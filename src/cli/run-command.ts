/** `gradewire run`: the connector itself, until it is told to stop or must stop. */
import { Config, Effect, Option, Stdio } from "effect"
import { Command, Flag } from "effect/cli"
import { ROLES, type Actions, type RunOptions } from "./Actions.ts"
import { printingFailures } from "./answer.ts"
import { configFlag } from "./flags.ts"

export const runCommand = (actions: Actions) =>
  Command.make(
    "run",
    {
      config: configFlag,
      role: Flag.Literals("role", ROLES).pipe(
        Flag.withDescription(
          "capture: training database to change log; apply: change log to HR database; all: both"
        ),
        Flag.withDefault("all")
      ),
      logFormat: Flag.Literals("log-format", ["auto", "json", "text"]).pipe(
        Flag.withDescription("auto: text on a terminal, one JSON object a line elsewhere"),
        Flag.withDefault("auto")
      ),
      lanes: Flag.String("lanes").pipe(
        Flag.withMetavar("0,1,…"),
        Flag.withDescription(
          "Lanes of apply that this process takes, of apply.lanes in the file; all where left out"
        ),
        Flag.mapTryCatch(lanesOf, (error) => (error instanceof Error ? error.message : String(error))),
        Flag.optional
      ),
      standby: Flag.Boolean("standby").pipe(
        Flag.withDescription(
          "Work only while no other process started with --standby does; take over within seconds when it is gone"
        ),
        Flag.withDefault(false)
      ),
      http: Flag.String("http").pipe(
        Flag.withMetavar("[HOST:]PORT|off"),
        Flag.withDescription(
          "Where probes (/livez, /readyz, /startupz) and /metrics are answered, instead of the file's http; also from GRADEWIRE_HTTP"
        ),
        Flag.withFallbackConfig(Config.String("GRADEWIRE_HTTP")),
        Flag.mapTryCatch(httpOf, (error) => (error instanceof Error ? error.message : String(error))),
        Flag.optional
      )
    },
    Effect.fnUntraced(function* ({ config, role, lanes, logFormat, standby, http }) {
      const stdio = yield* Stdio.Stdio
      const isTerminal = yield* stdio.stderrIsTerminal
      const log = logFormat === "auto" ? (isTerminal ? "text" : "json") : logFormat
      // Standard error stays one JSON object a line to the very last.
      return yield* printingFailures(
        actions.run(config, {
          role,
          lanes: Option.getOrUndefined(lanes),
          log,
          standby,
          http: Option.getOrUndefined(http)
        }),
        log === "json"
      )
    })
  ).pipe(
    Command.withDescription("Run the connector; logs go to standard error, SIGTERM stops it in order"),
    Command.withExamples([
      { command: "gradewire run --config connector.yaml", description: "Both roles in one process" },
      {
        command: "gradewire run --config connector.yaml --role apply --lanes 0,1",
        description: "Some of the lanes; other processes take the others"
      },
      { command: "gradewire run --config connector.yaml --role apply --log-level debug" },
      { command: "gradewire run --config connector.yaml --standby", description: "Two of them: one works" },
      { command: "gradewire run --config connector.yaml --http 127.0.0.1:9091", description: "Another port" }
    ])
  )

/** `2`, `0,1,5`. Throws a sentence for the one who typed it. */
const lanesOf = (text: string): ReadonlyArray<number> => {
  const parts = text.split(",")
  if (!parts.every((part) => /^\d{1,2}$/.test(part))) throw new Error("expected numbers such as 2 or 0,1")
  return [...new Set(parts.map(Number))].toSorted((a, b) => a - b)
}

const PORT_MAX = 65_535

/** `off`, `9091`, `127.0.0.1:9091`, `[::1]:9091`. Throws a sentence for the one who typed it. */
const httpOf = (text: string): Exclude<RunOptions["http"], undefined> => {
  if (text === "off") return false
  const parts = /^(?:\[?([^[\]\s]+?)\]?:)?(\d{1,5})$/.exec(text)
  const port = Number(parts?.[2])
  if (parts === null || port < 1 || port > PORT_MAX) throw new Error("expected PORT, HOST:PORT or off")
  return { host: parts[1], port }
}
