/** `gradewire held …`: scores whose person is not proven, and people's word about whose they are. */
import { Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { HELD_STATES, type HeldFilter } from "../../schemas/held.ts"
import type { Actions } from "./Actions.ts"
import { answer } from "./answer.ts"
import { configFlag, limitFlag, outputFlag, revealFlag, textFlag } from "./flags.ts"
import { asideText, heldListText, heldText, relinkText, resolutionText } from "./held-text.ts"
import { durationFlag } from "./letter-flags.ts"

export const heldCommand = (actions: Actions) =>
  Command.make("held").pipe(
    Command.withDescription("Scores that wait for their person, and people's word about whose they are"),
    Command.withSubcommands([
      list(actions),
      show(actions),
      resolve(actions),
      relink(actions),
      aside(actions, true),
      aside(actions, false),
      exportFile(actions),
      importFile(actions)
    ])
  )

const filterFlags = {
  state: Flag.Literals("state", ["all", ...HELD_STATES]).pipe(
    Flag.withDescription("ignored: put aside by gradewire held ignore"),
    Flag.withDefault("all")
  ),
  reasonIs: textFlag("reason-is", "REASON", "Only those held for this reason, as list shows it"),
  learner: textFlag("learner", "KEY", "Only those of this learner"),
  olderThan: durationFlag("older-than", "Only those that have been held for longer")
} as const

interface FilterInput {
  readonly state: "all" | (typeof HELD_STATES)[number]
  readonly reasonIs: Option.Option<string>
  readonly learner: Option.Option<string>
  readonly olderThan: Option.Option<number>
}

const filterOf = (input: FilterInput): HeldFilter => ({
  states: input.state === "all" ? HELD_STATES : [input.state],
  reason: Option.getOrUndefined(input.reasonIs),
  learner: Option.getOrUndefined(input.learner),
  olderThan: Option.getOrUndefined(input.olderThan)
})

const list = (actions: Actions) =>
  Command.make(
    "list",
    {
      config: configFlag,
      output: Flag.Literals("output", ["table", "json", "csv"]).pipe(
        Flag.withAlias("o"),
        Flag.withDescription("Form of the answer"),
        Flag.withDefault("table")
      ),
      ...filterFlags,
      limit: limitFlag(100),
      reveal: revealFlag
    },
    ({ config, limit, output, reveal, ...filter }) =>
      output === "csv"
        ? answer(actions.heldCsv(config, filterOf(filter), limit, reveal), {
            json: false,
            render: (text) => text
          })
        : answer(actions.held(config, filterOf(filter), limit, reveal), {
            json: output === "json",
            render: heldListText,
            toJson: ({ results }) => results
          })
  ).pipe(
    Command.withDescription(
      "Held scores, oldest first, with the reason and how many employees some key hits"
    ),
    Command.withExamples([
      { command: "gradewire held list --config connector.yaml" },
      {
        command:
          "gradewire held list --config connector.yaml --reason-is AMBIGUOUS --older-than 1d --reveal -o json"
      }
    ])
  )

const resultArgument = Argument.String("result").pipe(
  Argument.withDescription("Source table and key of the result, as list shows it")
)

const show = (actions: Actions) =>
  Command.make(
    "show",
    { config: configFlag, output: outputFlag, result: resultArgument, reveal: revealFlag },
    ({ config, output, result, reveal }) =>
      answer(actions.heldResult(config, result, reveal), { json: output === "json", render: heldText })
  ).pipe(
    Command.withDescription(
      "One held score: what is known of its learner, whom the keys hit, the change itself"
    ),
    Command.withExamples([
      { command: "gradewire held show lms.exam_result:4711 --reveal --config connector.yaml" }
    ])
  )

const decisionFlags = {
  config: configFlag,
  output: outputFlag,
  reason: Flag.String("reason").pipe(
    Flag.withMetavar("WHY"),
    Flag.withDescription("Why you are certain; kept with the decision")
  ),
  by: textFlag("by", "NAME", "Who decides; the account of this machine where left out")
} as const

const namedOf = ({ by, reason }: { readonly by: Option.Option<string>; readonly reason: string }) => ({
  by: Option.getOrUndefined(by),
  why: reason
})

const toFlag = Flag.String("to").pipe(
  Flag.withMetavar("EMPLOYEE"),
  Flag.withDescription("Key of the employee, exactly as the employee table has it")
)

const subjectArgument = Argument.String("subject").pipe(
  Argument.withDescription(
    "A held result as list shows it, or a learner's key with all that is held for them"
  )
)

const resolve = (actions: Actions) =>
  Command.make(
    "resolve",
    { ...decisionFlags, subject: subjectArgument, to: toFlag },
    ({ config, output, subject, to, ...named }) =>
      answer(actions.heldResolve(config, subject, to, namedOf(named)), {
        json: output === "json",
        render: resolutionText
      })
  ).pipe(
    Command.withDescription(
      "Say whose held scores are: links the learner, files everything held for them in one step, later scores follow"
    ),
    Command.withExamples([
      {
        command:
          "gradewire held resolve lms.exam_result:4711 --to E00042 --reason 'asked the line manager' --config connector.yaml"
      }
    ])
  )

const relink = (actions: Actions) =>
  Command.make(
    "relink",
    {
      ...decisionFlags,
      learner: Argument.String("learner").pipe(Argument.withDescription("Key of the learner at the source")),
      to: toFlag
    },
    ({ config, learner, output, to, ...named }) =>
      answer(actions.relink(config, learner, to, namedOf(named)), {
        json: output === "json",
        render: relinkText
      })
  ).pipe(
    Command.withDescription(
      "A learner is somebody else than was believed: moves everything that was filed for them in one step"
    ),
    Command.withExamples([
      {
        command:
          "gradewire held relink 90210 --to E00043 --reason 'phone number was given to a new colleague' --config connector.yaml"
      }
    ])
  )

const aside = (actions: Actions, ignore: boolean) =>
  Command.make(
    ignore ? "ignore" : "restore",
    { ...decisionFlags, subject: subjectArgument },
    ({ config, output, subject, ...named }) =>
      answer(actions.heldAside(config, subject, ignore, namedOf(named)), {
        json: output === "json",
        render: asideText
      })
  ).pipe(
    Command.withDescription(
      ignore
        ? "Put held scores aside: they stay listed and counted apart, and nothing files them until they are restored"
        : "Take back what was put aside: these scores wait for their person again"
    ),
    Command.withExamples([
      {
        command: `gradewire held ${ignore ? "ignore" : "restore"} lms.exam_result:4711 --reason '${ignore ? "test account" : "was a trainee after all"}' --config connector.yaml`
      }
    ])
  )

const exportFile = (actions: Actions) =>
  Command.make(
    "export",
    { config: configFlag, ...filterFlags, reveal: revealFlag },
    ({ config, reveal, ...filter }) =>
      answer(actions.heldExport(config, filterOf(filter), reveal), { json: false, render: (text) => text })
  ).pipe(
    Command.withDescription(
      "CSV for HR to fill in: one line a learner, the column employee is empty; personal values with --reveal"
    ),
    Command.withExamples([
      { command: "gradewire held export --state waiting --reveal --config connector.yaml > held.csv" }
    ])
  )

const importFile = (actions: Actions) =>
  Command.make(
    "import",
    {
      ...decisionFlags,
      file: Argument.String("file").pipe(
        Argument.withDescription(
          "An export with its column employee filled in; lines without one are passed over"
        )
      )
    },
    ({ config, file, output, ...named }) =>
      answer(actions.heldImport(config, file, namedOf(named)), {
        json: output === "json",
        render: resolutionText
      })
  ).pipe(
    Command.withDescription(
      "Resolves what HR has filled in, all lines or none; every line that is wrong is named by its number"
    ),
    Command.withExamples([
      { command: "gradewire held import held.csv --reason 'list of 22 November' --config connector.yaml" }
    ])
  )
