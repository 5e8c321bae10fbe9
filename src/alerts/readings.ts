/**
 * What every rule of schemas/alert-rules.ts reads from the process's vitals. A new rule is a name there and a line here.
 *
 * - A value that is not known is `undefined`: it raises nothing, and it does not end what was raised.
 * - Of several processes one speaks: what concerns the HR database is said by whoever has apply's lane 0, what concerns the
 *   source and the log by the one that captures, what concerns a role's own state by the process itself. A process that
 *   stands by says nothing.
 */
import type { AlertName } from "../../schemas/alert-rules.ts"
import type { OutsideSystem, RoleName, Stage, Vitals } from "../pipeline/Vitals.ts"

export interface Reading {
  readonly alert: AlertName
  readonly subject: string
  /** For a rule without threshold 1 is yes, 0 is no. */
  readonly value: number | undefined
  readonly text: string
  /** Needs not last: it will not pass by itself. */
  readonly atOnce?: boolean
}

/** @param speaksForApply whether this process has apply's lane 0 */
export const readAlerts = (vitals: Vitals, speaksForApply: boolean, now: number): ReadonlyArray<Reading> => {
  const works = (role: RoleName) => {
    const own = vitals.roles.get(role)
    return own !== undefined && own.state !== "standby"
  }
  return [
    ...(works("capture") ? [...roleReadings(vitals, "capture", now), ...captureReadings(vitals, now)] : []),
    ...(works("apply") ? roleReadings(vitals, "apply", now).filter(isOwnAffair(speaksForApply)) : []),
    ...(works("apply") && speaksForApply ? applyReadings(vitals, now) : [])
  ]
}

/** Pauses concern the connector, not the process. */
const isOwnAffair =
  (speaksForApply: boolean) =>
  ({ alert }: Reading): boolean =>
    speaksForApply || alert !== "GradewirePausedLong"

/** One that falls over again and again works for a moment each time; that ends no alert. */
const SETTLED_MILLIS = 30_000

const roleReadings = (vitals: Vitals, role: RoleName, now: number): ReadonlyArray<Reading> => {
  const own = vitals.roles.get(role)
  if (own === undefined) return []
  const { note, sinceMillis, state, tag } = own
  const hasStopped = state === "stopped"
  const drifted = hasStopped && tag === "SchemaDrift"
  const fenced = hasStopped && tag?.endsWith("Fenced") === true
  const isDown = state === "starting" || state === "waiting" || hasStopped
  const hasSettled = state === "running" && now - sinceMillis >= SETTLED_MILLIS
  const why = tag === undefined ? "" : `: ${tag}`
  return [
    {
      alert: "GradewireRoleNotRunning",
      subject: role,
      value: isDown && !drifted && !fenced ? 1 : hasSettled || state === "paused" ? 0 : undefined,
      text: hasStopped ? `${role} has stopped${why}.` : `${role} does not work, it is ${state}${why}.`,
      atOnce: hasStopped
    },
    {
      alert: "GradewirePausedLong",
      subject: role,
      value: state === "starting" || state === "waiting" ? undefined : Number(state === "paused"),
      text: `${role} is still paused${note === undefined ? "" : `: ${note}`}.`
    },
    {
      alert: "GradewireSchemaDrift",
      subject: role,
      value: drifted ? 1 : hasSettled ? 0 : undefined,
      text: "capture has stopped: a mapped table has another shape than the mapping says."
    },
    {
      alert: "GradewireFenced",
      subject: role,
      value: Number(fenced),
      text: `another process has taken ${role} over, and this one has left${why}.`
    }
  ]
}

const captureReadings = (vitals: Vitals, now: number): ReadonlyArray<Reading> => [
  stalled(vitals, "capture", now),
  stalled(vitals, "log", now),
  ...systemReadings(vitals, "source", now),
  ...systemReadings(vitals, "log", now)
]

