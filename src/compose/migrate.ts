/** `gradewire migrate`, which apply also does at its start: our own tables in the HR database. */
import { Effect, Schedule } from "effect"
import { isRetryable } from "../../schemas/failure.ts"
import { loadConfig, type LoadedConfig } from "../runtime/load-config.ts"
import { targetOf } from "./target-of.ts"

const migrateOnce = (loaded: LoadedConfig) => Effect.flatMap(targetOf(loaded), (target) => target.migrate)

/** Nobody waits at a terminal: the error is the answer. */
export const migrate = Effect.fnUntraced(function* (file: string) {
  const loaded = yield* loadConfig(file)
  const migrated = yield* migrateOnce(loaded)
  const reader = yield* Effect.flatMap(targetOf(loaded), (target) => target.grantReader)
  return { ...migrated, reader }
})

const backoff = Schedule.min([Schedule.exponential("200 millis", 2), Schedule.spaced("5 seconds")]).pipe(
  Schedule.jittered
)

/** For apply's start, which may come before the HR database's: waits for it as apply itself would. */
export const migrateSchema = (loaded: LoadedConfig) =>
  migrateOnce(loaded).pipe(
    Effect.tapError((failure) =>
      isRetryable(failure)
        ? Effect.logWarning("migration waits", { tag: failure._tag, reason: failure.message })
        : Effect.void
    ),
    Effect.retry({ schedule: backoff, while: isRetryable }),
    Effect.annotateLogs({ connector: loaded.config.connector, role: "apply" })
  )
