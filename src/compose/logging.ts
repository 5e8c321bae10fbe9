/** The logger of the running connector; the minimum level is the command line's `--log-level`. */
import { Effect, Layer, Logger } from "effect"
import { TerminalCapabilities } from "effect/cli"
import { jsonLines, textLines } from "../runtime/log-lines.ts"

export const layerLogging = (log: "json" | "text"): Layer.Layer<never> =>
  Layer.unwrap(
    Effect.gen(function* () {
      if (log === "json") return Logger.layer([jsonLines])
      const terminal = yield* TerminalCapabilities.TerminalCapabilities
      return Logger.layer([textLines(terminal.canColor)])
    })
  )
