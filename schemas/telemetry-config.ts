/** Where a running process sends spans of its batches: section `telemetry` of a connector's configuration. */
import { Schema } from "effect"
import { Secret } from "./config-values.ts"

export const TelemetryConfig = Schema.Struct({
  /** OpenTelemetry's protocol over HTTP, in JSON. */
  otlp: Schema.Struct({
    /** Base address of the collector; `/v1/traces` is added. No user or password may stand in it. */
    url: Schema.String.check(
      Schema.isPattern(/^https?:\/\/[^\s/@?#]+(\/[^\s@?#]*)?$/u, {
        expected: "http://HOST:PORT or https://…, without user, password and query"
      })
    ),
    /** Headers that the collector wants, such as a token. */
    headers: Schema.optionalKey(Schema.Record(Schema.String, Secret))
  })
})
export type TelemetryConfig = typeof TelemetryConfig.Type
