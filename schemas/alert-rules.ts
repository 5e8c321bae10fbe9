/**
 * Every alert that a running process raises by itself: its name, which is a heading of docs/alerts.md, how bad it is, and
 * from when on it holds. The Prometheus rules under deploy/alerts use the same names and figures; a test compares them.
 */

export const SEVERITIES = ["warning", "critical"] as const
export type Severity = (typeof SEVERITIES)[number]

interface AlertRule {
  readonly severity: Severity
  /** For how long it must hold before anybody is told. */
  readonly forSeconds: number
  /** Breached above it, or below it where `below` says so; rules without one ask yes or no. */
  readonly threshold?: number
  readonly below?: true
  /** Why Prometheus has no such rule. */
  readonly onlyHere?: string
}

const DAY = 86_400

export const ALERT_RULES = {
  GradewireRoleNotRunning: { severity: "critical", forSeconds: 300 },
  GradewirePausedLong: { severity: "warning", forSeconds: 14_400 },
  GradewireLagHigh: { severity: "warning", forSeconds: 300, threshold: 30 },
  GradewireLagCritical: { severity: "critical", forSeconds: 300, threshold: 300 },
  GradewireStalled: { severity: "critical", forSeconds: 120, threshold: 120 },
  GradewireDisconnected: { severity: "warning", forSeconds: 300 },
  GradewirePurgeRisk: { severity: "warning", forSeconds: 300, threshold: DAY, below: true },
  GradewirePurgeImminent: { severity: "critical", forSeconds: 0, threshold: 7_200, below: true },
  GradewireDeadLetters: { severity: "warning", forSeconds: 600, threshold: 0 },
  GradewireHeldTooLong: { severity: "warning", forSeconds: 600, threshold: DAY },
  GradewireReconcileDiffers: { severity: "warning", forSeconds: 0, threshold: 0 },
  GradewireRepairWithheld: { severity: "warning", forSeconds: 0, threshold: 0 },
  GradewireReconcileStale: { severity: "warning", forSeconds: 0, threshold: 2 * DAY },
  GradewireSchemaDrift: {
    severity: "critical",
    forSeconds: 0,
    onlyHere: "the process ends with it before it is scraped"
  },
  GradewireFenced: {
    severity: "critical",
    forSeconds: 0,
    onlyHere: "the process ends with it before it is scraped"
  },
  GradewireCertificateExpiry: { severity: "warning", forSeconds: 0, threshold: 14 * DAY, below: true }
} as const satisfies Readonly<Record<string, AlertRule>>

export type AlertName = keyof typeof ALERT_RULES
export const ALERT_NAMES = Object.keys(ALERT_RULES) as ReadonlyArray<AlertName>

/** The rule with the optional parts readable. */
export const alertRule = (name: AlertName): AlertRule => ALERT_RULES[name]
