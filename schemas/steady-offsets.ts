/**
 * When a zone's clocks stood steadily at one offset: what a database that knows no zones can convert times of.
 *
 * - Spans end two days before, and begin two days behind, each change of the clocks, so that one holds for local times and
 *   for UTC alike, and no time in it came twice or was left out.
 */
import { civilFromDays, daysFromCivil, type TimeZone } from "./civil-time.ts"

export interface SteadyOffset {
  /** `YYYY-MM-DD`, the first day in it; `undefined`: always. */
  readonly from: string | undefined
  /** The first day behind it. */
  readonly before: string | undefined
  /** Minutes east of UTC. */
  readonly minutes: number
}

const FIRST_DAY = daysFromCivil(1992, 1, 1)
const LAST_DAY = daysFromCivil(2060, 1, 1)
const MARGIN_DAYS = 2
const SECONDS_PER_DAY = 86_400

/** The latest first: most results are young. */
export const steadyOffsets = (zone: TimeZone): ReadonlyArray<SteadyOffset> => {
  if (typeof zone === "number") return [{ from: undefined, before: undefined, minutes: zone }]
  const spans: Array<SteadyOffset> = []
  let since = FIRST_DAY
  let east = zone.offsetOfLocal(since * SECONDS_PER_DAY)
  for (let day = FIRST_DAY + 1; day <= LAST_DAY; day++) {
    const now = day === LAST_DAY ? undefined : zone.offsetOfLocal(day * SECONDS_PER_DAY)
    if (now === east) continue
    const [from, before] = [since + MARGIN_DAYS, day - MARGIN_DAYS]
    if (from < before && east % 60 === 0) {
      spans.push({ from: civilFromDays(from), before: civilFromDays(before), minutes: east / 60 })
    }
    since = day
    east = now ?? east
  }
  return spans.reverse()
}
