/**
 * `gradewire offsets …`: where is it, how far behind. Answers from the HR database alone, running or not; what the training
 * database, NATS and the processes would add is unknown where they do not answer.
 */
import { Console, Effect, Stdio } from "effect"
import { Command, Flag } from "effect/cli"
import type { StageOffset } from "../../schemas/stage-offset.ts"
import type { Actions } from "./Actions.ts"
import { printingFailures } from "./answer.ts"
import { configFlag } from "./flags.ts"
import { historyCommand, resetCommand, restoreCommand } from "./offset-moves-command.ts"
import { offsetsTable, offsetsVertical } from "./offsets-text.ts"
import { CLEAR_SCREEN } from "./text-table.ts"
import { toYaml } from "./yaml-text.ts"

const WATCH = "2 seconds"

export const offsetsCommand = (actions: Actions) =>
  Command.make("offsets").pipe(
    Command.withDescription("Progress of the connector: where it is, and how it is sent elsewhere"),
    Command.withSubcommands([
      list(actions),
      show(actions),
      resetCommand(actions),
      restoreCommand(actions),
      historyCommand(actions)
    ])
  )

type Form = "table" | "wide" | "json" | "yaml"

const flags = {
  config: configFlag,
  output: Flag.Literals("output", ["table", "wide", "json", "yaml"]).pipe(
    Flag.withAlias("o"),
    Flag.withDescription("Form of the answer; schemas/json/offset-list.json describes json and yaml"),
    Flag.withDefault("table")
  ),
  watch: Flag.Boolean("watch").pipe(
    Flag.withAlias("w"),
    Flag.withDescription("Again every two seconds, until it is stopped"),
    Flag.withDefault(false)
  )
}

const list = (actions: Actions) =>
  Command.make(
    "list",
    {
      ...flags,
      vertical: Flag.Boolean("vertical").pipe(
        Flag.withAlias("G"),
        Flag.withDescription("One field a line, as \\G in the mysql client"),
        Flag.withDefault(false)
      )
    },
    ({ vertical, ...given }) => printed(actions.offsets(given.config), given, vertical)
  ).pipe(
    Command.withDescription(
      "Source, stream and sink of the connector, and the sinks of every other one in its HR database"
    ),
    Command.withExamples([
      { command: "gradewire offsets list --config connector.yaml" },
      { command: "gradewire offsets list --config connector.yaml --watch" },
      { command: "gradewire offsets list --config connector.yaml -o json" }
    ])
  )

const show = (actions: Actions) =>
  Command.make("show", flags, (given) => printed(ownOffsets(actions, given.config), given, true)).pipe(
    Command.withDescription("Everything that is known of the connector's stages, one field a line"),
    Command.withExamples([
      { command: "gradewire offsets show --config connector.yaml" },
      { command: "gradewire offsets show --config connector.yaml -o yaml" }
    ])
  )

/** The first row is the connector's own source. */
const ownOffsets = (actions: Actions, config: string): ReturnType<Actions["offsets"]> =>
  Effect.map(actions.offsets(config), (rows) =>
    rows.filter(({ connector }) => connector === rows[0]!.connector)
  )

const printed = Effect.fnUntraced(function* (
  action: ReturnType<Actions["offsets"]>,
  { output, watch }: { readonly output: Form; readonly watch: boolean },
  vertical: boolean
) {
  const stdio = yield* Stdio.Stdio
  const clear = watch && output !== "json" && output !== "yaml" && (yield* stdio.stdoutIsTerminal)
  const once = Effect.flatMap(printingFailures(action, output === "json"), (rows) =>
    Console.log((clear ? CLEAR_SCREEN : "") + textOf(rows, output, vertical, watch))
  )
  yield* once
  if (watch) yield* Effect.forever(Effect.andThen(Effect.sleep(WATCH), once))
})

const textOf = (
  rows: ReadonlyArray<StageOffset>,
  output: Form,
  vertical: boolean,
  watch: boolean
): string => {
  // One answer a line, for whoever reads them as they come.
  if (output === "json") return JSON.stringify(rows, null, watch ? 0 : 2)
  if (output === "yaml") return watch ? `---\n${toYaml(rows)}` : toYaml(rows)
  return vertical && output === "table" ? offsetsVertical(rows) : offsetsTable(rows, output === "wide")
}
