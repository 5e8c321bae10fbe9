/**
 * Temporal columns as text, zero and partial dates included (mysql-server mysys/my_time.cc: my_datetime_packed_from_binary
 * and its siblings). Lookup tables instead of padding: most of a row's decoding time would go into padding otherwise.
 */
import { civilFromDays } from "../../../schemas/civil-time.ts"

/** "00".."99" and on, so that a broken byte yields odd text instead of `undefined`. */
export const TWO: ReadonlyArray<string> = Array.from({ length: 256 }, (_, n) => String(n).padStart(2, "0"))
/** ".000"..".999" and on, for two bytes' worth of ten-thousandths cut to three digits. */
export const POINT_THREE: ReadonlyArray<string> = Array.from(
  { length: 6554 },
  (_, n) => `.${String(n).padStart(3, "0")}`
)
/** "MM:SS", indexed by minute * 64 + second. */
export const MINUTE_SECOND: ReadonlyArray<string> = Array.from(
  { length: 4096 },
  (_, i) => `${TWO[i >> 6]}:${TWO[i & 63]}`
)
const SLOTS = 4096
const hourKeys = new Int32Array(SLOTS).fill(-1)
const hourTexts: Array<string> = Array.from({ length: SLOTS }, () => "")

/** "YYYY-MM-DDTHH:" of DATETIME's packed hour: ((year * 13 + month) * 32 + day) * 32 + hour. */
export const packedHour = (packed: number): string => {
  const slot = packed & (SLOTS - 1)
  if (hourKeys[slot] === packed) return hourTexts[slot]!
  const yearMonth = packed >> 10
  const text = `${dateText(Math.floor(yearMonth / 13), yearMonth % 13, (packed >> 5) & 31)}T${TWO[packed & 31]}:`
  hourKeys[slot] = packed
  hourTexts[slot] = text
  return text
}

export const dateText = (year: number, month: number, day: number): string =>
  `${String(year).padStart(4, "0")}-${TWO[month]}-${TWO[day]}`

const epochHourKeys = new Int32Array(SLOTS).fill(-1)
const epochHourTexts: Array<string> = Array.from({ length: SLOTS }, () => "")

/** "YYYY-MM-DDTHH:MM:SS" of TIMESTAMP's seconds (unsigned: MariaDB 11.5 goes to 2106), without fraction and zone. */
const timestampText = (seconds: number): string => {
  const hour = Math.floor(seconds / 3600)
  const slot = hour & (SLOTS - 1)
  if (epochHourKeys[slot] !== hour) {
    const day = Math.floor(hour / 24)
    epochHourKeys[slot] = hour
    epochHourTexts[slot] = `${civilFromDays(day)}T${TWO[hour - day * 24]}:`
  }
  const inHour = seconds - hour * 3600
  const minute = Math.floor(inHour / 60)
  return epochHourTexts[slot]! + MINUTE_SECOND[minute * 64 + (inHour - minute * 60)]!
}

/** A TIMESTAMP of zero means "no time"; everything else is a moment in UTC. `fraction` includes its point. */
export const timestampWithZone = (seconds: number, fraction: string): string =>
  seconds === 0 ? `0000-00-00T00:00:00${fraction}` : `${timestampText(seconds)}${fraction}Z`

/** Fraction of 1..6 digits with its point, from ceil(digits / 2) big-endian bytes. */
export const fractionText = (bytes: Buffer, at: number, digits: number): string => {
  const length = (digits + 1) >> 1
  let value = 0
  for (let i = 0; i < length; i++) value = value * 256 + (bytes[at + i] ?? 0)
  return `.${String(value)
    .padStart(length * 2, "0")
    .slice(0, digits)}`
}

/** TIME(n): a biased big-endian number of 3 + ceil(n / 2) bytes whose lower part is the fraction, negative as a whole. */
export const timeText = (bytes: Buffer, at: number, digits: number): string => {
  const fractionBytes = (digits + 1) >> 1
  const length = 3 + fractionBytes
  let packed = 0
  for (let i = 0; i < length; i++) packed = packed * 256 + (bytes[at + i] ?? 0)
  const scale = 256 ** fractionBytes
  packed -= 0x80_0000 * scale
  const sign = packed < 0 ? "-" : ""
  const magnitude = Math.abs(packed)
  const whole = Math.floor(magnitude / scale)
  const clock = `${sign}${TWO[(whole >> 12) & 0x3ff] ?? (whole >> 12) & 0x3ff}:${TWO[(whole >> 6) & 63]}:${TWO[whole & 63]}`
  if (digits === 0) return clock
  const fraction = String(magnitude - whole * scale)
    .padStart(fractionBytes * 2, "0")
    .slice(0, digits)
  return `${clock}.${fraction}`
}

/** DATETIME of the old format: YYYYMMDDhhmmss as one little-endian number. */
export const oldDatetimeText = (bytes: Buffer, at: number): string => {
  let value = 0
  for (let i = 7; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0)
  const date = Math.floor(value / 1_000_000)
  const time = value % 1_000_000
  return `${dateText(Math.floor(date / 10_000), Math.floor(date / 100) % 100, date % 100)}T${clockOf(time)}`
}

/** TIME of the old format: hhmmss as a signed three-byte number. */
export const oldTimeText = (bytes: Buffer, at: number): string => {
  const value = (((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)) << 8) >> 8
  return `${value < 0 ? "-" : ""}${clockOf(Math.abs(value))}`
}

const clockOf = (time: number): string => {
  const hours = Math.floor(time / 10_000)
  return `${TWO[hours] ?? hours}:${TWO[Math.floor(time / 100) % 100]}:${TWO[time % 100]}`
}

const FRACTION = 0x100_0000n

/**
 * Temporal values inside of JSON: a 64-bit number whose lowest 24 bits are microseconds, printed with all six digits
 * (mysql-server sql-common/my_time.cc, TIME_from_longlong_datetime_packed).
 */
export const packedDatetimeText = (packed: bigint): string => {
  const magnitude = packed < 0n ? -packed : packed
  const whole = Number(magnitude / FRACTION)
  const clock = whole % 2 ** 17
  return `${packedDateText(packed)} ${TWO[(clock >> 12) & 31]}:${TWO[(clock >> 6) & 63]}:${TWO[clock & 63]}.${microseconds(magnitude)}`
}

export const packedDateText = (packed: bigint): string => {
  const days = Math.floor(Number((packed < 0n ? -packed : packed) / FRACTION) / 2 ** 17)
  const yearMonth = Math.floor(days / 32)
  return dateText(Math.floor(yearMonth / 13), yearMonth % 13, days % 32)
}

export const packedTimeText = (packed: bigint): string => {
  const magnitude = packed < 0n ? -packed : packed
  const whole = Number(magnitude / FRACTION)
  const hours = Math.floor(whole / 4096)
  return `${packed < 0n ? "-" : ""}${TWO[hours] ?? hours}:${TWO[(whole >> 6) & 63]}:${TWO[whole & 63]}.${microseconds(magnitude)}`
}

const microseconds = (magnitude: bigint): string => String(magnitude % FRACTION).padStart(6, "0")
