/**
 * Text of a change event as the text a target column is given. Pure.
 *
 * - Exact or refused: MySQL rounds a decimal to its column's digits with a note at most, takes the word '1' for the
 *   first member of an ENUM, and cuts a time off a date. What would not come back as it was sent is replaced by
 *   {@link REFUSED}, which every column but a text refuses in strict mode, so that the row is a dead letter.
 * - Only where the row is filed: one that is held keeps its event as it came.
 * - A fraction of a second beyond its column's digits is rounded by the server.
 */
import { localToUtc, utcToLocal, type TimeZone } from "../../../schemas/civil-time.ts"
import { decimalText, parseDecimal } from "../decimal-text.ts"
import type { ColumnShape } from "./catalog.ts"

/** No number, no time, no member: an error of strict mode in every column it is written to. */
export const REFUSED = "refused"

/** Text of a JSON value; `null` is SQL NULL. */
export const textOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : typeof value === "string" ? value : JSON.stringify(value)

const BOOLEANS: Readonly<Record<string, string>> = { true: "1", false: "0" }

/** @param scale digits behind the point that are kept */
const numberText = (text: string, scale: number): string => {
  const number = parseDecimal(BOOLEANS[text] ?? text)
  if (number === undefined || number.fraction.length > scale) return REFUSED
  return decimalText(number)
}

const LOCAL = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?$/
const TIME_OF_DAY = /^-?\d{2,3}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?$/

/** Whether it names a moment of the calendar: no zero date, no 2026-02-31, no 25:00. */
const isLocal = (text: string): boolean =>
  LOCAL.test(text) && localToUtc(text.length === 16 ? `${text}:00` : text, 0) !== undefined

/** Local time at the offset, with a blank for the T; text without a zone is local already. */
const localTime = (text: string, zone: TimeZone): string => {
  if (!text.endsWith("Z")) return isLocal(text) ? text.replace("T", " ") : REFUSED
  return utcToLocal(text, zone)?.replace("T", " ") ?? REFUSED
}

/** The session's zone is UTC, in which a TIMESTAMP is written. */
const universalTime = (text: string, zone: TimeZone): string => {
  const utc = text.endsWith("Z") ? localTime(text, 0) : localToUtc(text.replace(" ", "T"), zone)
  return utc === undefined ? REFUSED : utc.replace("T", " ").replace("Z", "")
}

const timeOfDay = (text: string, zone: TimeZone): string => {
  if (TIME_OF_DAY.test(text)) return text
  const local = localTime(text, zone)
  return local.length > 10 ? local.slice(11) : REFUSED
}

const setText = (text: string, members: ReadonlyArray<string>): string =>
  text === "" || text.split(",").every((member) => members.includes(member)) ? text : REFUSED

/** @param zone in which a column without one is written and text without one is read */
export const columnText = (text: string | null, column: ColumnShape, zone: TimeZone): string | null => {
  if (text === null) return null
  switch (column.kind) {
    case "integer":
    case "bit":
      return numberText(text, 0)
    case "decimal":
      return numberText(text, column.scale ?? 0)
    case "float":
      return parseDecimal(text) === undefined ? REFUSED : text
    case "datetime":
      return localTime(text, zone)
    case "timestamp":
      return universalTime(text, zone)
    case "date": {
      const local = localTime(text, zone)
      return local === REFUSED ? REFUSED : local.slice(0, 10)
    }
    case "time":
      return timeOfDay(text, zone)
    case "enum":
      return column.members.includes(text) ? text : REFUSED
    case "set":
      return setText(text, column.members)
    default:
      return text
  }
}
