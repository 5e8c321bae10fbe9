/**
 * A time zone by its name in the IANA database, "Asia/Shanghai": how far its clocks stood from UTC at any moment.
 *
 * Every moment has one local time, but not the other way round. A local time that came twice, when clocks were set
 * back, is its **earlier** moment; one that never was, when clocks were set forward, is as far behind the change as it
 * claims to be ("02:30" in New York on 2026-03-08 is 03:30 there). That is RFC 5545's rule and Temporal's "compatible";
 * it depends on the text alone, so that stream and copy of one value agree, today and after any restart.
 *
 * The rules are the platform's (ICU, `process.versions.tz`). Asking it costs 1.5 µs, so a stretch of 388 days is asked
 * once, day by day, and a value then costs a comparison.
 */

const DAY = 86_400
/** Seconds of one table. */
const STRETCH = 388 * DAY
/** 1800-01-01, before any zone's first change, and 2500-01-01. Rules do not change between 2100 and there. */
const FIRST = -5_364_662_400
const LAST = 16_725_225_600
/** 400 years of the Gregorian calendar: dates and weekdays come again. */
const CYCLE = 146_097 * DAY

/** Spans of one offset within a stretch. */
interface Stretch {
  /** First second of each span; the stretch's own start comes first. */
  readonly from: ReadonlyArray<number>
  /** Seconds east of UTC. */
  readonly offset: ReadonlyArray<number>
}

/** Names that say where they are: "Area/City" and UTC. "CST" is China, Cuba and Chicago. */
const NAME = /^(UTC|[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9][A-Za-z0-9_+-]*)+)$/
const OFFSET = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/

export class NamedZone {
  readonly name: string
  private readonly format: Intl.DateTimeFormat
  private readonly stretches = new Map<number, Stretch>()
  /** Local seconds for which `plainOffset` is the only answer. */
  private plainFrom = 0
  private plainTo = 0
  private plainOffset = 0

  private constructor(name: string, format: Intl.DateTimeFormat) {
    this.name = name
    this.format = format
  }

  /** `undefined` where the platform knows no zone of that name. */
  static find(name: string): NamedZone | undefined {
    if (!NAME.test(name)) return undefined
    try {
      const format = new Intl.DateTimeFormat("en-US", {
        timeZone: name,
        timeZoneName: "longOffset",
        year: "numeric"
      })
      return new NamedZone(name, format)
    } catch {
      return undefined
    }
  }

  /** Seconds east of UTC at a moment, in seconds since 1970 UTC. */
  offsetAt(utcSeconds: number): number {
    const seconds = withinTables(utcSeconds)
    const { from, offset } = this.stretchOf(seconds)
    let at = from.length - 1
    while (at > 0 && from[at]! > seconds) at--
    return offset[at]!
  }

  /** Seconds east of UTC of a local time, given as seconds since 1970-01-01T00:00:00 of that clock. */
  offsetOfLocal(localSeconds: number): number {
    if (localSeconds >= this.plainFrom && localSeconds < this.plainTo) return this.plainOffset
    // No clock is more than a day from UTC, none was changed by more, and none twice within two days.
    const before = this.offsetAt(localSeconds - DAY)
    const after = this.offsetAt(localSeconds + DAY)
    if (before === after) return this.remembered(localSeconds, before)
    if (this.offsetAt(localSeconds - before) === before) return before
    if (this.offsetAt(localSeconds - after) === after) return after
    return before
  }

  /** Widens the plain span around a local time as far as this stretch's neighbouring changes allow. */
  private remembered(localSeconds: number, offset: number): number {
    const { from, offset: offsets } = this.stretchOf(withinTables(localSeconds))
    const shift = localSeconds - withinTables(localSeconds)
    let at = from.length - 1
    while (at > 0 && from[at]! + shift > localSeconds) at--
    if (offsets[at] === offset) {
      const end = from[at + 1] ?? from[0]! + STRETCH
      this.plainFrom = from[at]! + shift + DAY
      this.plainTo = end + shift - DAY
      this.plainOffset = offset
    }
    return offset
  }

  private stretchOf(seconds: number): Stretch {
    const index = Math.floor(seconds / STRETCH)
    const known = this.stretches.get(index)
    if (known !== undefined) return known
    const stretch = this.ask(index * STRETCH)
    this.stretches.set(index, stretch)
    return stretch
  }

  private ask(start: number): Stretch {
    const from = [start]
    const offset = [this.askOffset(start)]
    for (let day = start + DAY; day <= start + STRETCH; day += DAY) {
      const now = this.askOffset(day)
      const known = offset.at(-1)!
      if (now === known) continue
      from.push(this.firstOf(now, day - DAY, day))
      offset.push(now)
    }
    return { from, offset }
  }

  /** First second in (before, upTo] with that offset; the one before `upTo` did not have it. */
  private firstOf(offset: number, before: number, upTo: number): number {
    let [low, high] = [before, upTo]
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (this.askOffset(middle) === offset) high = middle
      else low = middle
    }
    return high
  }

  private askOffset(seconds: number): number {
    const parts = OFFSET.exec(this.format.format(seconds * 1000))
    const [, sign, hours = "0", minutes = "0", rest = "0"] = parts ?? []
    const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(rest)
    return sign === "-" ? 0 - offset : offset
  }
}

const withinTables = (seconds: number): number => {
  if (seconds < FIRST) return FIRST
  return seconds < LAST ? seconds : seconds - Math.ceil((seconds - LAST + 1) / CYCLE) * CYCLE
}
