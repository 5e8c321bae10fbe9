/** What this process answers when it is asked what it does. */
import { Clock, Effect } from "effect"
import type { RoleReport, VitalsReport } from "../../schemas/vitals-report.ts"
import { CurrentVitals, ROLE_NAMES, STAGES, type Vitals } from "../pipeline/Vitals.ts"

const MILLIS_PER_SECOND = 1_000

export const vitalsReport = (
  holder: string,
  version: string,
  startSeconds: number
): Effect.Effect<VitalsReport> =>
  Effect.gen(function* () {
    const vitals = yield* CurrentVitals
    const now = yield* Clock.currentTimeMillis
    const stages = STAGES.filter((stage) => vitals.roles.has(stage === "apply" ? "apply" : "capture"))
    return {
      holder,
      version,
      upSeconds: Math.max(0, now / MILLIS_PER_SECOND - startSeconds),
      roles: rolesOf(vitals, now),
      lagSeconds: Object.fromEntries(stages.map((stage) => [stage, vitals.lagSeconds(stage, now) ?? null]))
    }
  })

const rolesOf = (vitals: Vitals, now: number): ReadonlyArray<RoleReport> =>
  ROLE_NAMES.flatMap((role) => {
    const own = vitals.roles.get(role)
    return own === undefined
      ? []
      : [
          {
            role,
            state: own.state,
            forSeconds: Math.max(0, now - own.sinceMillis) / MILLIS_PER_SECOND,
            why: own.tag ?? own.note ?? null,
            epoch: vitals.epochs.get(role) ?? null
          }
        ]
  })
