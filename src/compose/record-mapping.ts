/** Books in the HR database with which mapping apply begins: one row for each that there ever was. */
import { createHash } from "node:crypto"
import { Effect } from "effect"
import packageJson from "../../package.json" with { type: "json" }
import type { ConnectorConfig } from "../../schemas/connector-config.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"
import { canonicalJson } from "./canonical-json.ts"
import { effectiveConfig } from "./effective-config.ts"
import { HOLDER } from "./options.ts"
import { targetOf } from "./target-of.ts"

/** Whatever decides what stands in a profile: the same words in another order are the same mapping. */
export const mappingOf = (config: ConnectorConfig) => {
  const { employees, source, tables, target } = effectiveConfig(config)
  const mapping = canonicalJson({
    sourceTimeZone: source.timeZone,
    targetTimeZone: target.timeZone,
    employees,
    tables
  })
  return { mapping, hash: createHash("sha256").update(mapping).digest("hex") }
}

/** A book that cannot be written keeps nobody from working. */
export const recordMapping = (loaded: LoadedConfig) =>
  Effect.scoped(
    Effect.gen(function* () {
      const operations = yield* (yield* targetOf(loaded)).operations
      const start = mappingOf(loaded.config)
      yield* operations.recordMapping({
        ...start,
        startedBy: HOLDER,
        programVersion: packageJson.version
      })
      yield* Effect.logInfo("apply begins with this mapping", { mapping: start.hash })
    })
  ).pipe(
    Effect.catch((failure) =>
      Effect.logWarning("which mapping apply begins with could not be booked", {
        tag: failure._tag,
        reason: failure.message
      })
    ),
    Effect.annotateLogs({ connector: loaded.config.connector, role: "apply" })
  )
