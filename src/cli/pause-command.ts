/**
 * `gradewire pause|resume|throttle`: an operator's wish, stored in the HR database. A running process follows within two seconds; one
 * that is started later begins as it says.
 */
import { Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type { RoleControl } from "../../schemas/control.ts"
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

export const throttleCommand = (actions: Actions) =>
  Command.make(
    "throttle",
    {
      role: roleArgument,
      config: configFlag,
      output: outputFlag,
      limit: Flag.String("events-per-second").pipe(
        Flag.withMetavar("N|off"),
        Flag.withDescription(
          "Change events that each process of the role may pass in a second; off: no limit"
        ),
        Flag.filterMap(limitOf, (text) => `expected 1 to 1000000, or off, got ${text}`)
      ),
      reason: Flag.String("reason").pipe(
        Flag.withMetavar("TEXT"),
        Flag.withDescription("Why, for whoever looks later; no personal values"),
        Flag.withDefault("")
      )
    },
    ({ config, limit, output, reason, role }) =>
      answer(actions.throttle(config, rolesOf(role), { eventsPerSecond: limit.most, reason }), {
        json: output === "json",
        render: viewText
      })
  ).pipe(
    Command.withDescription(
      "Limit how fast a role goes, now and after restarts; nothing is lost, what waits stays in the binlog or the log"
    ),
    Command.withExamples([
      { command: "gradewire throttle apply --events-per-second 200 --config connector.yaml" },
      { command: "gradewire throttle --events-per-second off --config connector.yaml" }
    ])
  )

const LIMIT_MAX = 1_000_000

const limitOf = (text: string): Option.Option<{ readonly most: number | null }> => {
  if (text === "off") return Option.some({ most: null })
  const most = /^\d{1,7}$/.test(text) ? Number(text) : 0
  return most >= 1 && most <= LIMIT_MAX ? Option.some({ most }) : Option.none()
}

const limitText = ({ eventsPerSecond }: RoleControl): string =>
  eventsPerSecond === null ? "" : `, at most ${eventsPerSecond} events/s`

const viewText = ({ connector, controls }: ControlView): string =>
  [
    ...controls.map(
      (control) =>
        `${connector} ${control.role}: ${control.paused ? "paused" : "may run"}${limitText(control)} since ${control.changedAt}, said ${control.changedBy}${control.reason === "" ? "" : `: ${control.reason}`}`
    ),
    "A running process follows within two seconds; gradewire status shows it."
  ].join("\n")
