/**
 * `gradewire offsets …`: where is it, how far behind. Answers from the HR database alone, running or not; only the
 * purge margin is asked of the training database, and unknown where it does not answer.
 */
import { Command, Flag } from "effect/cli"
import type { Actions, StageOffset } from "./Actions.ts"
import { answer } from "./answer.ts"
import { configFlag } from "./flags.ts"
import { historyCommand, resetCommand, restoreCommand } from "./offset-moves-command.ts"
import { HOUR, secondsText } from "./seconds-text.ts"
import { textTable, type Column } from "./text-table.ts"

export const offsetsCommand = (actions: Actions) =>
  Command.make("offsets").pipe(
    Command.withDescription("Stored progress of the connector"),
    Command.withSubcommands([
      list(actions),
      resetCommand(actions),
      restoreCommand(actions),
      historyCommand(actions)
    ])
  )

const list = (actions: Actions) =>
  Command.make(
    "list",
    {
      config: configFlag,
      output: Flag.Literals("output", ["table", "wide", "json"]).pipe(
        Flag.withAlias("o"),
        Flag.withDescription("Form of the answer"),
        Flag.withDefault("table")
      )
    },
    ({ config, output }) =>
      answer(actions.offsets(config, output !== "table"), {
        json: output === "json",
        render: (offsets) => textTable(output === "wide" ? [...COLUMNS, ...WIDE_COLUMNS] : COLUMNS, offsets)
      })
  ).pipe(
    Command.withDescription(
      "Position, lag and epoch of every lane that the HR database knows, and the queues of its connector"
    ),
    Command.withExamples([
      { command: "gradewire offsets list --config connector.yaml" },
      { command: "gradewire offsets list --config connector.yaml -o json" }
    ])
  )

const COLUMNS: ReadonlyArray<Column<StageOffset>> = [
  { title: "CONNECTOR", cell: (row) => row.connector },
  { title: "STAGE", cell: (row) => row.stage },
  { title: "LANE", cell: (row) => String(row.lane), align: "right" },
  { title: "POSITION", cell: (row) => placeText(row) },
  { title: "STREAM_SEQ", cell: (row) => known(row.streamSequence), align: "right" },
  { title: "LAG", cell: (row) => secondsText(row.lagSeconds), align: "right" },
  { title: "AGE", cell: (row) => secondsText(row.ageSeconds), align: "right" },
  { title: "HELD", cell: (row) => known(row.held), align: "right" },
  { title: "DEAD", cell: (row) => known(row.deadLetters), align: "right" },
  { title: "EPOCH", cell: (row) => known(row.epoch), align: "right" }
]

const WIDE_COLUMNS: ReadonlyArray<Column<StageOffset>> = [
  { title: "EVENTS", cell: (row) => known(row.events), align: "right" },
  { title: "APPLIED", cell: (row) => known(row.applied), align: "right" },
  { title: "GENERATION", cell: (row) => known(row.generation), align: "right" },
  { title: "COMMITTED_AT", cell: (row) => known(row.committedAt) },
  { title: "UPDATED_AT", cell: (row) => known(row.updatedAt) },
  { title: "HOLDER", cell: (row) => known(row.holder) },
  { title: "RESUME", cell: (row) => known(row.resume) },
  { title: "GTID", cell: (row) => known(row.gtid) },
  { title: "PURGE_MARGIN", cell: (row) => marginText(row.purgeMarginHours), align: "right" },
  { title: "SERVER", cell: (row) => known(row.server) },
  { title: "FULL_POSITION", cell: (row) => known(row.position) }
]

/** As a DBA writes it; `-` before the first change. */
const placeText = (row: StageOffset): string =>
  row.logFile === null || row.logPosition === null ? "-" : `${row.logFile}:${row.logPosition}`

/** Unknown is never shown as zero. */
const known = (value: string | number | null): string => (value === null ? "unknown" : String(value))

const marginText = (hours: StageOffset["purgeMarginHours"]): string =>
  typeof hours === "number" ? secondsText(hours * HOUR) : known(hours)
