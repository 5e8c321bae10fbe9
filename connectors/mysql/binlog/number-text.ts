/**
 * Numbers as the decimal text the server prints for them. Integers and decimals never pass through a float.
 */

/** Signed 64-bit from two unsigned halves. */
export const int64Text = (low: number, high: number): string => {
  const signedHigh = high | 0
  if (signedHigh >= -0x20_0000 && signedHigh < 0x20_0000) return String(signedHigh * 0x1_0000_0000 + low)
  return String(BigInt.asIntN(64, (BigInt(high >>> 0) << 32n) | BigInt(low)))
}

/** Unsigned 64-bit from two unsigned halves. */
export const uint64Text = (low: number, high: number): string =>
  high < 0x20_0000 ? String(high * 0x1_0000_0000 + low) : String((BigInt(high) << 32n) | BigInt(low))

const scratch = new DataView(new ArrayBuffer(8))

/** FLOAT: the shortest decimal that reads back as the same 32-bit float. */
export const floatText = (bytes: Buffer, at: number): string => {
  const value = floatAt(bytes, at)
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return laidOut(Number(text))
  }
  return laidOut(Number(value.toPrecision(9)))
}

const floatAt = (bytes: Buffer, at: number): number => {
  for (let i = 0; i < 4; i++) scratch.setUint8(i, bytes[at + i] ?? 0)
  return scratch.getFloat32(0, true)
}

export const doubleText = (bytes: Buffer, at: number): string => {
  for (let i = 0; i < 8; i++) scratch.setUint8(i, bytes[at + i] ?? 0)
  return laidOut(scratch.getFloat64(0, true))
}

/** MY_GCVT_MAX_FIELD_WIDTH. MySQL allows itself less for a DOUBLE column and prints some small ones with an exponent. */
const WIDTH_MAX = 34
const DIGITS_WITHOUT_EXPONENT = 15

/**
 * JavaScript's shortest digits in the layout of the server's my_gcvt (mysql-server strings/dtoa.cc): without an
 * exponent where that fits into the width, starts at most 14 zeros behind the point, and does not end in zeros that
 * only fill up to a point beyond 15 digits.
 */
const laidOut = (value: number): string => {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0"
  const [mantissa, exponentText] = Math.abs(value).toExponential().split("e")
  const digits = mantissa!.replace(".", "")
  const { length } = digits
  /** Digits in front of the point; below zero, zeros behind it. */
  const point = Number(exponentText) + 1
  const size = point <= 0 ? length - point + 2 : point < length ? length + 1 : point
  const isPlain =
    size <= (value < 0 ? WIDTH_MAX - 1 : WIDTH_MAX) &&
    point > -DIGITS_WITHOUT_EXPONENT &&
    (point <= DIGITS_WITHOUT_EXPONENT || length > point)
  const sign = value < 0 ? "-" : ""
  if (!isPlain) return `${sign}${mantissa}e${point - 1}`
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`
  return point >= length
    ? `${sign}${digits}${"0".repeat(point - length)}`
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

const DIGITS_TO_BYTES = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4] as const

/** Bytes `digits` (0..9) decimal digits take in a DECIMAL. */
export const digitBytes = (digits: number): number => DIGITS_TO_BYTES[digits] ?? 4

export const decimalBytes = (precision: number, scale: number): number => {
  const whole = precision - scale
  return Math.floor(whole / 9) * 4 + digitBytes(whole % 9) + Math.floor(scale / 9) * 4 + digitBytes(scale % 9)
}

/**
 * DECIMAL of any size, exact: big-endian groups of nine digits, the shorter group outermost, first bit inverted as
 * the sign, all bytes inverted when negative (mysql-server strings/decimal.cc, bin2decimal).
 */
export const decimalText = (bytes: Buffer, at: number, precision: number, scale: number): string => {
  const negative = (bytes[at]! & 0x80) === 0
  let offset = at
  const group = (digits: number): string => {
    const length = digitBytes(digits)
    let value = 0
    for (let i = 0; i < length; i++) {
      const byte = offset === at ? bytes[offset]! ^ 0x80 : bytes[offset]!
      value = value * 256 + (negative ? byte ^ 0xff : byte)
      offset++
    }
    return String(value).padStart(digits, "0")
  }
  const whole = precision - scale
  let text = whole % 9 > 0 ? group(whole % 9) : ""
  for (let i = 0; i < Math.floor(whole / 9); i++) text += group(9)
  text = text.replace(/^0+(?=\d)/, "")
  if (text === "") text = "0"
  if (scale > 0) text += "."
  for (let i = 0; i < Math.floor(scale / 9); i++) text += group(9)
  if (scale % 9 > 0) text += group(scale % 9)
  return negative ? `-${text}` : text
}
