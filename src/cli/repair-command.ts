/** `gradewire repair`: mends what `gradewire verify` found, in the manner of pt-table-sync. */
import { Console, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { DAMAGE_KINDS } from "../../schemas/reconciliation.ts"
import type { RepairStep } from "../reconcile/repair.ts"
import type { Actions } from "./Actions.ts"
import type { RepairRequest, RepairView } from "./Reconciliation.ts"
import { answer } from "./answer.ts"
import { configFlag, outputFlag, textFlag } from "./flags.ts"
import { textTable, type Column } from "./text-table.ts"

const choice = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

const flags = {
  config: configFlag,
  output: outputFlag,
  run: Flag.String("run").pipe(
    Flag.withMetavar("RUN"),
    Flag.withDescription("Name of the run, as gradewire verify and gradewire report list say it")
  ),
  kinds: Flag.Literals("kind", DAMAGE_KINDS).pipe(
    Flag.withDescription("Only rows of this kind; once for each"),
    Flag.atLeast(0)
  ),
  print: choice(
    "print",
    "Say which rows would be sent, from the run alone (this is what happens without a choice)"
  ),
  dryRun: choice("dry-run", "Look at each row again and say which differ still, and send nothing"),
  execute: choice("execute", "Send them"),
  revokeExtra: choice("revoke-extra", "Revoke rows that the source has no more; wants --reason"),
  reason: textFlag("reason", "TEXT", "Why they are revoked; kept with the rows"),
  wait: Flag.Int("wait").pipe(
    Flag.withMetavar("SECONDS"),
    Flag.withDescription("How long to wait until the rows of a batch are right"),
    Flag.withDefault(60)
  )
}

export const repairCommand = (actions: Actions) =>
  Command.make("repair", flags, ({ config, output, ...asked }) =>
    answer(
      actions.repair(config, requestOf(asked), (table, rows) =>
        Console.error(`${table}: ${rows} rows looked at`)
      ),
      {
        json: output === "json",
        render: viewText,
        exitCode: ({ steps }) =>
          steps.some(({ outcome }) => outcome === "differs" || outcome === "sent") ? 3 : 0
      }
    )
  ).pipe(
    Command.withDescription(
      "Send missing and different rows once more, from the source through the change log; live changes win"
    ),
    Command.withExamples([
      {
        command: "gradewire repair --config connector.yaml --run 20261122T145831-1c9a",
        description: "What would be sent"
      },
      { command: "gradewire repair --config connector.yaml --run 20261122T145831-1c9a --execute" },
      {
        command:
          "gradewire repair --config connector.yaml --run 20261122T145831-1c9a --kind extra --revoke-extra --reason 'exam withdrawn' --execute",
        description: "Take back what the source has no more"
      }
    ])
  )

interface Asked {
  readonly run: string
  readonly kinds: RepairRequest["kinds"]
  readonly print: boolean
  readonly dryRun: boolean
  readonly execute: boolean
  readonly revokeExtra: boolean
  readonly reason: Option.Option<string>
  readonly wait: number
}

/** Of several choices the most careful one. */
const modeOf = ({ dryRun, execute, print }: Asked): RepairRequest["mode"] =>
  print ? "print" : dryRun ? "look" : execute ? "execute" : "print"

const requestOf = (asked: Asked): RepairRequest => ({
  run: asked.run,
  kinds: asked.kinds.length === 0 ? DAMAGE_KINDS : asked.kinds,
  mode: modeOf(asked),
  revokeExtra: asked.revokeExtra,
  reason: Option.getOrNull(asked.reason),
  waitSeconds: Math.max(1, asked.wait)
})

const COLUMNS: ReadonlyArray<Column<RepairStep>> = [
  { title: "OUTCOME", cell: ({ outcome }) => outcome },
  { title: "ACTION", cell: ({ action }) => action },
  { title: "KIND", cell: ({ kind }) => kind },
  { title: "ROW", cell: ({ id }) => id },
  { title: "FIELDS", cell: ({ fields }) => fields.join(" ") },
  { title: "TABLE", cell: ({ table }) => table }
]

const viewText = ({ mode, run, steps }: RepairView): string => {
  if (steps.length === 0) return `run ${run}: nothing to mend`
  const sum = (outcome: RepairStep["outcome"]) => steps.filter((step) => step.outcome === outcome).length
  const left = steps.filter(({ action }) => action === "left").length
  const counts =
    mode === "print"
      ? `${steps.length - left} rows would be sent; --execute sends them`
      : `${sum("mended")} mended, ${sum("right")} right already, ${sum("differs")} differ, ${sum("sent")} sent and different still`
  const extra =
    left === 0 ? "" : `; ${left} extra rows are left: --revoke-extra --reason TEXT takes them back`
  return `${textTable(COLUMNS, steps)}\nrun ${run}: ${counts}${extra}`
}
