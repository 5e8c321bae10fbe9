/** What generated row decoders call for values that are not worth inlining. */
import { cp1252, type TextKind, textOf } from "./charset.ts"
import { uncompressed } from "./column-compression.ts"
import { damaged } from "./decode-failure.ts"
import { disguisedText } from "./disguised-type.ts"
import { jsonText } from "./json-text.ts"
import { decimalText, doubleText, floatText, int64Text, uint64Text } from "./number-text.ts"
import {
  dateText,
  fractionText,
  MINUTE_SECOND,
  oldDatetimeText,
  oldTimeText,
  packedHour,
  POINT_THREE,
  timestampWithZone,
  timeText,
  TWO
} from "./temporal-text.ts"
import { geometryText, vectorText } from "./spatial-text.ts"

const overrun = (): never => {
  throw damaged("row", "a value reaches past the end of its event")
}

/**
 * `latin1` is the whole event as Latin-1: a substring of it costs next to nothing, and for ASCII it is the right text
 * already. Short text outside of ASCII, names above all, is put together here: a call into the runtime for each costs
 * more than the row's other columns together.
 */
const utf8Text = (bytes: Buffer, latin1: string | undefined, from: number, to: number): string => {
  if (latin1 === undefined) return bytes.toString("utf8", from, to)
  let i = from
  const fours = to - 3
  while (i < fours && (bytes[i]! | bytes[i + 1]! | bytes[i + 2]! | bytes[i + 3]!) < 128) i += 4
  while (i < to && bytes[i]! < 128) i++
  if (i === to) return latin1.substring(from, to)
  return to - i <= SHORT_TEXT_BYTES ? shortUtf8(bytes, latin1, from, i, to) : bytes.toString("utf8", from, to)
}

const SHORT_TEXT_BYTES = 32

/** Runs of ASCII and three-byte characters; anything else, and anything malformed, is left to the platform. */
const shortUtf8 = (bytes: Buffer, latin1: string, from: number, firstOther: number, to: number): string => {
  let text = latin1.substring(from, firstOther)
  let i = firstOther
  while (i < to) {
    const lead = bytes[i]!
    if (lead < 128) {
      const run = i
      while (i < to && bytes[i]! < 128) i++
      text += latin1.substring(run, i)
      continue
    }
    const second = bytes[i + 1]!
    const third = bytes[i + 2]!
    const code = ((lead & 15) << 12) | ((second & 63) << 6) | (third & 63)
    const sound = (lead & 0xf0) === 0xe0 && (second & 0xc0) === 0x80 && (third & 0xc0) === 0x80 && i + 3 <= to
    if (!sound || code < 0x800 || (code >= 0xd800 && code <= 0xdfff)) return bytes.toString("utf8", from, to)
    text += String.fromCharCode(code)
    i += 3
  }
  return text
}

const SMALL_DECIMALS = [100, 1000, 10_000, 100_000].map((size) => ({
  size,
  texts: new Map<number, Array<string>>()
}))

/** Texts of all decimals below `10 ** precision` with a scale, made when first met: a score takes few values. */
const smallDecimals = (precision: number, scale: number): Array<string> => {
  const { texts } = SMALL_DECIMALS[precision - 2]!
  let found = texts.get(scale)
  if (found === undefined) {
    found = Array.from({ length: 10 ** precision }, () => "")
    texts.set(scale, found)
  }
  return found
}

/** @param unscaled the digits without the point */
const smallDecimal = (texts: Array<string>, unscaled: number, scale: number): string => {
  const digits = String(unscaled).padStart(scale + 1, "0")
  const text = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  // A damaged group may hold more than its digits allow; the table must not grow by it.
  if (unscaled < texts.length) texts[unscaled] = text
  return text
}

const paddedBase64 = (bytes: Buffer, from: number, to: number, length: number): string => {
  const padded = Buffer.alloc(length)
  bytes.copy(padded, 0, from, Math.min(to, from + length))
  return padded.toString("base64")
}

const bitNumber = (bytes: Buffer, at: number, length: number): number => {
  let value = 0
  for (let i = 0; i < length; i++) value = value * 256 + (bytes[at + i] ?? 0)
  return value
}

const bitText = (bytes: Buffer, at: number, length: number): string => {
  let value = 0n
  for (let i = 0; i < length; i++) value = (value << 8n) | BigInt(bytes[at + i] ?? 0)
  return String(value)
}

const enumLabel = (labels: ReadonlyArray<string>, index: number): string => {
  // 0 is the error value of non-strict mode; the server shows it as ''.
  if (index === 0) return ""
  const label = labels[index - 1]
  if (label === undefined)
    throw damaged("ENUM", `an ENUM has ${labels.length} labels and a row has number ${index}`)
  return label
}

const setLabels = (labels: ReadonlyArray<string>, bytes: Buffer, at: number, length: number): string => {
  let text = ""
  for (let i = 0; i < length * 8; i++) {
    if (((bytes[at + (i >> 3)] ?? 0) & (1 << (i & 7))) === 0) continue
    const label = labels[i]
    if (label === undefined)
      throw damaged("SET", `a SET has ${labels.length} labels and a row has number ${i + 1}`)
    text = text === "" ? label : `${text},${label}`
  }
  return text
}

const compressedText = (kind: TextKind, bytes: Buffer, from: number, to: number): string =>
  textOf(kind, uncompressed(bytes, from, to))

export const columnRuntime = {
  jsonText,
  geometryText,
  vectorText,
  compressedText,
  disguisedText,
  overrun,
  utf8Text,
  paddedBase64,
  bitNumber,
  bitText,
  enumLabel,
  setLabels,
  cp1252,
  int64Text,
  uint64Text,
  floatText,
  doubleText,
  decimalText,
  dateText,
  timeText,
  packedHour,
  fractionText,
  timestampWithZone,
  oldDatetimeText,
  oldTimeText,
  MINUTE_SECOND,
  POINT_THREE,
  smallDecimals,
  smallDecimal,
  POINT_TWO: TWO.map((hundredths) => `.${hundredths}`)
} as const
