/** `gradewire deadletters …`: what the HR database refused, and what people decide about it. From the HR database alone. */
import { Option } from "effect"
import { Command, Flag } from "effect/cli"
import type { SettleRequest } from "../apply/settle-letters.ts"
import type { Actions } from "./Actions.ts"
import { answer } from "./answer.ts"
import { configFlag, limitFlag, outputFlag, revealFlag } from "./flags.ts"
import { filterFlags, filterOf, positionArgument, positionsArgument, stateFlag } from "./letter-flags.ts"
import { letterText, lettersText, settlementText } from "./letter-text.ts"

/** Some outcome is not what was asked for. */
const UNSETTLED = 3

export const deadlettersCommand = (actions: Actions) =>
  Command.make("deadletters").pipe(
    Command.withDescription(
      "Changes that the HR database refused, and later changes of the same results behind them"
    ),
    Command.withSubcommands([list(actions), show(actions), replay(actions), discard(actions)])
  )

const list = (actions: Actions) =>
  Command.make(
    "list",
    {
      config: configFlag,
      output: outputFlag,
      state: stateFlag,
      ...filterFlags,
      limit: limitFlag(100)
    },
    ({ config, output, limit, state, ...filter }) =>
      answer(actions.letters(config, filterOf(filter, state), limit), {
        json: output === "json",
        render: lettersText,
        toJson: ({ letters }) => letters
      })
  ).pipe(
    Command.withDescription("Dead letters, oldest change first; no personal values"),
    Command.withExamples([
      { command: "gradewire deadletters list --config connector.yaml" },
      {
        command:
          "gradewire deadletters list --config connector.yaml --reason-is 23514 --older-than 1d -o json"
      }
    ])
  )

const show = (actions: Actions) =>
  Command.make(
    "show",
    {
      config: configFlag,
      output: outputFlag,
      position: positionArgument,
      reveal: revealFlag
    },
    ({ config, output, position, reveal }) =>
      answer(actions.letter(config, position, reveal), { json: output === "json", render: letterText })
  ).pipe(
    Command.withDescription("One dead letter: why, the change itself (masked), what was decided so far"),
    Command.withExamples([
      {
        command:
          "gradewire deadletters show 0001-0000000123-00000004567890-0000000033554434 --config connector.yaml"
      }
    ])
  )

const choiceFlags = {
  config: configFlag,
  output: outputFlag,
  positions: positionsArgument,
  all: Flag.Boolean("all").pipe(
    Flag.withDescription("All that the filters meet, instead of named ones; says what it would do"),
    Flag.withDefault(false)
  ),
  execute: Flag.Boolean("execute").pipe(Flag.withDescription("With --all: do it"), Flag.withDefault(false)),
  ...filterFlags,
  by: Flag.String("by").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription("Who decides; the account of this machine where left out"),
    Flag.optional
  )
} as const

const replay = (actions: Actions) =>
  Command.make(
    "replay",
    {
      ...choiceFlags,
      timeout: Flag.Int("timeout").pipe(
        Flag.withMetavar("SECONDS"),
        Flag.withDescription("How long outcomes are waited for, since the last one came"),
        Flag.withDefault(20)
      )
    },
    ({ all, by, config, execute, output, positions, timeout, ...filter }) =>
      settle(actions, config, output, {
        action: "replay",
        by: Option.getOrUndefined(by),
        why: null,
        choice: choiceOf(all, positions, filter),
        execute: execute || !all,
        waitMillis: timeout * 1000
      })
  ).pipe(
    Command.withDescription(
      "Ask for another attempt, once the cause is mended; the later changes of the result follow by themselves"
    ),
    Command.withExamples([
      {
        command:
          "gradewire deadletters replay 0001-0000000123-00000004567890-0000000033554434 --config connector.yaml"
      },
      {
        command: "gradewire deadletters replay --all --reason-is 23514 --config connector.yaml --execute",
        description:
          "Everything that one constraint had refused; without --execute it only says what it would do"
      }
    ])
  )

const discard = (actions: Actions) =>
  Command.make(
    "discard",
    {
      ...choiceFlags,
      reason: Flag.String("reason").pipe(
        Flag.withMetavar("WHY"),
        Flag.withDescription("Why it is given up; kept with it")
      )
    },
    ({ all, by, config, execute, output, positions, reason, ...filter }) =>
      settle(actions, config, output, {
        action: "discard",
        by: Option.getOrUndefined(by),
        why: reason,
        choice: choiceOf(all, positions, filter),
        execute: execute || !all,
        waitMillis: 0
      })
  ).pipe(
    Command.withDescription(
      "Give a change up for good; it stays listed, and later changes of its result go on"
    ),
    Command.withExamples([
      {
        command:
          "gradewire deadletters discard 0001-0000000123-00000004567890-0000000033554434 --reason 'test account' --config connector.yaml"
      }
    ])
  )

const choiceOf = (
  all: boolean,
  positions: ReadonlyArray<string>,
  filter: Parameters<typeof filterOf>[0]
): SettleRequest["choice"] | undefined =>
  all === positions.length > 0 ? undefined : all ? { filter: filterOf(filter) } : { positions }

const settle = (
  actions: Actions,
  config: string,
  output: "table" | "json",
  request: Parameters<Actions["settle"]>[1]
) =>
  answer(actions.settle(config, request), {
    json: output === "json",
    render: settlementText,
    exitCode: ({ letters }) =>
      letters.some(({ outcome }) => outcome === "refused" || outcome === "pending") ? UNSETTLED : 0
  })
