/**
 * What the probes answer, as text for people and status for Kubernetes. Pure.
 *
 * - No neighbour makes the process unhealthy: a restart mends no database. Lag and a paused or waiting role are shown and
 *   change nothing.
 * - `live` the process itself goes on; `started` configuration and secrets are read and the roles have begun; `ready` all
 *   of that, and our own tables are in the HR database where this process writes there.
 */
import { ROLE_NAMES, STAGES, SYSTEMS, type Vitals } from "../pipeline/Vitals.ts"

export interface Health {
  readonly ok: boolean
  readonly checks: ReadonlyArray<HealthCheck>
}

export interface HealthCheck {
  readonly name: string
  /** `undefined`: told, but not judged. */
  readonly ok: boolean | undefined
  readonly text: string
}

/** The watchdog beats every second; a process that has not for this long is stuck. */
const BEAT_MILLIS_MAX = 30_000

/** @param now of the monotonic clock, as the watchdog's beats are */
export const liveness = ({ beatMillis }: Vitals, now: number): Health => {
  const ok = beatMillis === undefined || now - beatMillis <= BEAT_MILLIS_MAX
  const text = ok ? "ok" : `no beat for ${Math.round((now - (beatMillis ?? now)) / 1000)} s`
  return judged([{ name: "watchdog", ok, text }])
}

export const startup = (vitals: Vitals): Health => {
  const ok = vitals.migrated !== undefined || vitals.roles.size > 0
  return judged([
    { name: "config", ok: true, text: "ok" },
    { name: "roles", ok, text: ok ? "ok" : "not begun" }
  ])
}

/** @param now wall clock, ms since 1970 UTC */
export const readiness = (vitals: Vitals, now: number): Health => {
  const migrations: ReadonlyArray<HealthCheck> =
    vitals.migrated === undefined
      ? []
      : [
          {
            name: "migrations",
            ok: vitals.migrated,
            text: vitals.migrated ? "ok" : "waiting for the HR database"
          }
        ]
  return judged([...startup(vitals).checks, ...migrations, ...told(vitals, now)])
}

const told = (vitals: Vitals, now: number): ReadonlyArray<HealthCheck> => [
  ...ROLE_NAMES.flatMap((name) => {
    const role = vitals.roles.get(name)
    if (role === undefined) return []
    const why = [role.tag, role.note].filter((text) => text !== undefined).join(" ")
    const since = `for ${seconds((now - role.sinceMillis) / 1000)}`
    return [{ name, ok: undefined, text: [role.state, since, why].filter((text) => text !== "").join(" ") }]
  }),
  ...SYSTEMS.flatMap((system) => {
    const answer = vitals.connections.get(system)
    return answer === undefined
      ? []
      : [{ name: `connection ${system}`, ok: undefined, text: answer ? "answers" : "does not answer" }]
  }),
  ...STAGES.filter((stage) => vitals.roles.has(stage === "apply" ? "apply" : "capture")).map((stage) => {
    const lag = vitals.lagSeconds(stage, now)
    return { name: `lag ${stage}`, ok: undefined, text: lag === undefined ? "unknown" : seconds(lag) }
  })
]

const seconds = (value: number): string => `${Math.max(0, value).toFixed(value < 10 ? 2 : 0)}s`

const judged = (checks: ReadonlyArray<HealthCheck>): Health => ({
  ok: checks.every(({ ok }) => ok !== false),
  checks
})

/** One line for a machine; with `verbose` a line for each check as Kubernetes prints its own. */
export const healthText = ({ checks, ok }: Health, verbose: boolean): string => {
  const verdict = ok ? "ok" : "not ok"
  const failed = checks.filter((check) => verbose || check.ok === false)
  const lines = failed.map(({ name, ok: good, text }) => `[${good === false ? "-" : "+"}] ${name}: ${text}`)
  return `${[...lines, verdict].join("\n")}\n`
}
