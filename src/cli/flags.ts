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
