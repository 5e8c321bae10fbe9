/**
 * Conversions that a target column declares, as every server understands them, and the values that they make. Pure.
 *
 * In this order: text form, value map, multiplication, rounding; or, for times, zone and format. NULL stays NULL. The
 * same value comes out on every server, so letters are A–Z alone: what a server makes of others hangs on its collation.
 */
import { timeZone, utcToLocal, type TimeZone } from "../../schemas/civil-time.ts"
import type { ColumnConversion } from "../../schemas/table-config.ts"
import { decimalText, multiply, parseDecimal, roundTo, type Rounding } from "./decimal-text.ts"

export interface Conversion {
  readonly trim: boolean
  readonly letters: "upper" | "lower" | undefined
  readonly map: ReadonlyMap<string, string | null> | undefined
  /** Of a value that is not in the map. */
  readonly otherwise: "refuse" | "null" | "keep"
  /** Decimal text without an exponent: an exact literal of every server. */
  readonly multiply: string | undefined
  /** Exactly so many digits behind the point, in a text as well. */
  readonly decimals: number | undefined
  readonly rounding: Rounding
  /** Instead of the target's. */
  readonly zone: TimeZone | undefined
  readonly format: string | undefined
}

export const conversionOf = (entry: ColumnConversion): Conversion => ({
  trim: entry.text?.includes("trim") ?? false,
  letters: entry.text?.find((form) => form !== "trim"),
  map:
    entry.map === undefined
      ? undefined
      : new Map(Object.entries(entry.map).map(([from, to]) => [from, to === null ? null : String(to)])),
  otherwise: entry.otherwise ?? "null",
  multiply: entry.multiply === undefined ? undefined : decimalText(parseDecimal(String(entry.multiply))!),
  decimals: entry.decimals,
  rounding: entry.rounding ?? "refuse",
  zone: entry.timeZone === undefined ? undefined : timeZone(entry.timeZone),
  format: entry.format
})

/** Why a value cannot be converted; names no value (G9). */
export class Refusal {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

export const REASONS = {
  map: "a value that is not in its map",
  number: "no number",
  digits: "more digits than its decimals"
} as const

/** White space of ASCII, the no-break and the ideographic space: what every server can be told to trim. */
export const BLANKS = " \t\n\r\u00a0\u3000"
const TRIMMED = new RegExp(`^[${BLANKS}]+|[${BLANKS}]+$`, "g")

const formed = (text: string, { letters, trim }: Conversion): string => {
  const bare = trim ? text.replace(TRIMMED, "") : text
  if (letters === undefined) return bare
  return letters === "upper"
    ? bare.replace(/[a-z]+/g, (run) => run.toUpperCase())
    : bare.replace(/[A-Z]+/g, (run) => run.toLowerCase())
}

const counted = (text: string, conversion: Conversion): string | Refusal => {
  const number = parseDecimal(text)
  if (number === undefined) return new Refusal(REASONS.number)
  const factor = conversion.multiply === undefined ? undefined : parseDecimal(conversion.multiply)!
  const product = factor === undefined ? number : multiply(number, factor)
  if (conversion.decimals === undefined) return decimalText(product)
  const rounded = roundTo(product, conversion.decimals, conversion.rounding)
  return rounded === undefined ? new Refusal(REASONS.digits) : decimalText(rounded, conversion.decimals)
}

/** Parts of a format: places of the text of a local time, and what stands between them. */
export const formatParts = (format: string): ReadonlyArray<FormatPart> =>
  (format.match(/YYYY|MM|DD|HH|mm|ss|[^YMDHms]+|./gu) ?? []).map((part) => {
    const at = PLACES[part]
    return at === undefined ? { literal: part } : { token: part as FormatToken, at }
  })

type FormatToken = "YYYY" | "MM" | "DD" | "HH" | "mm" | "ss"
export type FormatPart =
  | { readonly literal: string }
  | { readonly token: FormatToken; readonly at: readonly [from: number, to: number] }

/** In `2026-11-22T08:00:00`. */
const PLACES: Readonly<Record<string, readonly [number, number]>> = {
  YYYY: [0, 4],
  MM: [5, 7],
  DD: [8, 10],
  HH: [11, 13],
  mm: [14, 16],
  ss: [17, 19]
}

/** @param zone of the target, for a column without one of its own */
const formatted = (text: string, { format, zone: own }: Conversion, zone: TimeZone): string => {
  const local = utcToLocal(text, own ?? zone)
  if (format === undefined || local === undefined) return text
  return formatParts(format)
    .map((part) => ("literal" in part ? part.literal : local.slice(...part.at)))
    .join("")
}

/** Text of a value, converted. */
export const convertText = (
  text: string,
  conversion: Conversion,
  zone: TimeZone
): string | null | Refusal => {
  if (conversion.format !== undefined) return formatted(text, conversion, zone)
  let value = formed(text, conversion)
  if (conversion.map !== undefined) {
    const found = conversion.map.get(value)
    if (found === null || (found === undefined && conversion.otherwise === "null")) return null
    if (found === undefined && conversion.otherwise === "refuse") return new Refusal(REASONS.map)
    value = found ?? value
  }
  const isNumber = conversion.multiply !== undefined || conversion.decimals !== undefined
  return isNumber ? counted(value, conversion) : value
}
