/** Flags that several commands share. */
import { Config } from "effect"
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

export const sourceTableFlag = textFlag(
  "table",
  "SCHEMA.TABLE",
  "Only changes of this table of the training database"
).pipe(Flag.withAlias("t"))

export const revealFlag = Flag.Boolean("reveal").pipe(
  Flag.withDescription("Print personal values too: scores, names, keys"),
  Flag.withDefault(false)
)
