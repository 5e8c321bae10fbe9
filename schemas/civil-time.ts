/**
 * Times as text, from numbers and from local times of a zone, by pure arithmetic.
 *
 * JavaScript's Date is not used: it holds milliseconds only, moves years 0..99 to 1900..1999 and makes every zero date
 * of MySQL "Invalid Date". All results are RFC 3339 in UTC with the digits of their source:
 *
 *   epochSecondsToUtc(1763769600)                            => "2025-11-22T00:00:00Z"
 *   epochMicrosToUtc(1763769600123456, 3)                    => "2025-11-22T00:00:00.123Z"
 *   localToUtc("2026-11-22T07:30:00.5", 480)                 => "2026-11-21T23:30:00.5Z"
 *   localToUtc("2026-07-01T08:00:00", timeZone("Europe/Paris")!) => "2026-07-01T06:00:00Z"
 *   localToUtc("2026-11-00T00:00:00", 480)                   => undefined (a partial date names no moment)
 *   utcToLocal("2026-07-01T06:00:00Z", timeZone("Europe/Paris")!) => "2026-07-01T08:00:00"
 */
import { NamedZone } from "./NamedZone.ts"

const MINUTES_PER_DAY = 1440
const SECONDS_PER_DAY = 86_400
const MICROS_PER_SECOND = 1_000_000
/** 0000-01-01T00:00:00 and 9999-12-31T23:59:59. */
const MIN_SECONDS = -62_167_219_200
const MAX_SECONDS = 253_402_300_799

/** "00" .. "99" */
const TWO_DIGITS: ReadonlyArray<string> = Array.from({ length: 100 }, (_, n) =>
  n < 10 ? `0${n}` : String(n)
)

/** "00:00" .. "23:59", indexed by the minute of the day. */
const HOUR_MINUTE: ReadonlyArray<string> = Array.from(
  { length: MINUTES_PER_DAY },
  (_, minute) => `${TWO_DIGITS[Math.floor(minute / 60)]}:${TWO_DIGITS[minute % 60]}`
)

/**
 * Days since 1970-01-01 in the proleptic Gregorian calendar, year 0 included.
 * Algorithm: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
 */
export const daysFromCivil = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** `YYYY-MM-DD` of a day counted from 1970-01-01; `undefined` outside of the years 0..9999. */
export const civilFromDays = (days: number): string | undefined => {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  if (year < 0 || year > 9999) return undefined
  return `${TWO_DIGITS[Math.floor(year / 100)]}${TWO_DIGITS[year % 100]}-${TWO_DIGITS[month]}-${TWO_DIGITS[day]}`
}

/** Without a zone: `YYYY-MM-DDTHH:MM:SS`. Takes seconds from 0000-01-01 to 9999-12-31; throws RangeError outside. */
export const epochSecondsToCivil = (seconds: number): string => {
  const days = Math.floor(seconds / SECONDS_PER_DAY)
  const date = civilFromDays(days)
  if (date === undefined)
    throw new RangeError(`${seconds} seconds since 1970 lie outside of the years 0 to 9999`)
  const inDay = seconds - days * SECONDS_PER_DAY
  return `${date}T${HOUR_MINUTE[Math.floor(inDay / 60)]}:${TWO_DIGITS[inDay % 60]}`
}

/** `YYYY-MM-DDTHH:MM:SSZ` of whole seconds since 1970 UTC. */
export const epochSecondsToUtc = (seconds: number): string => `${epochSecondsToCivil(seconds)}Z`

/** RFC 3339 of microseconds since 1970 UTC with `digits` (0..6) fractional digits; further digits are cut, not rounded. */
export const epochMicrosToUtc = (micros: number, digits: number): string => {
  const seconds = Math.floor(micros / MICROS_PER_SECOND)
  if (digits === 0) return epochSecondsToUtc(seconds)
  const fraction = String(micros - seconds * MICROS_PER_SECOND)
    .padStart(6, "0")
    .slice(0, digits)
  return `${epochSecondsToCivil(seconds)}.${fraction}Z`
}

/** Where local times are at home: minutes east of UTC that never change, or a zone with rules. */
export type TimeZone = number | NamedZone

/** Of `+08:00`, `Z` or `Asia/Shanghai`; `undefined` where the text is none of them. */
export const timeZone = (text: string): TimeZone | undefined => offsetMinutes(text) ?? NamedZone.find(text)

/** Minutes east of UTC of `+08:00`, `-03:30` or `Z`; `undefined` where the text is none. MySQL knows -13:59..+14:00. */
export const offsetMinutes = (text: string): number | undefined => {
  if (text === "Z") return 0
  const parts = /^([+-])(\d{2}):([0-5]\d)$/.exec(text)
  if (parts === null) return undefined
  const minutes = Number(parts[2]) * 60 + Number(parts[3])
  if (minutes > 840) return undefined
  return parts[1] === "-" ? 0 - minutes : minutes
}

