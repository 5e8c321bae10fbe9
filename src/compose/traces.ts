/** Where spans of batches go, if the configuration names a collector. It is never waited for: a full queue is thrown away. */
import { Effect, Layer, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { OtlpSerialization, OtlpTracer } from "effect/observability"
import packageJson from "../../package.json" with { type: "json" }
import type { TelemetryConfig } from "../../schemas/telemetry-config.ts"
import { CurrentTraces } from "../pipeline/traced.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"
import { readSecret } from "../runtime/read-secret.ts"
import { HOLDER } from "./options.ts"

const EXPORT_INTERVAL = "2 seconds"
/** A process that is told to stop does not wait longer for its last spans. */
const LAST_EXPORT = "2 seconds"

export const layerTraces = Effect.fnUntraced(function* (
  { config, folder }: LoadedConfig,
  { otlp }: TelemetryConfig
) {
  const headers: Record<string, string> = {}
  for (const [name, secret] of Object.entries(otlp.headers ?? {})) {
    headers[name] = Redacted.value(yield* readSecret(secret, `telemetry.otlp.headers.${name}`, folder))
  }
  const exporter = OtlpTracer.layer({
    url: `${otlp.url.replace(/\/$/, "")}/v1/traces`,
    headers,
    resource: {
      serviceName: "gradewire",
      serviceVersion: packageJson.version,
      attributes: { "service.instance.id": HOLDER, "gradewire.connector": config.connector }
    },
    exportInterval: EXPORT_INTERVAL,
    shutdownTimeout: LAST_EXPORT
  })
  return Layer.merge(
    exporter.pipe(Layer.provide([FetchHttpClient.layer, OtlpSerialization.layerJson])),
    Layer.succeed(CurrentTraces, true)
  )
})
