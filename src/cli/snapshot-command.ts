/** `gradewire snapshot …`: how far the copy of the source's tables is, and commands to the capture that runs it. */
import { Console, Effect, Option, Stdio } from "effect"
import { Command, Flag } from "effect/cli"
import type { SnapshotCommand, SnapshotTable } from "../../schemas/snapshot-command.ts"
import type { Action, Actions, SnapshotView } from "./Actions.ts"
import { answer, printingFailures } from "./answer.ts"
import { configFlag, outputFlag } from "./flags.ts"
import { CLEAR_SCREEN, textTable, type Column } from "./text-table.ts"

export const snapshotCommand = (actions: Actions) =>
  Command.make("snapshot").pipe(
    Command.withDescription("Copy the source's tables: progress, ad-hoc copies, pause and cancel"),
    Command.withSubcommands([
      status(actions),
      start(actions),
      simple(actions, "pause", "Stop copying after the chunk that is being read; the stream goes on"),
      simple(actions, "resume", "Go on where pause stopped"),
      cancel(actions)
    ])
  )

const tableFlag = Flag.String("table").pipe(
  Flag.withAlias("t"),
  Flag.withMetavar("SCHEMA.TABLE"),
  Flag.withDescription("Source table as the configuration names it")
)

const WATCH_MILLIS = 1_000

const status = (actions: Actions) =>
  Command.make(
    "status",
    {
      config: configFlag,
      output: outputFlag,
      watch: Flag.Boolean("watch").pipe(
        Flag.withAlias("w"),
        Flag.withDescription("Again every second, until no table is left to copy"),
        Flag.withDefault(false)
      )
    },
    Effect.fnUntraced(function* ({ config, output, watch }) {
      const action = actions.snapshot(config, { command: "status" })
      if (!watch) return yield* show(action, output)
      const stdio = yield* Stdio.Stdio
      yield* watching(action, output, yield* stdio.stdoutIsTerminal)
    })
  ).pipe(
    Command.withDescription(
      "Rows, estimate and percent per table: from the running capture, else from the HR database"
    ),
    Command.withExamples([
      { command: "gradewire snapshot status --config connector.yaml --watch" },
      { command: "gradewire snapshot status --config connector.yaml -o json" }
    ])
  )

const start = (actions: Actions) =>
  Command.make(
    "start",
    {
      config: configFlag,
      output: outputFlag,
      table: tableFlag,
      where: Flag.String("where").pipe(
        Flag.withMetavar("SQL"),
        Flag.withDescription("Only rows that this condition holds for, in the training database's SQL"),
        Flag.optional
      ),
      key: Flag.String("key").pipe(
        Flag.withMetavar("KEY"),
        Flag.withDescription(
          "Only the row with this key, as events write it; once for each row. A key of several columns: a,b"
        ),
        Flag.atLeast(0)
      )
    },
    ({ config, output, table, where, key }) =>
      show(actions.snapshot(config, startOf(table, where, key)), output)
  ).pipe(
    Command.withDescription("Copy a mapped table again, beside the stream; replaying changes nothing"),
    Command.withExamples([
      { command: "gradewire snapshot start --config connector.yaml --table lms.exam_result" },
      {
        command:
          "gradewire snapshot start --config connector.yaml --table lms.exam_result --where 'exam_id = 501'",
        description: "One exam only"
      },
      {
        command:
          "gradewire snapshot start --config connector.yaml --table lms.exam_result --key 4711 --key 4712",
        description: "Two results, which reconciling found missing"
      }
    ])
  )

const startOf = (
  table: string,
  where: Option.Option<string>,
  keys: ReadonlyArray<string>
): SnapshotCommand => ({
  command: "start",
  table,
  where: Option.getOrNull(where),
  ...(keys.length === 0 ? {} : { keys })
})

const simple = (actions: Actions, command: "pause" | "resume", description: string) =>
  Command.make(command, { config: configFlag, output: outputFlag }, ({ config, output }) =>
    show(actions.snapshot(config, { command }), output)
  ).pipe(
    Command.withDescription(description),
    Command.withExamples([{ command: `gradewire snapshot ${command} --config connector.yaml` }])
  )

const cancel = (actions: Actions) =>
  Command.make(
    "cancel",
    { config: configFlag, output: outputFlag, table: Flag.optional(tableFlag) },
    ({ config, output, table }) => show(actions.snapshot(config, cancelOf(table)), output)
  ).pipe(
    Command.withDescription("End the copy of one table, or of all; what has been copied stays"),
    Command.withExamples([
      { command: "gradewire snapshot cancel --config connector.yaml --table lms.exam_result" }
    ])
  )

const cancelOf = (table: Option.Option<string>): SnapshotCommand => ({
  command: "cancel",
  table: Option.getOrNull(table)
})

const show = (action: Action<SnapshotView>, output: "table" | "json") =>
  answer(action, { json: output === "json", render: viewText })

/** Redraws on a terminal; elsewhere one answer follows the other, as one line each where JSON was asked for. */
const watching = (action: Action<SnapshotView>, output: "table" | "json", isTerminal: boolean) =>
  Effect.gen(function* () {
    while (true) {
      const view = yield* printingFailures(action, output === "json")
      const text = output === "json" ? JSON.stringify(view) : viewText(view)
      yield* Console.log(isTerminal && output === "table" ? CLEAR_SCREEN + text : text)
      if (!view.tables.some(isUnfinished)) return
      yield* Effect.sleep(WATCH_MILLIS)
    }
  })

const isUnfinished = ({ state }: SnapshotTable): boolean => state !== "done" && state !== "canceled"

const COLUMNS: ReadonlyArray<Column<SnapshotTable>> = [
  { title: "TABLE", cell: (row) => row.table },
  { title: "STATE", cell: (row) => row.state.toUpperCase() },
  { title: "ROWS", cell: (row) => String(row.rows), align: "right" },
  { title: "ESTIMATE", cell: (row) => known(row.estimate), align: "right" },
  { title: "PERCENT", cell: (row) => (row.percent === null ? "unknown" : `${row.percent}%`), align: "right" },
  { title: "ONLY", cell: (row) => (row.filtered ? "a condition" : "-") }
]

/** Unknown is never shown as zero. */
const known = (value: number | null): string => (value === null ? "unknown" : String(value))

const viewText = (view: SnapshotView): string => {
  if (view.tables.length === 0) return `${view.connector}: nothing is known of a copy yet.`
  const from =
    view.from === "capture"
      ? "as the running capture says"
      : `as applied to the HR database at ${view.updatedAt ?? "an unknown time"}; no running capture answers`
  return [textTable(COLUMNS, view.tables), `${view.connector}: ${from}.`].join("\n\n")
}
