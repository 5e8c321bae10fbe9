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
    if (Math.fround(Number(text)) === value) return plain(Number(text))
  }
  return plain(Number(value.toPrecision(9)))
}

const floatAt = (bytes: Buffer, at: number): number => {
  for (let i = 0; i < 4; i++) scratch.setUint8(i, bytes[at + i] ?? 0)
  return scratch.getFloat32(0, true)
}

export const doubleText = (bytes: Buffer, at: number): string => {
  for (let i = 0; i < 8; i++) scratch.setUint8(i, bytes[at + i] ?? 0)
  return plain(scratch.getFloat64(0, true))
}

/**
 * JavaScript's shortest digits in the server's layout: my_gcvt (mysql-server strings/dtoa.cc) writes an exponent
 * without plus sign and only where the number has more than 15 digits before the point or zeros behind it.
 */
const plain = (value: number): string => {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0"
  const [mantissa, exponentText] = value.toExponential().split("e")
  const exponent = Number(exponentText)
  if (exponent >= -15 && exponent <= 14) {
    const text = String(value)
    return text.includes("e") ? value.toFixed(digitsBehind(mantissa!, exponent)) : text
  }
  return `${mantissa}e${exponent}`
}

const digitsBehind = (mantissa: string, exponent: number): number =>
  Math.min(100, Math.max(0, mantissa.replace(/^-?\d\.?/, "").length - exponent))

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
