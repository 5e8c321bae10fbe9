/** Flags that several commands share. */
import { Config, Option } from "effect"
import { Flag } from "effect/cli"

export const configFlag = Flag.String("config").pipe(
  Flag.withAlias("c"),
  Flag.withMetavar("FILE"),
  Flag.withDescription("The connector's YAML file; also from GRADEWIRE_CONFIG"),
  Flag.withFallbackConfig(Config.String("GRADEWIRE_CONFIG"))
)

export const outputFlag = Flag.Literals("output", ["table", "json"]).pipe(
  Flag.withAlias("o"),
  Flag.withDescription("Form of the answer"),
  Flag.withDefault("table")
)

/** The same, and YAML. */
export const formFlag = Flag.Literals("output", ["table", "json", "yaml"]).pipe(
  Flag.withAlias("o"),
  Flag.withDescription("Form of the answer"),
  Flag.withDefault("table")
)

export const verticalFlag = Flag.Boolean("vertical").pipe(
  Flag.withAlias("G"),
  Flag.withDescription("One field a line, as \\G in the mysql client"),
  Flag.withDefault(false)
)

export const watchFlag = Flag.Boolean("watch").pipe(
  Flag.withAlias("w"),
  Flag.withDescription("Again every two seconds, until it is stopped"),
  Flag.withDefault(false)
)

/** Text that may be left out. */
export const textFlag = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description), Flag.optional)

/** How many at most. */
export const limitFlag = (preset: number, description = "At most so many") =>
  Flag.Int("limit").pipe(
    Flag.withDescription(description),
    Flag.filter(
      (limit) => limit >= 1,
      (limit) => `expected 1 or more, got ${limit}`
    ),
    Flag.withDefault(preset)
  )

const RFC_3339 = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** Milliseconds since 1970 UTC. */
const millisOf = (text: string): Option.Option<number> => {
  const millis = RFC_3339.test(text) ? Date.parse(text.replace(" ", "T")) : Number.NaN
  return Number.isNaN(millis) ? Option.none() : Option.some(millis)
}

/** A time with its zone that may be left out; milliseconds since 1970 UTC. */
export const timeFlag = (name: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("TIME"),
    Flag.withDescription(description),
    Flag.filterMap(
      millisOf,
      (text) => `expected a time with its zone such as 2026-11-21T00:00:00+08:00, got ${text}`
    ),
    Flag.optional
  )

export const sourceTableFlag = textFlag(
  "table",
  "SCHEMA.TABLE",
  "Only changes of this table of the training database"
).pipe(Flag.withAlias("t"))

export const revealFlag = Flag.Boolean("reveal").pipe(
  Flag.withDescription("Print personal values too: scores, names, keys"),
  Flag.withDefault(false)
)
