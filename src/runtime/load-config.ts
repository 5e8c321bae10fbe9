/** Reads a connector's file: every problem at once, or a configuration that is consistent in itself. */
import { Effect, Path } from "effect"
import type { ConnectorConfig } from "../../schemas/connector-config.ts"
import { decodeConfig } from "./decode-config.ts"
import { readConfigText } from "./read-config-text.ts"

export interface LoadedConfig {
  readonly config: ConnectorConfig
  /** As the user named it. */
  readonly file: string
  /** Absolute folder of the file: relative paths inside it start there. */
  readonly folder: string
}

/** Nothing is connected to and no secret is read. */
export const loadConfig = Effect.fnUntraced(function* (file: string) {
  const path = yield* Path.Path
  const text = yield* readConfigText(file)
  const config = yield* Effect.fromResult(decodeConfig(file, text))
  return { config, file, folder: path.dirname(path.resolve(file)) } satisfies LoadedConfig
})
