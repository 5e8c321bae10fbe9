/**
 * `gradewire pause|resume`: an operator's wish, stored in the HR database. A running process follows within two seconds; one
 * that is started later begins as it says.
 */
import { Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { ROLE_NAMES, type RoleName } from "../pipeline/Vitals.ts"
import type { Actions, ControlView } from "./Actions.ts"
import { answer } from "./answer.ts"
import { configFlag, outputFlag } from "./flags.ts"

const roleArgument = Argument.Literals("role", ROLE_NAMES).pipe(
  Argument.withDescription("One of the two; both where nothing is said"),
  Argument.optional
)

const rolesOf = (role: Option.Option<RoleName>): ReadonlyArray<RoleName> =>
  Option.match(role, { onNone: () => ROLE_NAMES, onSome: (one) => [one] })

export const pauseCommand = (actions: Actions) =>
  Command.make(
    "pause",
    {
      role: roleArgument,
      config: configFlag,
      output: outputFlag,
      reason: Flag.String("reason").pipe(
        Flag.withMetavar("TEXT"),
        Flag.withDescription("Why, for whoever looks later; no personal values")
      )
    },
    ({ config, output, reason, role }) =>
      answer(actions.control(config, rolesOf(role), { paused: true, reason }), {
        json: output === "json",
        render: viewText
      })
  ).pipe(
    Command.withDescription(
      "Let a role wait where it is, now and after restarts, until it is resumed; nothing is lost meanwhile"
    ),
    Command.withExamples([
      { command: "gradewire pause apply --config connector.yaml --reason 'HR database is being upgraded'" },
      { command: "gradewire pause --config connector.yaml --reason 'moving to another cluster'" }
    ])
  )

export const resumeCommand = (actions: Actions) =>
  Command.make(
    "resume",
    { role: roleArgument, config: configFlag, output: outputFlag },
    ({ config, output, role }) =>
      answer(actions.control(config, rolesOf(role), { paused: false, reason: "" }), {
        json: output === "json",
        render: viewText
      })
  ).pipe(
    Command.withDescription("Let a paused role go on from where it stands"),
    Command.withExamples([
      { command: "gradewire resume apply --config connector.yaml" },
      { command: "gradewire resume --config connector.yaml", description: "Both roles" }
    ])
  )

const viewText = ({ connector, controls }: ControlView): string =>
  [
    ...controls.map(
      ({ changedAt, changedBy, paused, reason, role }) =>
        `${connector} ${role}: ${paused ? "paused" : "may run"} since ${changedAt}, said ${changedBy}${reason === "" ? "" : `: ${reason}`}`
    ),
    "A running process follows within two seconds; gradewire status shows it."
  ].join("\n")
