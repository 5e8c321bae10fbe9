/** Which bytes make one character in the character sets that are read by table. */
import { brotliDecompressSync } from "node:zlib"
import { CHARSET_TABLES } from "./charset-tables.ts"

type Range = readonly [from: number, to: number]

export interface CharsetShape {
  /** First bytes of two-byte characters, and second ones. None: every byte is a character. */
  readonly leads: ReadonlyArray<Range>
  readonly trails: ReadonlyArray<Range>
  /** Whether 8F and two trail bytes make a character (JIS X 0212). */
  readonly hasTriples: boolean
  /** The set whose table is much the same: the difference is stored. */
  readonly like?: string
}

const shape = (
  leads: ReadonlyArray<Range>,
  trails: ReadonlyArray<Range>,
  more: Partial<CharsetShape> = {}
): CharsetShape => ({ leads, trails, hasTriples: false, ...more })

const GBK_TRAILS: ReadonlyArray<Range> = [
  [0x40, 0x7e],
  [0x80, 0xfe]
]
const SJIS_LEADS: ReadonlyArray<Range> = [
  [0x81, 0x9f],
  [0xe0, 0xfc]
]
const SJIS_TRAILS: ReadonlyArray<Range> = [
  [0x40, 0x7e],
  [0x80, 0xfc]
]
const HIGH: ReadonlyArray<Range> = [[0xa1, 0xfe]]
const EUC_JP_LEADS: ReadonlyArray<Range> = [
  [0x8e, 0x8e],
  [0xa1, 0xfe]
]
const SINGLE = shape([], [])

const SINGLES =
  "armscii8 cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 dec8 geostd8 greek hebrew hp8 keybcs2 koi8r koi8u latin1 latin2 latin5 latin7 macce macroman swe7 tis620".split(
    " "
  )

/** In the order in which the tables are stored. */
export const CHARSET_SHAPES: ReadonlyMap<string, CharsetShape> = new Map([
  ["gbk", shape([[0x81, 0xfe]], GBK_TRAILS)],
  ["gb18030", shape([[0x81, 0xfe]], GBK_TRAILS, { like: "gbk" })],
  ["gb2312", shape([[0xa1, 0xf7]], HIGH, { like: "gbk" })],
  [
    "big5",
    shape(
      [[0xa1, 0xf9]],
      [
        [0x40, 0x7e],
        [0xa1, 0xfe]
      ]
    )
  ],
  ["cp932", shape(SJIS_LEADS, SJIS_TRAILS)],
  ["sjis", shape(SJIS_LEADS, SJIS_TRAILS, { like: "cp932" })],
  [
    "euckr",
    shape(
      [[0x81, 0xfe]],
      [
        [0x41, 0x5a],
        [0x61, 0x7a],
        [0x81, 0xfe]
      ]
    )
  ],
  ["ujis", shape(EUC_JP_LEADS, HIGH, { hasTriples: true })],
  ["eucjpms", shape(EUC_JP_LEADS, HIGH, { hasTriples: true, like: "ujis" })],
  ...SINGLES.map((name): [string, CharsetShape] => [name, SINGLE])
])

/** UTF-16 code units by byte sequence; 0 where the server knows no character. */
export interface CharsetTable {
  /** By byte. */
  readonly singles: Uint16Array
  /** By (first - 128) * 256 + second; empty in sets without two-byte characters. */
  readonly pairs: Uint16Array
  /** By (second - A1) * 94 + third - A1. */
  readonly triples: Uint16Array
}

export const TRIPLE_FIRST = 0x8f
export const TRIPLE_LOWEST = 0xa1
export const TRIPLE_ROW = 94

const SINGLES_LENGTH = 256
const PAIRS_LENGTH = 128 * 256

export const emptyTable = ({ leads, hasTriples }: CharsetShape): CharsetTable => ({
  singles: new Uint16Array(SINGLES_LENGTH),
  pairs: new Uint16Array(leads.length === 0 ? 0 : PAIRS_LENGTH),
  triples: new Uint16Array(hasTriples ? TRIPLE_ROW * TRIPLE_ROW : 0)
})

const parts = (table: CharsetTable): ReadonlyArray<Uint16Array> => [table.singles, table.pairs, table.triples]

/**
 * How tables are stored: every cell as the difference from its left neighbour after that from the same cell of a set
 * like it, low bytes first and high bytes behind; all of it compressed.
 */
export const packTables = (tables: ReadonlyMap<string, CharsetTable>): Buffer => {
  const cells: Array<number> = []
  for (const [name, { like }] of CHARSET_SHAPES) {
    parts(tables.get(name)!).forEach((part, i) => {
      const base = like === undefined ? undefined : parts(tables.get(like)!)[i]!
      let left = 0
      part.forEach((unit, at) => {
        const cell = (unit - (base?.[at] ?? 0)) & 0xffff
        cells.push((cell - left) & 0xffff)
        left = cell
      })
    })
  }
  return Buffer.from([...cells.map((cell) => cell & 0xff), ...cells.map((cell) => cell >> 8)])
}

const unpackTables = (bytes: Buffer): ReadonlyMap<string, CharsetTable> => {
  const tables = new Map<string, CharsetTable>()
  const half = bytes.length / 2
  let next = 0
  for (const [name, own] of CHARSET_SHAPES) {
    const table = emptyTable(own)
    parts(table).forEach((part, i) => {
      const base = own.like === undefined ? undefined : parts(tables.get(own.like)!)[i]!
      let left = 0
      for (let at = 0; at < part.length; at++, next++) {
        left = (left + (bytes[next]! | (bytes[half + next]! << 8))) & 0xffff
        part[at] = left + (base?.[at] ?? 0)
      }
    })
    tables.set(name, table)
  }
  return tables
}

let unpacked: ReadonlyMap<string, CharsetTable> | undefined

/** Unpacked at first use: most servers hold nothing but utf8mb4. */
export const charsetTable = (name: string): CharsetTable | undefined => {
  unpacked ??= unpackTables(brotliDecompressSync(Buffer.from(CHARSET_TABLES, "base64")))
  return unpacked.get(name)
}

export const isWithin = (ranges: ReadonlyArray<Range>, byte: number): boolean =>
  ranges.some(([from, to]) => byte >= from && byte <= to)
