/** `gradewire lag`: one connection to the HR database for as long as anybody looks, and the processes' own words beside it. */
import { Effect, type Scope } from "effect"
import { askVitals } from "../../connectors/jetstream/NatsVitals.ts"
import { NatsConnection } from "../../connectors/jetstream/NatsConnection.ts"
import type { StoredLag } from "../../connectors/hr/operations.ts"
import type { VitalsReport } from "../../schemas/vitals-report.ts"
import type { Machine } from "../cli/Actions.ts"
import type { LagSample } from "../cli/LagSample.ts"
import { loadConfig, type LoadedConfig } from "../runtime/load-config.ts"
import { changeLogOptions } from "./options.ts"
import { targetOf } from "./target-of.ts"

const PATIENCE = "5 seconds"
/** Nobody waits longer for what is only an addition. */
const FIRST_WORD = "2 seconds"

/** Later samples take what the processes said last; the first one waits for them a moment. */
export const openLag = Effect.fnUntraced(function* (file: string) {
  const loaded = yield* loadConfig(file)
  const { connector } = loaded.config
  const operations = yield* (yield* targetOf(loaded)).operations
  const processes: { said: ReadonlyArray<VitalsReport> } = { said: [] }
  yield* Effect.forkScoped(keepAsking(loaded, processes))
  let isFirst = true
  return Effect.gen(function* () {
    const [stored] = yield* Effect.all(
      [
        operations.lag.pipe(
          Effect.map((lag) => ({ lag, trouble: null })),
          Effect.timeoutOrElse({
            duration: PATIENCE,
            orElse: () =>
              Effect.succeed({
                lag: undefined,
                trouble: { tag: "Timeout", message: `the HR database gave no answer in ${PATIENCE}` }
              })
          }),
          Effect.catch((failure) =>
            Effect.succeed({ lag: undefined, trouble: { tag: failure._tag, message: failure.message } })
          )
        ),
        isFirst ? heardOnce(processes) : Effect.void
      ],
      { concurrency: "unbounded" }
    )
    isFirst = false
    return sampleOf(connector, stored, processes.said)
  })
}) satisfies (file: string) => Effect.Effect<Effect.Effect<LagSample>, unknown, Machine | Scope.Scope>

const keepAsking = (loaded: LoadedConfig, processes: { said: ReadonlyArray<VitalsReport> }) =>
  Effect.flatMap(changeLogOptions(loaded), (log) =>
    askVitals(log).pipe(
      Effect.tap((said) => Effect.sync(() => void (processes.said = said))),
      Effect.catch(() => Effect.sync(() => void (processes.said = []))),
      Effect.andThen(Effect.sleep("1 second")),
      Effect.forever,
      Effect.provide(NatsConnection.layer(log))
    )
  ).pipe(Effect.ignore)

const heardOnce = (processes: { readonly said: ReadonlyArray<VitalsReport> }) =>
  Effect.gen(function* () {
    while (processes.said.length === 0) yield* Effect.sleep("50 millis")
  }).pipe(Effect.timeoutOrElse({ duration: FIRST_WORD, orElse: () => Effect.void }))

const sampleOf = (
  connector: string,
  { lag, trouble }: { readonly lag: StoredLag | undefined; readonly trouble: LagSample["trouble"] },
  processes: ReadonlyArray<VitalsReport>
): LagSample => {
  const [read, publish, apply] = (["capture", "log", "apply"] as const).map((stage) =>
    best(processes.map(({ lagSeconds }) => lagSeconds[stage] ?? null))
  )
  return {
    connector,
    lagSeconds: lag?.totalSeconds ?? null,
    heartbeatAgeSeconds: lag?.heartbeatAgeSeconds ?? null,
    readSeconds: read!,
    publishSeconds: publish!,
    applySeconds: apply!,
    held: lag?.held ?? null,
    deadLetters: lag?.deadLetters ?? null,
    paused: lag?.paused ?? [],
    trouble
  }
}

/** Of several processes that of the one that works; one that stands by has old news or none. */
const best = (values: ReadonlyArray<number | null>): number | null => {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.min(...known)
}
