/**
 * Declared conversions (../conversion.ts) as PostgreSQL's SQL, in numeric, never in floating point.
 *
 * A value that cannot be converted is an error of class 22 whose message is ours: {@link refusalIn} finds it again. It
 * hangs on the value, or the planner would meet it while it folds constants.
 */
import type { TimeZone } from "../../../schemas/civil-time.ts"
import { BLANKS, formatParts, REASONS, type Conversion } from "../conversion.ts"
import type { Rounding } from "../decimal-text.ts"
import { literal } from "./sql-text.ts"

const MARK = "gradewire refuses column "

/** `exam_score: no number`, where the message is one of ours. */
export const refusalIn = (message: string): string | undefined => {
  const at = message.indexOf(MARK)
  return at < 0 ? undefined : message.slice(at + MARK.length).replace(/"$/, "")
}

const refuse = (text: string, column: string, reason: string): string =>
  `(${literal(`${MARK}${column}: ${reason}`)} || left(${text}, 0))::integer::text`

/** SQL of the zone as `timezone()` takes it. */
export const zoneSql = (zone: TimeZone): string =>
  typeof zone === "number" ? `make_interval(mins => ${zone})` : literal(zone.name)

const LOWER = "abcdefghijklmnopqrstuvwxyz"

const formed = (text: string, { letters, trim }: Conversion): string => {
  const bare = trim ? `btrim(${text}, ${literal(BLANKS)})` : text
  if (letters === undefined) return bare
  const [from, to] = letters === "upper" ? [LOWER, LOWER.toUpperCase()] : [LOWER.toUpperCase(), LOWER]
  return `translate(${bare}, '${from}', '${to}')`
}

const mapped = (text: string, column: string, { map, otherwise }: Conversion): string => {
  if (map === undefined) return text
  const cases = [...map].map(
    ([from, to]) => `when ${text} = ${literal(from)} then ${to === null ? "null" : literal(to)}`
  )
  const rest = { keep: text, null: "null", refuse: refuse(text, column, REASONS.map) }[otherwise]
  return `case when ${text} is null then null ${cases.join(" ")} else ${rest} end`
}

const rounded = (number: string, digits: number, rounding: Exclude<Rounding, "refuse">): string => {
  if (rounding === "half-up") return `round(${number}, ${digits})`
  const cut = `trunc(${number}, ${digits})`
  if (rounding === "truncate") return cut
  const unit = `1${"0".repeat(digits)}::numeric`
  const isHalf = `abs(${number} - ${cut}) * ${unit} = 0.5`
  return `case when ${isHalf} and mod(${cut} * ${unit}, 2) = 0 then ${cut} else round(${number}, ${digits}) end`
}

const NUMBER = "'^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$'"

const counted = (text: string, column: string, conversion: Conversion): string => {
  const { decimals, rounding } = conversion
  const number =
    conversion.multiply === undefined
      ? `${text}::numeric`
      : `(${text}::numeric * ${conversion.multiply}::numeric)`
  const plain = `trim_scale(${number})::text`
  const kept =
    decimals === undefined
      ? plain
      : rounding === "refuse"
        ? `case when round(${number}, ${decimals}) = ${number} then round(${number}, ${decimals})::text
      else ${refuse(text, column, REASONS.digits)} end`
        : `round(${rounded(number, decimals, rounding)}, ${decimals})::text`
  return `case when ${text} is null then null when ${text} !~ ${NUMBER} then ${refuse(text, column, REASONS.number)} else ${kept} end`
}

const TOKENS = { YYYY: "YYYY", MM: "MM", DD: "DD", HH: "HH24", mm: "MI", ss: "SS" } as const

/** Everything between the tokens in quotes, in which `to_char` takes a backslash for an escape. */
const template = (format: string): string =>
  formatParts(format)
    .map((part) =>
      "literal" in part ? `"${part.literal.replace(/["\\]/g, (sign) => `\\${sign}`)}"` : TOKENS[part.token]
    )
    .join("")

/**
 * SQL of type text of a converted value.
 * @param text SQL of type text, without side effects
 * @param column for a refusal
 */
export const convertedSql = (
  text: string,
  column: string,
  conversion: Conversion,
  zone: TimeZone
): string => {
  if (conversion.format !== undefined) {
    const local = `timezone(${zoneSql(conversion.zone ?? zone)}, ${text}::timestamptz)`
    return `to_char(${local}, ${literal(template(conversion.format))})`
  }
  const shaped = mapped(formed(text, conversion), column, conversion)
  const isNumber = conversion.multiply !== undefined || conversion.decimals !== undefined
  return `(${isNumber ? counted(`(${shaped})`, column, conversion) : shaped})`
}
