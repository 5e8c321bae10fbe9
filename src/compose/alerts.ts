/** The receivers of a connector's alerts: for the running process, and for `gradewire alerts test`. */
import { Clock, Effect, Redacted } from "effect"
import { webhookReceiver } from "../../connectors/webhook/receiver.ts"
import { epochSecondsToUtc } from "../../schemas/civil-time.ts"
import type { AlertTest, Machine } from "../cli/Actions.ts"
import { AlertsUnconfigured, type Notice } from "../alerts/Notice.ts"
import type { AlertWatch } from "../alerts/watch-alerts.ts"
import { SecretUnreadable } from "../runtime/config-errors.ts"
import { loadConfig, type LoadedConfig } from "../runtime/load-config.ts"
import { readSecret } from "../runtime/read-secret.ts"
import { HOLDER } from "./options.ts"
import { targetOf } from "./target-of.ts"

const MILLIS = 1_000

const receivers = ({ config, folder }: LoadedConfig) =>
  Effect.forEach(
    config.alerts?.webhooks ?? [],
    Effect.fnUntraced(function* ({ kind, name, secret, severity, url }, index) {
      const path = `alerts.webhooks[${index}]`
      return webhookReceiver({
        kind,
        name,
        severity: severity ?? "warning",
        url: yield* Effect.tap(readSecret(url, `${path}.url`, folder), (text) =>
          requireAddress(Redacted.value(text), `${path}.url`, "file" in url ? `file ${url.file}` : url.env)
        ),
        secret: secret === undefined ? undefined : yield* readSecret(secret, `${path}.secret`, folder)
      })
    })
  )

const requireAddress = (text: string, path: string, place: string) =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
    ? Effect.void
    : new SecretUnreadable({
        message: `${path}: ${place} holds no http or https address`,
        path,
        place,
        fix: "Write the receiver's whole address there, as it shows it: https://…"
      })

/**
 * `undefined` where the configuration names no receiver.
 * @param speaker roles and lanes of this process, as another one like it would name them too
 */
export const alertWatch = Effect.fnUntraced(function* (
  loaded: LoadedConfig,
  speaker: string,
  speaksForApply: boolean
) {
  const { alerts, connector } = loaded.config
  if (alerts === undefined) return undefined
  const machine = yield* Effect.context<Machine>()
  const states = Effect.gen(function* () {
    const { operations } = yield* targetOf(loaded)
    return (yield* operations).alerts(speaker)
  }).pipe(
    // A capture of its own may do without the HR database's password.
    Effect.catch(() => Effect.succeed(undefined)),
    Effect.provideContext(machine)
  )
  return {
    settings: alerts,
    receivers: yield* receivers(loaded),
    connector,
    holder: HOLDER,
    speaksForApply,
    states
  } satisfies AlertWatch
})

/** Sends one to each receiver, whatever its severity, and keeps what each answered. */
export const testAlerts = Effect.fnUntraced(function* (file: string) {
  const loaded = yield* loadConfig(file)
  const found = yield* receivers(loaded)
  if (found.length === 0) {
    return yield* new AlertsUnconfigured({ message: `${file} names nobody who is told of alerts` })
  }
  const notice: Notice = {
    connector: loaded.config.connector,
    alert: "GradewireTest",
    severity: "warning",
    state: "test",
    subject: "",
    text: "this is a test; nothing is wrong.",
    since: epochSecondsToUtc(Math.floor((yield* Clock.currentTimeMillis) / MILLIS)),
    holder: HOLDER
  }
  return yield* Effect.forEach(
    found,
    ({ name, send }) =>
      send(notice).pipe(
        Effect.map((answer): AlertTest => ({ webhook: name, delivered: true, answer, fix: null })),
        Effect.catch((failure) =>
          Effect.succeed<AlertTest>({
            webhook: name,
            delivered: false,
            answer: `${failure._tag}: ${failure.message}`,
            fix: failure.remedy
          })
        )
      ),
    { concurrency: "unbounded" }
  )
})
