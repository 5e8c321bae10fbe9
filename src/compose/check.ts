/** `gradewire check`: the preflights side by side; a system that cannot be reached is a finding like any other. */
import { Effect } from "effect"
import { checkChangeLog } from "../../connectors/jetstream/preflight.ts"
import { checkSource } from "../../connectors/mysql/preflight.ts"
import type { CheckPart, Machine, PartFinding } from "../cli/Actions.ts"
import type { Finding } from "../../schemas/finding.ts"
import type { SecretUnreadable } from "../runtime/config-errors.ts"
import { loadConfig, type LoadedConfig } from "../runtime/load-config.ts"
import { effectiveConfig } from "./effective-config.ts"
import { changeLogOptions, sourceOptions } from "./options.ts"
import { checkPurgeMargin } from "./purge-margin.ts"
import { readSourceColumns } from "./source-columns.ts"
import { targetOf } from "./target-of.ts"

type Preflight = (loaded: LoadedConfig) => Effect.Effect<ReadonlyArray<Finding>, SecretUnreadable, Machine>

const PREFLIGHTS: Readonly<Record<CheckPart, Preflight>> = {
  source: (loaded) => {
    const { start, timeZone } = effectiveConfig(loaded.config).source
    const settings = Effect.flatMap(sourceOptions(loaded), (options) =>
      checkSource(options, { start, timeZone })
    )
    return Effect.map(
      Effect.all([settings, checkPurgeMargin(loaded)], { concurrency: "unbounded" }),
      (both) => both.flat()
    )
  },
  changelog: (loaded) => Effect.flatMap(changeLogOptions(loaded), checkChangeLog),
  target: (loaded) =>
    Effect.gen(function* () {
      const target = yield* targetOf(loaded)
      return yield* target.check(yield* readSourceColumns(loaded))
    })
}

export const check = Effect.fnUntraced(function* (file: string, parts: ReadonlyArray<CheckPart>) {
  const loaded = yield* loadConfig(file)
  const findings = yield* Effect.forEach(parts, (part) => checkPart(loaded, part), {
    concurrency: "unbounded"
  })
  return findings.flat()
})

const checkPart = (loaded: LoadedConfig, part: CheckPart) =>
  PREFLIGHTS[part](loaded).pipe(
    Effect.catch((failure) => Effect.succeed([unreadable(failure)])),
    Effect.map((findings) => findings.map((finding): PartFinding => ({ part, ...finding })))
  )

/** One missing secret must not hide what is wrong with the other two systems. */
const unreadable = (failure: SecretUnreadable): Finding => ({
  severity: "error",
  check: `secret ${failure.path}`,
  found: failure.message.slice(failure.path.length + 2),
  wanted: "readable and not empty",
  fix: failure.remedy
})
