/**
 * Column values as JSON text of the event contract, by the kind of field they are mapped to.
 *
 * A value that does not fit its field (a score column that holds "absent", a zero date) is not guessed: the field is
 * null and the source's text stands under `unreadable`, where apply refuses the row by name.
 */
import { localToUtc, type TimeZone } from "../../schemas/civil-time.ts"
import type { RowImage, Value } from "./ChangeSource.ts"

export type FieldKind = "text" | "decimal" | "instant" | "plain"

export interface Field {
  /** JSON key in its group, with quotes and colon. */
  readonly label: string
  /** Name under `unreadable`: `score.raw`. */
  readonly path: string
  /** Index into the row image. */
  readonly column: number
  readonly kind: FieldKind
}

// A lone surrogate cannot come out of a decoder, but JSON.stringify would be needed for it, as for any other half.
// oxlint-disable-next-line no-control-regex
const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/
const DECIMAL = /^-?\d+(\.\d+)?$/
const EXPONENT = /^(-?)(\d+)(?:\.(\d+))?e([+-]?\d+)$/i

/** JSON string literal. */
export const quote = (text: string): string => (NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`)

/** The same without its opening quote. */
export const quoteRest = (text: string): string =>
  NEEDS_ESCAPE.test(text) ? JSON.stringify(text).slice(1) : `${text}"`

/**
 * Members of one JSON object, without braces: `"raw":"87.5","max":null`. Absent columns are left out. What does not
 * fit is appended to `unreadable` as a member of its own.
 */
export const members = (
  fields: ReadonlyArray<Field>,
  image: RowImage,
  zone: TimeZone,
  unreadable: Array<string>
): string => {
  let text = ""
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!
    const value = image[field.column]
    if (value === undefined) continue
    const label = text === "" ? field.label : `,${field.label}`
    text += label + fieldText(field, value, zone, unreadable)
  }
  return text
}

const fieldText = (
  field: Field,
  value: Exclude<Value, undefined>,
  zone: TimeZone,
  unreadable: Array<string>
): string => {
  if (value === null) return "null"
  const fitted = fit(field.kind, value, zone)
  if (fitted !== undefined) return fitted
  unreadable.push(`${quote(field.path)}:${quote(String(value))}`)
  return "null"
}

/** JSON text, or `undefined` where the value does not fit. */
const fit = (kind: FieldKind, value: string | number, zone: TimeZone): string | undefined => {
  switch (kind) {
    case "text":
      return typeof value === "number" ? `"${value}"` : quote(value)
    case "plain":
      return typeof value === "number" ? String(value) : quote(value)
    case "decimal":
      return decimal(value)
    case "instant":
      return instant(value, zone)
  }
}

const decimal = (value: string | number): string | undefined => {
  if (typeof value === "number") return `"${value}"`
  if (DECIMAL.test(value)) return `"${value}"`
  const plain = withoutExponent(value.trim())
  return plain === undefined ? undefined : `"${plain}"`
}

/** "1.5e2" => "150", "25e-3" => "0.025"; by digits, not by arithmetic. FLOAT and DOUBLE columns may print exponents. */
export const withoutExponent = (text: string): string | undefined => {
  if (DECIMAL.test(text)) return text
  const parts = EXPONENT.exec(text)
  if (parts === null) return undefined
  const [, sign = "", whole = "", fraction = "", exponentText = "0"] = parts
  const exponent = Number(exponentText)
  if (Math.abs(exponent) > 400) return undefined
  const digits = whole + fraction
  const point = whole.length + exponent
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`
  if (point >= digits.length) return `${sign}${digits}${"0".repeat(point - digits.length)}`
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

const DATE_LENGTH = "2026-11-22".length

const instant = (value: string | number, zone: TimeZone): string | undefined => {
  if (typeof value === "number") return undefined
  // A bare date means its first moment in the source's zone.
  const local = value.length === DATE_LENGTH ? `${value}T00:00:00` : value.replace(" ", "T")
  const utc = local.endsWith("Z") ? localToUtc(local.slice(0, -1), 0) : localToUtc(local, zone)
  return utc === undefined ? undefined : `"${utc}"`
}

/** Values of the key columns whose {@link keyText} it is; `undefined` where it has another number of parts. */
export const splitKeyText = (text: string, columns: number): ReadonlyArray<string> | undefined => {
  if (columns === 1) return [text]
  const parts = [""]
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!
    if (sign === ",") parts.push("")
    else if (sign !== "\\") parts[parts.length - 1] += sign
    else {
      const meant = text[++at]
      if (meant !== "," && meant !== "\\") return undefined
      parts[parts.length - 1] += meant
    }
  }
  return parts.length === columns ? parts : undefined
}

/** {@link keyText} of the values alone. */
export const keyTextOf = (values: RowImage): string =>
  keyText(
    values.map((_, index) => index),
    values
  )!

/**
 * Text of a row's key: the only column as it is; several joined by "," with "," and "\" escaped by "\".
 * `undefined` where a part is NULL or absent.
 */
export const keyText = (columns: ReadonlyArray<number>, image: RowImage): string | undefined => {
  if (columns.length === 1) {
    const value = image[columns[0]!]
    return value === undefined || value === null ? undefined : String(value)
  }
  const parts: Array<string> = []
  for (const column of columns) {
    const value = image[column]
    if (value === undefined || value === null) return undefined
    parts.push(String(value).replaceAll(/[\\,]/g, String.raw`\$&`))
  }
  return parts.join(",")
}
