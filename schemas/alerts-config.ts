/** Where a running process sends its alerts, and when: section `alerts` of a connector's configuration. */
import { Schema } from "effect"
import { ALERT_NAMES, alertRule, SEVERITIES, type AlertName } from "./alert-rules.ts"
import { Name, Secret, TimeZoneName } from "./config-values.ts"

export const WEBHOOK_KINDS = ["dingtalk", "wecom", "feishu", "slack", "json"] as const

export const WebhookConfig = Schema.Struct({
  /** As logs and `gradewire alerts test` call it. */
  name: Name,
  /** Form of the message; `json` is a plain object, for anything else that listens. */
  kind: Schema.Literals(WEBHOOK_KINDS),
  /** The whole address; it holds a token, so it never stands in this file. */
  url: Secret,
  /** Signing secret of a robot of DingTalk (加签) or Feishu (签名校验). */
  secret: Schema.optionalKey(Secret),
  /** Least severity that is sent there. Default warning. */
  severity: Schema.optionalKey(Schema.Literals(SEVERITIES))
})
export type WebhookConfig = typeof WebhookConfig.Type

const ClockTime = Schema.String.check(
  Schema.isPattern(/^([01]\d|2[0-3]):[0-5]\d$/u, { expected: "HH:MM, in quotes" })
)

/** Nothing but critical alerts is sent from `from` to `to`; what still holds then is sent at `to`. */
export const QuietHours = Schema.Struct({ from: ClockTime, to: ClockTime, timeZone: TimeZoneName })
export type QuietHours = typeof QuietHours.Type

const forSeconds = Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 604_800 })))
const RuleConfig = Schema.Union([Schema.Literal(false), Schema.Struct({ forSeconds })])
const ThresholdConfig = Schema.Union([
  Schema.Literal(false),
  Schema.Struct({
    threshold: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))),
    forSeconds
  })
])

type RuleFields = { [N in AlertName]: Schema.optionalKey<typeof ThresholdConfig> }

/** `false`: never. A threshold is seconds, or a count. */
const RulesConfig = Schema.Struct(
  Object.fromEntries(
    ALERT_NAMES.map((name) => [
      name,
      Schema.optionalKey(alertRule(name).threshold === undefined ? RuleConfig : ThresholdConfig)
    ])
  ) as RuleFields
)

export const AlertsConfig = Schema.Struct({
  webhooks: Schema.NonEmptyArray(WebhookConfig),
  /** Seconds after which an alert that still holds is sent again. Default 14400. */
  repeatSeconds: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 60, maximum: 604_800 }))),
  quietHours: Schema.optionalKey(QuietHours),
  /** Other figures than the rule's own, or `false` for one that nobody wants. */
  rules: Schema.optionalKey(RulesConfig)
})
export type AlertsConfig = typeof AlertsConfig.Type
