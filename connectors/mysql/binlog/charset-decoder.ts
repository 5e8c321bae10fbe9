/**
 * Text of the character sets whose meaning the server itself defines. Platform decoders differ from it in hundreds of
 * characters (Big5 above all) and have no notion of several sets, so these tables are the server's own conversions.
 *
 * A character that has no Unicode counterpart is "?", as the server gives it.
 */
import { TextDecoder } from "node:util"
import {
  charsetTable,
  CHARSET_SHAPES,
  isWithin,
  TRIPLE_FIRST,
  TRIPLE_LOWEST,
  TRIPLE_ROW,
  type CharsetShape,
  type CharsetTable
} from "./charset-shape.ts"

export interface CharsetDecoder {
  readonly decode: (bytes: Buffer) => string
}

const UNKNOWN = "?"

/** `undefined` for a character set that is not known. */
export const charsetDecoder = (charset: string): CharsetDecoder | undefined => {
  switch (charset) {
    case "utf16":
      return new TextDecoder("utf-16be", { ignoreBOM: true })
    case "utf16le":
      return new TextDecoder("utf-16le", { ignoreBOM: true })
    case "ucs2":
      return { decode: ucs2Text }
    case "utf32":
      return { decode: utf32Text }
    case "gb18030":
      return { decode: gb18030Decoder() }
    default: {
      const shape = CHARSET_SHAPES.get(charset)
      const table = charsetTable(charset)
      if (shape === undefined || table === undefined) return undefined
      return { decode: shape.leads.length === 0 ? singleByteDecoder(table) : multiByteDecoder(shape, table) }
    }
  }
}

const unit = (code: number): string => (code === 0 ? UNKNOWN : String.fromCharCode(code))

const singleByteDecoder = ({ singles }: CharsetTable) => {
  // The byte 0 is a character; every other cell of 0 is not.
  const texts = Array.from(singles, (code, byte) => (byte === 0 ? "\0" : unit(code)))
  return (bytes: Buffer): string => {
    let text = ""
    for (const byte of bytes) text += texts[byte]!
    return text
  }
}

const byteFlags = (ranges: CharsetShape["leads"]): ReadonlyArray<boolean> =>
  Array.from({ length: 256 }, (_, byte) => isWithin(ranges, byte))

const multiByteDecoder = (shape: CharsetShape, { singles, pairs, triples }: CharsetTable) => {
  const isLead = byteFlags(shape.leads)
  const isTrail = byteFlags(shape.trails)
  return (bytes: Buffer): string => {
    let text = ""
    for (let i = 0; i < bytes.length; i++) {
      const first = bytes[i]!
      const second = bytes[i + 1] ?? 0
      if (first < 0x80) text += String.fromCharCode(singles[first]!)
      else if (isLead[first] && isTrail[second]) {
        text += unit(pairs[(first - 0x80) * 256 + second]!)
        i++
      } else if (
        shape.hasTriples &&
        first === TRIPLE_FIRST &&
        isTrail[second] &&
        isTrail[bytes[i + 2] ?? 0]
      ) {
        text += unit(triples[(second - TRIPLE_LOWEST) * TRIPLE_ROW + bytes[i + 2]! - TRIPLE_LOWEST]!)
        i += 2
      } else text += unit(singles[first]!)
    }
    return text
  }
}

/** Two-byte characters by table (MySQL follows the edition of 2000), four-byte ones by the platform. */
const gb18030Decoder = () => {
  const table = charsetTable("gb18030")!
  const shape = CHARSET_SHAPES.get("gb18030")!
  const short = multiByteDecoder(shape, table)
  const long = new TextDecoder("gb18030", { ignoreBOM: true })
  const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39
  return (bytes: Buffer): string => {
    let text = ""
    let run = 0
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i]! < 0x80) continue
      if (!isDigit(bytes[i + 1])) {
        i++
        continue
      }
      text += short(bytes.subarray(run, i)) + long.decode(bytes.subarray(i, i + 4))
      i += 3
      run = i + 1
    }
    return text + short(bytes.subarray(run))
  }
}

const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff

/** UCS-2 has no surrogates: halves are no characters. */
const ucs2Text = (bytes: Buffer): string => {
  let text = ""
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    const code = bytes.readUInt16BE(i)
    text += isSurrogate(code) ? UNKNOWN : String.fromCharCode(code)
  }
  return text
}

const utf32Text = (bytes: Buffer): string => {
  let text = ""
  for (let i = 0; i + 3 < bytes.length; i += 4) {
    const code = bytes.readUInt32BE(i)
    text += code > 0x10_ffff || isSurrogate(code) ? UNKNOWN : String.fromCodePoint(code)
  }
  return text
}
