/** Random tables: types, keys and character sets, and literals for their values that both servers take. */
import type { Random } from "../../deploy/demo/Random.ts"

export interface FuzzColumn {
  readonly name: string
  readonly type: string
  /** An SQL literal; never NULL. */
  readonly literal: (random: Random) => string
  /** Selects the server's own text of the value. */
  readonly select: (name: string) => string
  /** The event's value, and the server's text, in a form in which equal values are equal. */
  readonly text: (value: string | number) => string
  readonly serverText?: (text: string) => string
}

type Kind = Omit<FuzzColumn, "name">

const plain = (name: string) => `CAST(${name} AS CHAR)`
const asIs = (value: string | number) => String(value)
const quoted = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`
const digits = (random: Random, count: number) =>
  Array.from({ length: count }, () => random.whole(0, 9)).join("")
const two = (n: number) => String(n).padStart(2, "0")

const integer = (type: string, least: bigint, most: bigint): Kind => ({
  type,
  literal: (random) => {
    if (random.chance(0.1)) return String(random.pick([least, most, 0n]))
    const span = most - least + 1n
    return String(least + (BigInt(`1${digits(random, 22)}`) % span))
  },
  select: plain,
  text: asIs
})

const words = ["", "好", "a'b", 'q"u\\o', "éñ", "emoji", "  pad", "Zz", "0", "长".repeat(9)]
const text = (type: string, alphabet: ReadonlyArray<string>): Kind => ({
  type,
  literal: (random) => quoted(random.pick(alphabet) + (random.chance(0.5) ? digits(random, 3) : "")),
  select: (name) => `CONVERT(${name} USING utf8mb4)`,
  text: asIs
})

const temporal = (type: string, withDate: boolean, fraction: number): Kind => ({
  type,
  literal: (random) => {
    const date = `${random.whole(1971, 2036)}-${two(random.whole(1, 12))}-${two(random.whole(1, 28))}`
    const sign = withDate || random.chance(0.7) ? "" : "-"
    const hours = withDate ? random.whole(0, 23) : random.whole(0, 838)
    const clock = `${sign}${two(hours)}:${two(random.whole(0, 59))}:${two(random.whole(0, 58))}`
    return `'${withDate ? `${date} ` : ""}${clock}${fraction > 0 ? `.${digits(random, fraction)}` : ""}'`
  },
  select: plain,
  text: (value) => String(value).replace("T", " ").replace("Z", "")
})

const binary = (type: string, bytesMax: number): Kind => ({
  type,
  literal: (random) =>
    `x'${Array.from({ length: random.whole(0, bytesMax) }, () => random.whole(0, 255).toString(16).padStart(2, "0")).join("")}'`,
  select: (name) => `HEX(${name})`,
  text: (value) => Buffer.from(String(value), "base64").toString("hex").toUpperCase()
})

const LATIN = ["", "plain", "é", "ß", "a'b", "x y "]
const CHINESE = ["", "考试", "中文字", "a", "，。"]

const KINDS: ReadonlyArray<Kind> = [
  integer("TINYINT", -128n, 127n),
  integer("SMALLINT UNSIGNED", 0n, 65_535n),
  integer("MEDIUMINT", -8_388_608n, 8_388_607n),
  integer("INT UNSIGNED", 0n, 4_294_967_295n),
  integer("BIGINT", -(2n ** 63n), 2n ** 63n - 1n),
  integer("BIGINT UNSIGNED", 0n, 2n ** 64n - 1n),
  {
    type: "DECIMAL(20,6)",
    literal: (random) => `${random.chance(0.5) ? "-" : ""}${digits(random, 12)}.${digits(random, 6)}`,
    select: plain,
    text: asIs
  },
  {
    type: "DOUBLE",
    literal: (random) => `${random.whole(-1e6, 1e6)}.${digits(random, 4)}e${random.whole(-20, 20)}`,
    select: plain,
    // Compared as numbers: the servers print exponents differently.
    text: (value) => String(Number(value)),
    serverText: (text) => String(Number(text))
  },
  text("VARCHAR(40) CHARACTER SET utf8mb4", [...words, "😀"]),
  text("CHAR(20) CHARACTER SET utf8mb4", ["", "好", "a'b", "Zz"]),
  text("VARCHAR(20) CHARACTER SET gbk", CHINESE),
  text("TEXT CHARACTER SET latin1", LATIN),
  text("MEDIUMTEXT CHARACTER SET utf8mb4", words),
  temporal("DATETIME(6)", true, 6),
  temporal("DATETIME(3)", true, 3),
  temporal("TIMESTAMP(2) NULL", true, 2),
  temporal("TIME(1)", false, 1),
  {
    type: "DATE",
    literal: (random) =>
      `'${random.whole(1000, 9999)}-${two(random.whole(1, 12))}-${two(random.whole(1, 28))}'`,
    select: plain,
    text: asIs
  },
  { type: "YEAR", literal: (random) => String(random.whole(1901, 2155)), select: plain, text: asIs },
  {
    type: "ENUM('a,b','it''s','好') CHARACTER SET utf8mb4",
    literal: (random) => quoted(random.pick(["a,b", "it's", "好"])),
    select: plain,
    text: asIs
  },
  {
    type: "SET('x','y','z')",
    literal: (random) => quoted(random.pick(["", "x", "x,z", "y,z", "x,y,z"])),
    select: plain,
    text: asIs
  },
  {
    type: "BIT(40)",
    literal: (random) => `b'${Array.from({ length: 40 }, () => random.whole(0, 1)).join("")}'`,
    select: (name) => `CAST(${name} + 0 AS CHAR)`,
    text: asIs
  },
  binary("VARBINARY(20)", 20),
  binary("BINARY(6)", 6),
  binary("BLOB", 300)
]

const KEY_KINDS = KINDS.filter(({ type }) =>
  /^(?:INT|BIGINT|DECIMAL|VARCHAR|CHAR|DATETIME|TIME\(|DATE$|YEAR|VARBINARY|BINARY|SMALLINT|MEDIUMINT)/.test(
    type
  )
)

export interface FuzzTable {
  /** `schema.table` */
  readonly name: string
  readonly key: ReadonlyArray<FuzzColumn>
  /** Mapped columns besides the key. */
  readonly columns: ReadonlyArray<FuzzColumn>
}

const column = (random: Random, kinds: ReadonlyArray<Kind>, name: string): FuzzColumn => ({
  name,
  ...random.pick(kinds)
})

const NAMES = ["分数", "value", "order", "a`b", "完成时间", "x y", "Größe", "_"]

