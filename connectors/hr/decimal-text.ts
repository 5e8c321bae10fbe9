/** Exact decimals as text: what BigInt can count, no float. Pure. */

export interface Decimal {
  readonly sign: "" | "-"
  readonly whole: string
  /** Without trailing zeros. */
  readonly fraction: string
}

export type Rounding = "half-up" | "half-even" | "truncate" | "refuse"

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

/** @param units the number without its point @param scale digits behind the point */
const decimalOf = (sign: Decimal["sign"], units: bigint, scale: number): Decimal => {
  const digits = String(units).padStart(scale + 1, "0")
  const whole = digits.slice(0, digits.length - scale)
  return {
    sign: units === 0n ? "" : sign,
    whole,
    fraction: digits.slice(digits.length - scale).replace(/0+$/, "")
  }
}

const unitsOf = ({ fraction, whole }: Decimal): bigint => BigInt(whole + fraction)

export const multiply = (a: Decimal, b: Decimal): Decimal =>
  decimalOf(a.sign === b.sign ? "" : "-", unitsOf(a) * unitsOf(b), a.fraction.length + b.fraction.length)

/** At most `digits` behind the point; halves go away from zero, or to the even digit. `undefined`: refused. */
export const roundTo = (number: Decimal, digits: number, rounding: Rounding): Decimal | undefined => {
  const { fraction, sign } = number
  if (fraction.length <= digits) return number
  if (rounding === "refuse") return undefined
  const cut = unitsOf({ ...number, fraction: fraction.slice(0, digits) })
  const rest = fraction.slice(digits)
  const isHalf = /^50*$/.test(rest)
  const goesUp =
    rest >= "5" && (rounding === "half-up" || (rounding === "half-even" && (!isHalf || cut % 2n === 1n)))
  return decimalOf(sign, goesUp ? cut + 1n : cut, digits)
}

/** @param digits exactly so many behind the point; `undefined`: as many as it has */
export const decimalText = ({ fraction, sign, whole }: Decimal, digits?: number): string => {
  const shown = digits === undefined ? fraction : fraction.padEnd(digits, "0")
  return `${sign}${whole}${shown === "" ? "" : `.${shown}`}`
}
