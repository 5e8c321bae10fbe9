/** `gradewire offsets reset|restore|history`: plans by default, acts with --execute. */
import { Clock, Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type { PlaceWanted } from "../capture/find-place.ts"
import type { Actions } from "./Actions.ts"
import { answer, ExitCode, WRONG_USAGE } from "./answer.ts"
import { configFlag, limitFlag, outputFlag, textFlag, timeFlag } from "./flags.ts"
import { durationFlag } from "./letter-flags.ts"
import { historyText, moveText } from "./offset-moves-text.ts"
import type { MoveRequest } from "./OffsetMoves.ts"

const MICROS_PER_MILLI = 1_000
const MILLIS_PER_SECOND = 1_000

const executeFlags = {
  execute: Flag.Boolean("execute").pipe(
    Flag.withDescription("Do it; without it, the answer says what would be"),
    Flag.withDefault(false)
  ),
  reason: textFlag("reason", "TEXT", "With --execute: why, for the history; no personal values"),
  acceptsLoss: Flag.Boolean("accept-data-loss").pipe(
    Flag.withDescription("With --execute, where a skip loses changes: that is meant"),
    Flag.withDefault(false)
  )
}

interface ExecuteInput {
  readonly execute: boolean
  readonly reason: Option.Option<string>
  readonly acceptsLoss: boolean
}

const filePositionOf = (text: string): Option.Option<PlaceWanted> => {
  const [, file, position] = /^(.+\.\d+):(\d{1,15})$/.exec(text) ?? []
  return file === undefined
    ? Option.none()
    : Option.some({ _tag: "FilePosition", file, position: Number(position) })
}

const shiftOf = (text: string): Option.Option<PlaceWanted> =>
  /^[+-]?\d{1,9}$/.test(text) ? Option.some({ _tag: "Shift", transactions: Number(text) }) : Option.none()

const switchFlag = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

const placeFlags = {
  gtid: textFlag(
    "to-gtid",
    "GTID",
    "Behind this transaction: UUID:N (or UUID:1-N), DOMAIN-SERVER-N on MariaDB"
  ),
  filePosition: Flag.String("to-file-pos").pipe(
    Flag.withMetavar("FILE:POSITION"),
    Flag.withDescription("Where a transaction begins or ends"),
    Flag.filterMap(filePositionOf, (text) => `expected FILE:POSITION such as binlog.000003:157, got ${text}`),
    Flag.optional
  ),
  time: timeFlag(
    "to-datetime",
    "Before the first transaction that the source committed then or later; RFC 3339 with a zone"
  ),
  ago: durationFlag("by-duration", "The same, so long before now"),
  shift: Flag.String("shift-by").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("So many transactions with mapped changes on; back with --shift-by=-N"),
    Flag.filterMap(shiftOf, (text) => `expected a number such as 10 or -10, got ${text}`),
    Flag.optional
  ),
  earliest: switchFlag("to-earliest", "The oldest place that the training database still has"),
  latest: switchFlag("to-latest", "The present end of its binlog"),
  current: switchFlag("to-current", "Where apply stands: what follows is read and published again")
}

type PlaceInput = {
  readonly gtid: Option.Option<string>
  readonly filePosition: Option.Option<PlaceWanted>
  readonly time: Option.Option<number>
  readonly ago: Option.Option<number>
  readonly shift: Option.Option<PlaceWanted>
  readonly earliest: boolean
  readonly latest: boolean
  readonly current: boolean
}

const placesOf = (input: PlaceInput, nowMillis: number): ReadonlyArray<PlaceWanted> => [
  ...Option.toArray(Option.map(input.gtid, (gtid): PlaceWanted => ({ _tag: "Gtid", gtid }))),
  ...Option.toArray(input.filePosition),
  ...Option.toArray(
    Option.map(input.time, (millis): PlaceWanted => ({ _tag: "Time", micros: millis * MICROS_PER_MILLI }))
  ),
  ...Option.toArray(
    Option.map(input.ago, (seconds): PlaceWanted => ({
      _tag: "Time",
      micros: (nowMillis - seconds * MILLIS_PER_SECOND) * MICROS_PER_MILLI
    }))
  ),
  ...Option.toArray(input.shift),
  ...(input.earliest ? [{ _tag: "Earliest" } as const] : []),
  ...(input.latest ? [{ _tag: "Latest" } as const] : []),
  ...(input.current ? [{ _tag: "Current" } as const] : [])
]

const misused = (what: string) =>
  Effect.andThen(Console.error(`gradewire: ${what}`), Effect.fail(new ExitCode({ code: WRONG_USAGE })))

/** `undefined` where --execute comes without a reason. */
const executionOf = ({ acceptsLoss, execute, reason }: ExecuteInput) => {
  const text = Option.getOrElse(reason, () => "").trim()
  return execute && text === ""
    ? misused("--execute needs --reason TEXT: the history keeps it")
    : Effect.succeed(execute ? { reason: text, acceptsLoss } : undefined)
}

const moved = (
  actions: Actions,
  { config, output, ...input }: ExecuteInput & { readonly config: string; readonly output: string },
  to: MoveRequest["to"]
) =>
  Effect.flatMap(executionOf(input), (execute) =>
    answer(actions.moveOffsets(config, { to, execute }), { json: output === "json", render: moveText })
  )

export const resetCommand = (actions: Actions) =>
  Command.make("reset", { config: configFlag, output: outputFlag, ...placeFlags, ...executeFlags }, (input) =>
    Effect.gen(function* () {
      const [place, ...more] = placesOf(input, yield* Clock.currentTimeMillis)
      if (place === undefined || more.length > 0)
        return yield* misused("name one place, with one --to-…, --by-duration or --shift-by")
      return yield* moved(actions, input, place)
    })
  ).pipe(
    Command.withDescription(
      "Set the offsets to another place of the training database's binlog. Going back brings changes again, and those that are applied stay without effect; going forward loses what is not"
    ),
    Command.withExamples([
      {
        command: "gradewire offsets reset --config connector.yaml --to-datetime 2026-11-21T00:00:00+08:00",
        description: "What would be"
      },
      {
        command:
          "gradewire offsets reset --config connector.yaml --by-duration 1d --execute --reason 'a subscriber lost a day'"
      },
      {
        command:
          "gradewire offsets reset --config connector.yaml --to-latest --execute --accept-data-loss --reason 'test import'"
      }
    ])
  )

export const restoreCommand = (actions: Actions) =>
  Command.make(
    "restore",
    {
      config: configFlag,
      output: outputFlag,
      id: Argument.Int("id").pipe(
        Argument.withDescription("Number of the move to undo, as history lists it")
      ),
      ...executeFlags
    },
    (input) => moved(actions, input, { _tag: "Restore", id: input.id })
  ).pipe(
    Command.withDescription("Undo a move of the offsets: back to where they stood before it"),
    Command.withExamples([
      { command: "gradewire offsets restore 12 --config connector.yaml", description: "What would be" },
      {
        command:
          "gradewire offsets restore 12 --config connector.yaml --execute --reason 'reset was a mistake'"
      }
    ])
  )

export const historyCommand = (actions: Actions) =>
  Command.make(
    "history",
    {
      config: configFlag,
      output: outputFlag,
      limit: limitFlag(100)
    },
    ({ config, limit, output }) =>
      answer(actions.offsetMoves(config, limit), { json: output === "json", render: historyText })
  ).pipe(
    Command.withDescription("Every reset and restore, the newest first, from the HR database alone"),
    Command.withExamples([{ command: "gradewire offsets history --config connector.yaml" }])
  )
