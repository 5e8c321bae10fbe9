/**
 * A receiver behind a webhook. Neither its address nor its secret is ever part of an error or a log line: both let anybody write
 * there.
 */
import { Clock, Effect, Redacted } from "effect"
import type { WebhookConfig } from "../../schemas/alerts-config.ts"
import { WebhookRefused, WebhookUnavailable, type Notice, type Receiver } from "../../src/alerts/Notice.ts"
import { messageFor, verdictOn } from "./message.ts"

export interface WebhookOptions extends Pick<WebhookConfig, "kind" | "name"> {
  readonly severity: Receiver["severity"]
  readonly url: Redacted.Redacted
  readonly secret: Redacted.Redacted | undefined
}

const PATIENCE_SECONDS = 10
/** Of an answer, as text; nobody needs more. */
const ANSWER_MAX = 4_000

export const webhookReceiver = (options: WebhookOptions): Receiver => ({
  name: options.name,
  severity: options.severity,
  send: (notice) => send(options, notice)
})

const send = Effect.fnUntraced(function* ({ kind, name, secret, url }: WebhookOptions, notice: Notice) {
  const now = yield* Clock.currentTimeMillis
  const message = messageFor(
    kind,
    Redacted.value(url),
    secret === undefined ? undefined : Redacted.value(secret),
    notice,
    now
  )
  const answer = yield* Effect.tryPromise({
    try: (signal) => post(message.url, JSON.stringify(message.body), signal),
    catch: (cause) => unavailable(name, codeOf(cause))
  }).pipe(
    Effect.timeoutOrElse({
      duration: `${PATIENCE_SECONDS} seconds`,
      orElse: () => Effect.fail(unavailable(name, `no answer in ${PATIENCE_SECONDS} seconds`))
    })
  )
  const verdict = verdictOn(kind, answer.status, answer.text)
  if (verdict.taken) return verdict.text
  return verdict.later
    ? yield* unavailable(name, verdict.text)
    : yield* new WebhookRefused({
        message: `webhook ${name} (${kind}) refused the message: ${verdict.text}`,
        webhook: name,
        code: verdict.code
      })
})

/** A redirect would carry the token elsewhere; the receivers named here send none. */
const post = async (url: string, body: string, signal: AbortSignal) => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json; charset=utf-8", "user-agent": "gradewire" },
    body,
    redirect: "manual",
    signal
  })
  return { status: response.status, text: (await response.text()).slice(0, ANSWER_MAX) }
}

const unavailable = (webhook: string, code: string): WebhookUnavailable =>
  new WebhookUnavailable({ message: `webhook ${webhook} cannot be reached: ${code}`, webhook, code })

/** The code alone: messages of fetch may repeat the address. */
const codeOf = (cause: unknown): string => {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  const code = typeof inner === "object" && inner !== null && "code" in inner ? inner.code : undefined
  return typeof code === "string" ? code : inner instanceof Error ? inner.name : "unknown"
}