export const randomTable = (random: Random, schema: string): FuzzTable => ({
  name: `${schema}.${random.pick(["t", "成绩", "select"])}`,
  key: Array.from({ length: random.whole(1, 3) }, (_, index) => column(random, KEY_KINDS, `k${index}`)),
  columns: Array.from({ length: random.whole(1, 7) }, (_, index) =>
    column(random, KINDS, `${NAMES[index]!}${index}`)
  )
})

export const quoteName = (name: string): string => `\`${name.replaceAll("`", "``")}\``
export const quoteTable = (name: string): string => name.split(".").map(quoteName).join(".")

/** The column's definition; binary collations, because two keys that differ in case only must be two rows. */
export const definition = ({ name, type }: FuzzColumn, isKey: boolean): string => {
  const charset = /CHARACTER SET (\w+)/.exec(type)?.[1]
  const collation = charset === undefined ? "" : ` COLLATE ${charset}_bin`
  return `${quoteName(name)} ${type}${collation}${isKey ? " NOT NULL" : type.includes("NULL") ? "" : " NULL"}`
}

/** A type in which every value of the column reads as it did; `undefined` where there is none to take. */
export const widened = (type: string): string | undefined => {
  for (const [pattern, wider] of WIDER) if (pattern.test(type)) return type.replace(pattern, wider)
  return undefined
}

const WIDER: ReadonlyArray<readonly [RegExp, string]> = [
  [/^(?:TINYINT|SMALLINT|MEDIUMINT|INT)\b/, "BIGINT"],
  [/^DECIMAL\(20,6\)/, "DECIMAL(24,6)"],
  [/^(?:VARCHAR\(40\)|CHAR\(20\))/, "VARCHAR(60)"],
  [/^VARCHAR\(20\)/, "TEXT"],
  [/^(?:TEXT|MEDIUMTEXT)/, "LONGTEXT"],
  [/^VARBINARY\(20\)/, "VARBINARY(30)"],
  [/^BLOB/, "MEDIUMBLOB"],
  [/^ENUM\('a,b',/, "ENUM('a,b','new',"],
  [/^SET\('x','y','z'\)/, "SET('x','y','z','new')"]
]
