/** `gradewire explain TAG`: the operations guide's word on a tag, bundled with the program. */
import { Effect, Option, Schema } from "effect"
import { Argument, Command } from "effect/cli"
import type { Fate } from "../../schemas/failure.ts"
import { nearestWord } from "../runtime/nearest-word.ts"
import type { Actions } from "./Actions.ts"
import { answer } from "./answer.ts"
import { outputFlag } from "./flags.ts"
import { findEntry, runbookEntries, type RunbookEntry } from "./runbook.ts"

/** No error and no alert is called that. */
export class TagUnknown extends Schema.TaggedError<TagUnknown>()("TagUnknown", {
  message: Schema.String,
  /** The tag that was probably meant. */
  nearest: Schema.NullOr(Schema.String)
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return this.nearest === null ? "gradewire explain lists every tag." : `gradewire explain ${this.nearest}`
  }
}

export const explainCommand = (actions: Actions) =>
  Command.make(
    "explain",
    {
      tag: Argument.String("tag").pipe(
        Argument.withDescription("As an error, a log line or an alert names it; every tag where left out"),
        Argument.optional
      ),
      output: outputFlag
    },
    ({ output, tag }) =>
      Option.isNone(tag)
        ? answer(Effect.map(actions.guide, runbookEntries), { json: output === "json", render: listText })
        : answer(
            Effect.flatMap(actions.guide, (guide) => entryOf(guide, tag.value)),
            {
              json: output === "json",
              render: entryText
            }
          )
  ).pipe(
    Command.withDescription("What an error or an alert means, what to look at, what to do"),
    Command.withExamples([
      { command: "gradewire explain PositionPurged" },
      { command: "gradewire explain GradewireLagHigh" },
      { command: "gradewire explain", description: "Every tag, section by section" }
    ])
  )

const entryOf = (guide: string, asked: string): Effect.Effect<RunbookEntry, TagUnknown> => {
  const found = findEntry(guide, asked)
  if (found !== undefined) return Effect.succeed(found)
  const tags = runbookEntries(guide).map(({ tag }) => tag)
  const akin = tags.filter((tag) => tag.toLowerCase().includes(asked.toLowerCase()))
  const nearest = akin[0] ?? nearestWord(asked, tags) ?? null
  const others = akin.length > 1 ? `, but ${akin.join(", ")}` : ""
  return Effect.fail(new TagUnknown({ message: `the guide has no ${asked}${others}`, nearest }))
}

const entryText = ({ section, tag, text }: RunbookEntry): string => `${tag} (${section})\n\n${text}`

const listText = (entries: ReadonlyArray<RunbookEntry>): string => {
  const sections = new Map<string, Array<string>>()
  for (const { section, tag } of entries) sections.set(section, [...(sections.get(section) ?? []), tag])
  return [...sections].map(([section, tags]) => `${section}\n  ${tags.join("\n  ")}`).join("\n\n")
}