const applyReadings = (vitals: Vitals, now: number): ReadonlyArray<Reading> => {
  const { comparison, purgeMarginSeconds: margin, queues } = vitals
  const differing =
    comparison === undefined ? undefined : [...comparison.differences.values()].reduce((sum, n) => sum + n, 0)
  const comparedAgo = comparison === undefined ? undefined : (now - comparison.finishedMillis) / 1000
  const lag = largest(vitals.lagSeconds("apply", now), queues?.lagSeconds)
  const late = `scores reach the profile ${spanText(lag)} after the exam.`
  const purge = `the training database may purge binlog files that are still needed in ${spanText(margin)}.`
  return [
    { alert: "GradewireLagHigh", subject: "", value: lag, text: late },
    { alert: "GradewireLagCritical", subject: "", value: lag, text: late },
    stalled(vitals, "apply", now),
    { alert: "GradewirePurgeRisk", subject: "", value: margin, text: purge },
    { alert: "GradewirePurgeImminent", subject: "", value: margin, text: purge },
    {
      alert: "GradewireDeadLetters",
      subject: "",
      value: queues?.deadLetters,
      text: `${queues?.deadLetters} changes were refused by the HR database and wait for a person.`
    },
    {
      alert: "GradewireHeldTooLong",
      subject: "",
      value: queues?.oldestHeldSeconds,
      text: `${queues?.held} scores wait for their person, the oldest for ${spanText(queues?.oldestHeldSeconds)}.`
    },
    {
      alert: "GradewireReconcileDiffers",
      subject: "",
      value: differing,
      text: `${differing} rows of the profile differ from the training database.`
    },
    {
      alert: "GradewireRepairWithheld",
      subject: "",
      value: comparison?.withheld,
      text: `${comparison?.withheld} rows are to be mended, more than reconcile.repair allows at once: none was.`
    },
    {
      alert: "GradewireReconcileStale",
      subject: "",
      value: comparedAgo,
      text: `both databases were last compared ${spanText(comparedAgo)} ago.`
    },
    ...systemReadings(vitals, "hr", now)
  ]
}

const stalled = (vitals: Vitals, stage: Stage, now: number): Reading => {
  const age = vitals.heartbeatAgeSeconds(stage, now)
  return {
    alert: "GradewireStalled",
    subject: stage,
    value: age,
    text: `${stage} has not heard of the training database for ${spanText(age)}.`
  }
}

const SYSTEM_TEXT = { source: "the training database", log: "NATS", hr: "the HR database" } as const

const systemReadings = (vitals: Vitals, system: OutsideSystem, now: number): ReadonlyArray<Reading> => {
  const answers = vitals.connections.get(system)
  const ends = vitals.certificateEnds.get(system)
  const left = ends === undefined ? undefined : (ends - now) / 1000
  return [
    {
      alert: "GradewireDisconnected",
      subject: system,
      value: answers === undefined ? undefined : Number(!answers),
      text: `${SYSTEM_TEXT[system]} does not answer.`
    },
    {
      alert: "GradewireCertificateExpiry",
      subject: system,
      value: left,
      text:
        left !== undefined && left < 0
          ? `a certificate of ${SYSTEM_TEXT[system]} has expired.`
          : `a certificate of ${SYSTEM_TEXT[system]} expires in ${spanText(left)}.`
    }
  ]
}

const largest = (...values: ReadonlyArray<number | undefined>): number | undefined => {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1]
] as const

/** `3d 4h`, `6m 40s`: two units, rounded down. */
const spanText = (seconds: number | undefined): string => {
  if (seconds === undefined || !Number.isFinite(seconds)) return "an unknown time"
  const place = Math.max(
    0,
    UNITS.findIndex(([, size]) => seconds >= size)
  )
  let rest = Math.floor(Math.max(0, seconds))
  const parts = UNITS.slice(seconds < 1 ? 3 : place, place + 2).map(([unit, size]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return [count, unit] as const
  })
  return parts
    .filter(([count], index) => count > 0 || index === 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(" ")
}
