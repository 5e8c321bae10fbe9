/** What stands beside the roles of a running process: probes, metrics and the watchdog. */
import { Effect, Layer } from "effect"
import packageJson from "../../package.json" with { type: "json" }
import type { RunOptions } from "../cli/Actions.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"
import type { ProcessFigures } from "../pipeline/read-gauges.ts"
import type { HttpUnavailable, ProbeAddress } from "../runtime/probes.ts"
import { vitalsReport } from "../runtime/vitals-report.ts"
import { HOLDER } from "./options.ts"
import { effectiveConfig } from "./effective-config.ts"

const MICROS_PER_SECOND = 1_000_000
const MILLIS_PER_SECOND = 1_000

/** Lives as long as the roles do. Building it fails where the HTTP address cannot be had. */
export const layerWatch = (
  loaded: LoadedConfig,
  given: RunOptions["http"]
): Effect.Effect<Layer.Layer<never, HttpUnavailable>> => {
  const address = addressOf(loaded, given)
  if (address === undefined) return Effect.succeed(Layer.empty)
  return Effect.map(
    Effect.promise(() => import("../runtime/probes.ts")),
    ({ layerProbes, watchdog }) =>
      Layer.mergeAll(
        layerProbes(address, figures),
        Layer.effectDiscard(Effect.forkScoped(watchdog)),
        Layer.effectDiscard(
          Effect.logInfo("probes and metrics are served", { host: address.host, port: address.port })
        )
      )
  )
}

/** What this process answers to `gradewire status`. */
export const ownReport = vitalsReport(HOLDER, packageJson.version, performance.timeOrigin / MILLIS_PER_SECOND)

const addressOf = (loaded: LoadedConfig, given: RunOptions["http"]): ProbeAddress | undefined => {
  const { http } = effectiveConfig(loaded.config)
  if (given === false) return undefined
  if (given === undefined) return http === false ? undefined : http
  return { host: given.host ?? (http === false ? "0.0.0.0" : http.host), port: given.port }
}

const figures = (): ProcessFigures => {
  const { heapUsed, rss } = process.memoryUsage()
  const { system, user } = process.cpuUsage()
  return {
    version: packageJson.version,
    residentBytes: rss,
    heapBytes: heapUsed,
    cpuSeconds: (user + system) / MICROS_PER_SECOND,
    startSeconds: performance.timeOrigin / MILLIS_PER_SECOND
  }
}
