/**
 * Declared conversions (../conversion.ts) as SQL of MySQL and MariaDB, for what only the server knows: an assessment's
 * title and marks. What events bring is converted before it is sent.
 */
import { BLANKS, type Conversion } from "../conversion.ts"
import { literal } from "./sql-text.ts"

/** Error 1365 of strict mode, where it is met: a division that hangs on the value. */
const refuse = (text: string): string => `(1 div (char_length(${text}) * 0))`

const LETTERS = "abcdefghijklmnopqrstuvwxyz".split("")

const formed = (text: string, { letters, trim }: Conversion): string => {
  const bare = trim ? `regexp_replace(${text}, ${literal(`^[${BLANKS}]+|[${BLANKS}]+$`)}, '')` : text
  if (letters === undefined) return bare
  return LETTERS.reduce((sql, letter) => {
    const [from, to] = letters === "upper" ? [letter, letter.toUpperCase()] : [letter.toUpperCase(), letter]
    return `replace(${sql}, '${from}', '${to}')`
  }, bare)
}

const mapped = (text: string, { map, otherwise }: Conversion): string => {
  if (map === undefined) return text
  const bytes = `cast(${text} as binary)`
  const cases = [...map].map(
    ([from, to]) => `when ${bytes} = cast(${literal(from)} as binary) then ${literal(to)}`
  )
  const rest = { keep: text, null: "null", refuse: refuse(text) }[otherwise]
  return `case when ${text} is null then null ${cases.join(" ")} else ${rest} end`
}

/** Digits behind the point that are counted with: a mark's, and the factor's. */
const MARK_DIGITS = 10

const rounded = (number: string, digits: number, { rounding }: Conversion, text: string): string => {
  const cut = `truncate(${number}, ${digits})`
  const near = `round(${number}, ${digits})`
  const unit = `1${"0".repeat(digits)}`
  switch (rounding) {
    case "half-up":
      return near
    case "truncate":
      return cut
    case "half-even":
      return `if(abs(${number} - ${cut}) * ${unit} = 0.5 and (${cut} * ${unit}) % 2 = 0, ${cut}, ${near})`
    case "refuse":
      return `if(${near} = ${number}, ${near}, ${refuse(text)})`
  }
}

const counted = (text: string, conversion: Conversion): string => {
  const exact = `cast(${text} as decimal(40, ${MARK_DIGITS}))`
  const factor = conversion.multiply === undefined ? "" : ` * ${conversion.multiply}`
  const { decimals } = conversion
  const shown =
    decimals === undefined
      ? `trim(trailing '.' from trim(trailing '0' from cast(${exact}${factor} as char)))`
      : `cast(cast(${rounded(`(${exact}${factor})`, decimals, conversion, text)} as decimal(60, ${decimals})) as char)`
  return `if(${text} is null or cast(${text} as decimal(65, 30)) = ${exact}, ${shown}, ${refuse(text)})`
}

/** @param text SQL of a text */
export const convertedSql = (text: string, conversion: Conversion): string => {
  const shaped = mapped(formed(text, conversion), conversion)
  const isNumber = conversion.multiply !== undefined || conversion.decimals !== undefined
  return isNumber ? counted(`(${shaped})`, conversion) : `(${shaped})`
}
