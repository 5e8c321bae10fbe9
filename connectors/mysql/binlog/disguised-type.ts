/**
 * Types whose values a TABLE_MAP shows as BINARY or VARBINARY: MariaDB's UUID, INET4, INET6 and VECTOR. Their values as
 * the server's own text; what a column really is must be known from elsewhere (DisguisedColumns.ts).
 */
import { BINARY_COLLATION } from "./charset.ts"
import { ColumnType } from "./column-type.ts"
import { vectorText } from "./spatial-text.ts"
import type { MappedColumn } from "./table-map.ts"

export const DISGUISED_TYPES = ["uuid", "inet4", "inet6", "vector"] as const
export type DisguisedType = (typeof DISGUISED_TYPES)[number]

export const isDisguisedType = (type: string): type is DisguisedType =>
  (DISGUISED_TYPES as ReadonlyArray<string>).includes(type)

/** Bytes of a value; VECTOR has as many as its column declares. */
const WIDTHS = { uuid: 16, inet4: 4, inet6: 16 } as const
const FLOAT_LENGTH = 4

/** Whether a column of the map can be of that type at all; a VARCHAR that became a UUID later was none. */
export const canBe = (
  type: DisguisedType,
  { type: code, meta, collation }: Pick<MappedColumn, "type" | "meta" | "collation">
): boolean => {
  if (collation !== BINARY_COLLATION) return false
  return type === "vector"
    ? code === ColumnType.VarChar && meta % FLOAT_LENGTH === 0
    : code === ColumnType.String && meta === WIDTHS[type]
}

/** `bytes[from .. to)`; trailing zero bytes may be missing, as BINARY is logged. */
export const disguisedText = (type: DisguisedType, bytes: Buffer, from: number, to: number): string => {
  if (type === "vector") return vectorText(bytes, from, to)
  const width = WIDTHS[type]
  const whole = Buffer.alloc(width)
  bytes.copy(whole, 0, from, Math.min(to, from + width))
  switch (type) {
    case "uuid":
      return whole.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
    case "inet4":
      return whole.join(".")
    case "inet6":
      return inet6Text(whole)
  }
}

const GROUPS = 8
const FIRST_OF_IPV4 = 6

/** As MariaDB prints it (sql/item_inetfunc.cc): one zero group alone is shortened too, mapped IPv4 is dotted. */
const inet6Text = (bytes: Buffer): string => {
  const groups = Array.from({ length: GROUPS }, (_, i) => bytes.readUInt16BE(i * 2))
  const gap = longestZeros(groups)
  let text = ""
  for (let i = 0; i < GROUPS; i++) {
    if (i === gap.at) {
      text += i === 0 ? "::" : ":"
      i += gap.length - 1
    } else if (i === FIRST_OF_IPV4 && holdsIpv4(groups, gap)) {
      return text + bytes.subarray(-4).join(".")
    } else text += groups[i]!.toString(16) + (i < GROUPS - 1 ? ":" : "")
  }
  return text
}

interface Gap {
  readonly at: number
  readonly length: number
}

const longestZeros = (groups: ReadonlyArray<number>): Gap => {
  let gap: Gap = { at: -1, length: 0 }
  for (let i = 0; i < GROUPS; i++) {
    let end = i
    while (end < GROUPS && groups[end] === 0) end++
    if (end - i > gap.length) gap = { at: i, length: end - i }
    if (end > i) i = end
  }
  return gap
}

const holdsIpv4 = (groups: ReadonlyArray<number>, gap: Gap): boolean =>
  gap.at === 0 && (gap.length === 6 || (gap.length === 5 && groups[5] === 0xffff))