/**
 * A local `YYYY-MM-DDTHH:MM:SS[.f]` (or with a blank for the T), or a bare `YYYY-MM-DD` as its midnight, as RFC 3339
 * UTC with the same fractional digits. A time that came twice is its earlier moment, one that the clocks left out lies
 * as far behind the change as it claims ({@link NamedZone}). `undefined` for zero and partial dates, for dates the
 * calendar does not have (`ALLOW_INVALID_DATES` stores 2026-02-31), for what is no local time at all, and where UTC
 * leaves the years 0..9999.
 */
export const localToUtc = (local: string, zone: TimeZone): string | undefined => {
  const withTime = local.length === 10 ? `${local}T00:00:00` : local
  if (!LOCAL.test(withTime)) return undefined
  const year = twoDigitsAt(withTime, 0) * 100 + twoDigitsAt(withTime, 2)
  const month = twoDigitsAt(withTime, 5)
  const day = twoDigitsAt(withTime, 8)
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  const hour = twoDigitsAt(withTime, 11)
  const minute = twoDigitsAt(withTime, 14)
  const second = twoDigitsAt(withTime, 17)
  if (hour > 23 || minute > 59 || second > 59) return undefined
  let offset: number
  if (typeof zone === "number") offset = zone
  else {
    const seconds = daysFromCivil(year, month, day) * SECONDS_PER_DAY + (hour * 60 + minute) * 60 + second
    const east = zone.offsetOfLocal(seconds)
    // Clocks of before about 1920 went by the sun: Shanghai was 8 h 5 min 43 s ahead.
    if (east % 60 !== 0) return utcOrNothing(seconds - east, withTime.slice(19))
    offset = east / 60
  }
  const utcMinute = hour * 60 + minute - offset
  const secondsOn = withTime.slice(16)
  if (utcMinute >= 0 && utcMinute < MINUTES_PER_DAY) {
    return `${withTime.slice(0, 10)}T${HOUR_MINUTE[utcMinute]}${secondsOn}Z`
  }
  const dayShift = Math.floor(utcMinute / MINUTES_PER_DAY)
  const date = civilFromDays(daysFromCivil(year, month, day) + dayShift)
  if (date === undefined) return undefined
  return `${date}T${HOUR_MINUTE[utcMinute - dayShift * MINUTES_PER_DAY]}${secondsOn}Z`
}

/** @param fraction with its point, or nothing */
const utcOrNothing = (seconds: number, fraction: string): string | undefined =>
  seconds < MIN_SECONDS || seconds > MAX_SECONDS ? undefined : `${epochSecondsToCivil(seconds)}${fraction}Z`

/**
 * RFC 3339 UTC (`…Z`) as local `YYYY-MM-DDTHH:MM:SS[.f]` with the same fractional digits; every moment has exactly one.
 * `undefined` for what is no moment, and where local time leaves the years 0..9999.
 */
export const utcToLocal = (utc: string, zone: TimeZone): string | undefined => {
  if (!utc.endsWith("Z")) return undefined
  if (typeof zone === "number") return localToUtc(utc.slice(0, -1), 0 - zone)?.slice(0, -1)
  const checked = localToUtc(utc.slice(0, -1), 0)
  if (checked === undefined) return undefined
  const days = daysFromCivil(
    twoDigitsAt(checked, 0) * 100 + twoDigitsAt(checked, 2),
    twoDigitsAt(checked, 5),
    twoDigitsAt(checked, 8)
  )
  const inDay = (twoDigitsAt(checked, 11) * 60 + twoDigitsAt(checked, 14)) * 60 + twoDigitsAt(checked, 17)
  const seconds = days * SECONDS_PER_DAY + inDay
  return utcOrNothing(seconds + zone.offsetAt(seconds), checked.slice(19, -1))?.slice(0, -1)
}

const LOCAL = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?$/

const DAYS_IN_MONTH = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

const daysInMonth = (year: number, month: number): number =>
  month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : (DAYS_IN_MONTH[month] ?? 0)

const twoDigitsAt = (text: string, at: number): number =>
  (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48

const UTC = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z$/

/** RFC 3339 in UTC as milliseconds since 1970, finer digits cut off; `undefined` where it is none. */
export const utcToEpochMillis = (text: string): number | undefined => {
  const parts = UTC.exec(text)
  if (parts === null) return undefined
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number)
  const seconds = ((daysFromCivil(year!, month!, day!) * 24 + hour!) * 60 + minute!) * 60 + second!
  return seconds * 1000 + Number((parts[7] ?? "").padEnd(3, "0").slice(0, 3))
}
