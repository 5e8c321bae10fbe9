/** How the commands for dead letters are told which ones. */
import { Option } from "effect"
import { Argument, Flag } from "effect/cli"
import { LETTER_STATES, UNRESOLVED, type LetterFilter } from "../../schemas/dead-letter.ts"
import { durationOf } from "./duration.ts"
import { sourceTableFlag, textFlag } from "./flags.ts"

export const durationFlag = (name: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("90s|15m|2h|7d"),
    Flag.withDescription(description),
    Flag.filterMap(durationOf, (text) => `expected a time such as 90s, 15m, 2h or 7d, got ${text}`),
    Flag.optional
  )

export const filterFlags = {
  reasonIs: textFlag("reason-is", "REASON", "Only those refused for this reason, as list shows it"),
  table: sourceTableFlag,
  result: textFlag("result", "TABLE:KEY", "Only changes of this result"),
  olderThan: durationFlag("older-than", "Only those that have been here for longer"),
  youngerThan: durationFlag("younger-than", "Only those that came since")
} as const

export const stateFlag = Flag.Literals("state", ["unresolved", "all", ...LETTER_STATES]).pipe(
  Flag.withDescription("unresolved: open, waiting behind an open one, and asked to be replayed"),
  Flag.withDefault("unresolved")
)

interface FilterInput {
  readonly reasonIs: Option.Option<string>
  readonly table: Option.Option<string>
  readonly result: Option.Option<string>
  readonly olderThan: Option.Option<number>
  readonly youngerThan: Option.Option<number>
}

export const filterOf = (
  input: FilterInput,
  state: "unresolved" | "all" | LetterFilter["states"][number] = "unresolved"
): LetterFilter => ({
  states: state === "unresolved" ? UNRESOLVED : state === "all" ? LETTER_STATES : [state],
  reason: Option.getOrUndefined(input.reasonIs),
  table: Option.getOrUndefined(input.table),
  result: Option.getOrUndefined(input.result),
  olderThan: Option.getOrUndefined(input.olderThan),
  youngerThan: Option.getOrUndefined(input.youngerThan)
})

export const positionsArgument = Argument.String("position").pipe(
  Argument.withDescription("Names the letter, as list shows it"),
  Argument.variadic()
)

export const positionArgument = Argument.String("position").pipe(
  Argument.withDescription("Names the letter, as list shows it")
)
