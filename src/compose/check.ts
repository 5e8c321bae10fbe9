/** `gradewire check`: the preflights side by side; a system that cannot be reached is a finding like any other. */
import { Effect } from "effect"
import { checkTarget } from "../../connectors/hr/postgres/preflight.ts"
import { checkChangeLog } from "../../connectors/jetstream/preflight.ts"
import { MySqlChangeSource } from "../../connectors/mysql/MySqlChangeSource.ts"
import type { SourceOptions } from "../../connectors/mysql/source-options.ts"
import type { CheckPart, Machine, PartFinding } from "../cli/Actions.ts"
import type { Finding } from "../../schemas/finding.ts"
import type { SecretUnreadable } from "../runtime/config-errors.ts"
import { ChangeSource } from "../capture/ChangeSource.ts"
import { loadConfig, type LoadedConfig } from "../runtime/load-config.ts"
import { changeLogOptions, profileStoreOptions, sourceOptions } from "./options.ts"

type Preflight = (loaded: LoadedConfig) => Effect.Effect<ReadonlyArray<Finding>, SecretUnreadable, Machine>

const PREFLIGHTS: Readonly<Record<CheckPart, Preflight>> = {
  source: (loaded) => Effect.flatMap(sourceOptions(loaded), checkSource),
  changelog: (loaded) => Effect.flatMap(changeLogOptions(loaded), checkChangeLog),
  target: (loaded) => Effect.flatMap(profileStoreOptions(loaded), checkTarget)
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

/** Connects, asks who the server is, and lets go. */
const checkSource = (options: SourceOptions): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.flatMap(ChangeSource, (source) => source.bounds).pipe(
    Effect.provide(MySqlChangeSource.layer(options)),
    Effect.map(({ server, first, last }): Finding => {
      const found = `${server}, ${first.file} to ${last.file}:${last.position}`
      return { severity: "ok", check: "binlog", found, wanted: "readable", fix: "" }
    }),
    Effect.catch((failure) =>
      Effect.succeed<Finding>({
        severity: "error",
        check: "binlog",
        found: failure.message,
        wanted: "readable",
        fix: failure.remedy
      })
    ),
    Effect.map((finding) => [finding])
  )

/** One missing secret must not hide what is wrong with the other two systems. */
const unreadable = (failure: SecretUnreadable): Finding => ({
  severity: "error",
  check: `secret ${failure.path}`,
  found: failure.message.slice(failure.path.length + 2),
  wanted: "readable and not empty",
  fix: failure.remedy
})
