/**
 * Text of a change event as the text a target column is given. Pure.
 *
 * - Exact or refused: MySQL rounds a decimal to its column's digits with a note at most, takes the word '1' for the
 *   first member of an ENUM, and cuts a time off a date. What would not come back as it was sent is replaced by
 *   {@link REFUSED}, which every column but a text refuses in strict mode, so that the row is a dead letter.
 * - Only where the row is filed: one that is held keeps its event as it came.
 * - A fraction of a second beyond its column's digits is rounded by the server.
 */
import { localToUtc } from "../../../schemas/civil-time.ts"
import type { ColumnShape } from "./catalog.ts"

/** No number, no time, no member: an error of strict mode in every column it is written to. */
export const REFUSED = "refused"

/** Text of a JSON value; `null` is SQL NULL. */
export const textOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : typeof value === "string" ? value : JSON.stringify(value)

interface Decimal {
  readonly sign: "" | "-"
  readonly whole: string
  /** Without trailing zeros. */
  readonly fraction: string
}

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/

/** `undefined` where the text is no number. `"-01.50e1"` => -, "15", "". */
export const parseDecimal = (text: string): Decimal | undefined => {
  const parts = NUMBER.exec(text)
  if (parts === null) return undefined
  const [, sign = "", before = "", behind = "", power = "0"] = parts
  if (before === "" && behind === "") return undefined
  const digits = before + behind
  const point = before.length + Number(power)
  const whole = (point <= 0 ? "" : digits.slice(0, point).padEnd(point, "0")).replace(/^0+/, "") || "0"
  const fraction = (point < 0 ? "0".repeat(-point) + digits : digits.slice(point)).replace(/0+$/, "")
  return { sign: sign === "-" ? "-" : "", whole, fraction }
}

const BOOLEANS: Readonly<Record<string, string>> = { true: "1", false: "0" }

/** @param scale digits behind the point that are kept */
const numberText = (text: string, scale: number): string => {
  const number = parseDecimal(BOOLEANS[text] ?? text)
  if (number === undefined || number.fraction.length > scale) return REFUSED
  return `${number.sign}${number.whole}${number.fraction === "" ? "" : `.${number.fraction}`}`
}

const LOCAL = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?$/
const TIME_OF_DAY = /^-?\d{2,3}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?$/

/** Whether it names a moment of the calendar: no zero date, no 2026-02-31, no 25:00. */
const isLocal = (text: string): boolean =>
  LOCAL.test(text) && localToUtc(text.length === 16 ? `${text}:00` : text, 0) !== undefined

/** Local time at the offset, with a blank for the T; text without a zone is local already. */
const localTime = (text: string, zoneMinutes: number): string => {
  if (!text.endsWith("Z")) return isLocal(text) ? text.replace("T", " ") : REFUSED
  const shifted = localToUtc(text.slice(0, -1), 0 - zoneMinutes)
  return shifted === undefined ? REFUSED : shifted.slice(0, -1).replace("T", " ")
}

/** The session's zone is UTC, in which a TIMESTAMP is written. */
const universalTime = (text: string, zoneMinutes: number): string => {
  const utc = text.endsWith("Z") ? localTime(text, 0) : localToUtc(text.replace(" ", "T"), zoneMinutes)
  return utc === undefined ? REFUSED : utc.replace("T", " ").replace("Z", "")
}

const timeOfDay = (text: string, zoneMinutes: number): string => {
  if (TIME_OF_DAY.test(text)) return text
  const local = localTime(text, zoneMinutes)
  return local.length > 10 ? local.slice(11) : REFUSED
}

const setText = (text: string, members: ReadonlyArray<string>): string =>
  text === "" || text.split(",").every((member) => members.includes(member)) ? text : REFUSED

/** @param zoneMinutes offset at which a column without a time zone is written and text without one is read */
export const columnText = (text: string | null, column: ColumnShape, zoneMinutes: number): string | null => {
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
      return localTime(text, zoneMinutes)
    case "timestamp":
      return universalTime(text, zoneMinutes)
    case "date": {
      const local = localTime(text, zoneMinutes)
      return local === REFUSED ? REFUSED : local.slice(0, 10)
    }
    case "time":
      return timeOfDay(text, zoneMinutes)
    case "enum":
      return column.members.includes(text) ? text : REFUSED
    case "set":
      return setText(text, column.members)
    default:
      return text
  }
}
