/** What generated row decoders call for values that are not worth inlining. */
import { cp1252 } from "./charset.ts"
import { damaged } from "./decode-failure.ts"
import { decimalText, doubleText, floatText, int64Text, uint64Text } from "./number-text.ts"
import {
  dateText,
  fractionText,
  HOUR_MINUTE,
  oldDatetimeText,
  oldTimeText,
  packedDay,
  THREE,
  timestampWithZone,
  timeText,
  TWO
} from "./temporal-text.ts"

const overrun = (): never => {
  throw damaged("row", "a value reaches past the end of its event")
}

/** `t` is the whole event as Latin-1: a substring of it costs nothing, and for ASCII it is the right text already. */
const utf8Text = (bytes: Buffer, latin1: string | undefined, from: number, to: number): string => {
  if (latin1 === undefined) return bytes.toString("utf8", from, to)
  for (let i = from; i < to; i++) if (bytes[i]! > 127) return bytes.toString("utf8", from, to)
  return latin1.substring(from, to)
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

export const columnRuntime = {
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
  packedDay,
  fractionText,
  timestampWithZone,
  oldDatetimeText,
  oldTimeText,
  HOUR_MINUTE,
  TWO,
  THREE,
  SECOND_POINT: TWO.map((second) => `${second}.`),
  POINT_TWO: TWO.map((hundredths) => `.${hundredths}`)
} as const
