/** `gradewire lanes set`: into how many lanes the work of apply is divided. */
import { Argument, Command, Flag } from "effect/cli"
import { LANES_MAX } from "../../schemas/lane.ts"
import type { LaneState } from "../apply/LaneDesk.ts"
import type { Actions, LanesView } from "./Actions.ts"
import { answer } from "./answer.ts"
import { configFlag, outputFlag } from "./flags.ts"
import { secondsText } from "./seconds-text.ts"
import { textTable, type Column } from "./text-table.ts"

export const lanesCommand = (actions: Actions) =>
  Command.make("lanes").pipe(
    Command.withDescription("Lanes that share the work of apply; each learner belongs to one"),
    Command.withSubcommands([set(actions)])
  )

const set = (actions: Actions) =>
  Command.make(
    "set",
    {
      config: configFlag,
      output: outputFlag,
      lanes: Argument.Int("lanes").pipe(
        Argument.withDescription("How many there are to be"),
        Argument.filter(
          (lanes) => lanes >= 1 && lanes <= LANES_MAX,
          (lanes) => `expected 1 to ${LANES_MAX}, got ${lanes}`
        )
      ),
      execute: Flag.Boolean("execute").pipe(
        Flag.withDescription("Do it; without it, the answer says what would be"),
        Flag.withDefault(false)
      )
    },
    ({ config, execute, lanes, output }) =>
      answer(actions.divide(config, lanes, execute), { json: output === "json", render: lanesText })
  ).pipe(
    Command.withDescription(
      "Divide the work anew: processes that apply now are fenced, what they had in advance comes again without effect"
    ),
    Command.withExamples([
      { command: "gradewire lanes set 4 --config connector.yaml", description: "What would be" },
      { command: "gradewire lanes set 4 --config connector.yaml --execute" }
    ])
  )

const COLUMNS: ReadonlyArray<Column<LaneState>> = [
  { title: "LANE", cell: (row) => String(row.lane), align: "right" },
  { title: "POSITION", cell: (row) => row.position },
  { title: "EPOCH", cell: (row) => String(row.epoch), align: "right" },
  { title: "AGE", cell: (row) => secondsText(row.idleSeconds), align: "right" },
  { title: "HOLDER", cell: (row) => row.holder || "-" }
]

const count = (lanes: number): string => (lanes === 1 ? "1 lane" : `${lanes} lanes`)

const outcomeText = ({ before, configured, connector, executed, wanted }: LanesView): string => {
  const next =
    configured === wanted
      ? "Start its processes again."
      : `Set apply.lanes: ${wanted} in the configuration and start its processes again; with ${configured} they stop at once.`
  if (executed)
    return `${connector} is divided into ${count(wanted)} now; whoever applied before is fenced. ${next}`
  return before.length === wanted
    ? `${connector} is divided into ${count(wanted)} already. ${configured === wanted ? "There is nothing to do." : next}`
    : `${connector} is divided into ${count(before.length)} now and would be into ${count(wanted)}, all at the lowest position above. Nothing was changed; --execute does it.`
}

const lanesText = (view: LanesView): string =>
  view.before.length === 0
    ? `${view.connector} has never applied anything: its first run makes as many lanes as apply.lanes says, ${view.configured} now.`
    : [textTable(COLUMNS, view.after), outcomeText(view)].join("\n\n")
