/** Whether a moment lies in the hours in which only critical alerts are sent. */
import { epochSecondsToUtc, timeZone, utcToLocal } from "../../schemas/civil-time.ts"
import type { QuietHours } from "../../schemas/alerts-config.ts"

/** @param millis since 1970 UTC */
export const isQuiet = (hours: QuietHours | undefined, millis: number): boolean => {
  if (hours === undefined) return false
  const zone = timeZone(hours.timeZone)
  const local =
    zone === undefined ? undefined : utcToLocal(epochSecondsToUtc(Math.floor(millis / 1000)), zone)
  if (local === undefined) return false
  const time = local.slice(11, 16)
  return hours.from <= hours.to
    ? time >= hours.from && time < hours.to
    : time >= hours.from || time < hours.to
}
