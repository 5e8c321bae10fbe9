/** Receivers of alerts that contradict themselves or each other. */
import type { ConfigIssue } from "./config-errors.ts"
import type { ConfigParts } from "./config-parts.ts"

export const checkAlerts = ({ alerts }: ConfigParts): ReadonlyArray<ConfigIssue> => {
  if (alerts === undefined) return []
  const names = alerts.webhooks.map(({ name }) => name)
  const { quietHours } = alerts
  return [
    ...alerts.webhooks.flatMap(({ kind, name, secret }, index): ReadonlyArray<ConfigIssue> => {
      const path = ["alerts", "webhooks", index]
      const first = names.indexOf(name)
      return [
        ...(first === index
          ? []
          : [
              {
                path: [...path, "name"],
                end: "value" as const,
                message: `is webhooks[${first}]'s name already`,
                fix: "give each its own"
              }
            ]),
        ...(secret === undefined || kind === "dingtalk" || kind === "feishu"
          ? []
          : [
              {
                path: [...path, "secret"],
                end: "key" as const,
                message: `${kind} signs nothing`,
                fix: "remove it; its address is its secret"
              }
            ])
      ]
    }),
    ...(quietHours === undefined || quietHours.from !== quietHours.to
      ? []
      : [
          {
            path: ["alerts", "quietHours", "to"],
            end: "value" as const,
            message: "quiet hours that end when they begin",
            fix: "write another time, or remove quietHours"
          }
        ])
  ]
}
