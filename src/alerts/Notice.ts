/** One message about an alert, as every receiver gets it in its own form; no value of a person (G9). */
import { Schema, type Effect } from "effect"
import type { Severity } from "../../schemas/alert-rules.ts"
import type { Fate } from "../../schemas/failure.ts"

export interface Notice {
  readonly connector: string
  /** Heading of docs/alerts.md. */
  readonly alert: string
  readonly severity: Severity
  readonly state: "firing" | "resolved" | "test"
  /** What it is about where a rule may hold several times: a role, a stage, an outside system. Empty: the connector. */
  readonly subject: string
  /** What is wrong, in a sentence. */
  readonly text: string
  /** Since when it holds, RFC 3339 UTC. */
  readonly since: string
  /** Process that says so. */
  readonly holder: string
}

/** A notice, and who has to hear it. */
export interface DueNotice extends Notice {
  /** Names of receivers that missed it when the last process ended; `undefined`: all. */
  readonly only?: ReadonlyArray<string>
}

/** The receiver did not answer, or asked for patience. */
export class WebhookUnavailable extends Schema.TaggedError<WebhookUnavailable>()("WebhookUnavailable", {
  message: Schema.String,
  webhook: Schema.String,
  /** HTTP status, the receiver's own code, or the operating system's. */
  code: Schema.String
}) {
  readonly fate: Fate = "retry"
  readonly remedy =
    "Is the receiver reachable from here (DNS, proxy, egress rules)? The notice is sent again for an hour; then gradewire alerts test tells whether it works."
}

/** The receiver answered and does not take the message. */
export class WebhookRefused extends Schema.TaggedError<WebhookRefused>()("WebhookRefused", {
  message: Schema.String,
  webhook: Schema.String,
  code: Schema.String
}) {
  readonly fate: Fate = "park"
  readonly remedy =
    "Look at the robot's security settings: its address and token, its signing secret, its keywords (gradewire is in every message) and its list of addresses. Then run: gradewire alerts test --config FILE"
}

export type WebhookError = WebhookUnavailable | WebhookRefused

/** One receiver. */
export interface Receiver {
  readonly name: string
  /** Least severity that it wants. */
  readonly severity: Severity
  /** @returns what it answered, in a few words */
  readonly send: (notice: Notice) => Effect.Effect<string, WebhookError>
}

/** `gradewire alerts test` without anybody to send to. */
export class AlertsUnconfigured extends Schema.TaggedError<AlertsUnconfigured>()("AlertsUnconfigured", {
  message: Schema.String
}) {
  readonly fate: Fate = "halt"
  readonly remedy =
    "Add to the configuration: alerts: { webhooks: [{ name: ops, kind: dingtalk, url: { file: /run/secrets/dingtalk-url } }] }"
}
