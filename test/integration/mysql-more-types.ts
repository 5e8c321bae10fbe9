/** The types that only one of the servers has, or that are stored in a form of their own; see mysql-types.ts. */
import type { TypeColumn } from "./mysql-types.ts"

export interface FormColumn extends TypeColumn {
  /** Our value in the form of the server's text, where the server can only give a rounded one. */
  readonly shown?: (value: string) => string
}

const DOCUMENTS = [
  `'{"b": 1, "a": [1, 2.0, null, true, false], "__proto__": {"x": 1}, "": "", "bb": {}, "c": []}'`,
  `'[9223372036854775807, -9223372036854775808, 18446744073709551615, 9007199254740993, 0, -1, 65535, 65536, -32769]'`,
  `'[1.0, 1e14, 1e15, 1e16, -0.0, 0.1, 1e-7, 1.5e-20, 5e-324, 1.7976931348623157e308, 123456789012345678901]'`,
  String.raw`'["quote \\" slash / back \\\\ tab \\t line \\n \\b \\f \\r", "\\u001f", "\\u007f", "学😀", "\\u2028"]'`,
  `'"text"'`,
  `'7'`,
  `'null'`,
  `NULL`,
  `CONCAT('{"long": "', REPEAT('学', 30000), '", "n": 1}')`,
  `CONCAT('[', REPEAT('{"a": 1, "b": 2},', 5000), '0]')`,
  `CONCAT(REPEAT('[', 30), '1', REPEAT(']', 30))`
]

const OPAQUES = [
  "JSON_ARRAY(CAST(1.10 AS DECIMAL(10,2)), CAST(-12345678901234567890.5 AS DECIMAL(65,30)), CAST(0 AS DECIMAL(3,3)))",
  "JSON_ARRAY(DATE'2026-11-22', DATE'0001-01-01', CAST('-12:00:00.5' AS TIME(1)), TIME'-838:59:59', TIME'838:59:59', TIME'00:00:00')",
  "JSON_ARRAY(CAST('2026-11-22 08:00:00.123456' AS DATETIME(6)), TIMESTAMP('2026-11-22 08:00:00'), CAST('9999-12-31' AS DATETIME))",
  "JSON_ARRAY(x'00ff', b'101', REPEAT(x'aa', 57), REPEAT(x'aa', 58), REPEAT(x'00', 1000), CAST('ab' AS BINARY(5)))",
  "JSON_OBJECT('y', CAST(2026 AS YEAR), 'p', POINT(1, 2), 'n', 18446744073709551615, 'f', 1e0)"
]

/** EWKB of the server's own WKB and SRID; MySQL turns the axes of geographic systems in text only. */
const ewkb = (name: string, wkb: string): string => {
  const hex = `HEX(${wkb})`
  const type = `LPAD(HEX(CONV(SUBSTR(${hex}, 9, 2), 16, 10) | 32), 2, '0')`
  const srid = `HEX(REVERSE(UNHEX(LPAD(HEX(ST_SRID(${name})), 8, '0'))))`
  return `IF(ST_SRID(${name}) = 0, ${hex}, CONCAT(LEFT(${hex}, 8), ${type}, ${srid}, SUBSTR(${hex}, 11)))`
}

const SHAPES = [
  "ST_GeomFromText('POINT(1.5 -2)')",
  "ST_GeomFromText('POINT(10 20)', 4326)",
  "ST_GeomFromText('LINESTRING(0 0,1 1,2 5)', 4326)",
  "ST_GeomFromText('POLYGON((0 0,0 3,3 3,0 0),(0 1,1 2,0 2,0 1))')",
  "ST_GeomFromText('MULTIPOINT(0 0,1 1)')",
  "ST_GeomFromText('MULTIPOLYGON(((0 0,0 3,3 3,0 0)))', 3857)",
  "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))')"
]

const geometry = (only: "mysql" | "mariadb", wkb: string): FormColumn => ({
  name: `geometry_${only}`,
  type: "GEOMETRY",
  values: SHAPES,
  text: ewkb(`geometry_${only}`, wkb),
  only
})

const base64 = (name: string, type: string, values: ReadonlyArray<string>, bytes: string): FormColumn => ({
  name,
  type,
  values,
  text: `REPLACE(TO_BASE64(${bytes}), '\\n', '')`,
  only: "mariadb"
})

/** Bytes in the binlog, and the server's own text in the event. */
const address = (name: string, type: string, values: ReadonlyArray<string>): FormColumn => ({
  name,
  type,
  values,
  text: `CAST(${name} AS CHAR)`,
  only: "mariadb"
})

const compressed = (name: string, type: string, values: ReadonlyArray<string>): FormColumn => ({
  name,
  // Newer servers want the word right behind the type.
  type: type.replace(/^\w+(\(\d+\))?/, "$& COMPRESSED"),
  values,
  text: `CONVERT(\`${name}\` USING utf8mb4)`,
  only: "mariadb"
})

const LONG_TEXTS = ["''", "'plain'", "'张三'", "REPEAT('学', 200)", "CONCAT(REPEAT('长文', 60), 'x')"]
const IDS = [
  "'123e4567-e89b-12d3-a456-426655440000'",
  "'00000000-0000-0000-0000-000000000000'",
  "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
  "'0188f9a4-3f1c-7d2e-9a00-000000000000'",
  "'123e4567-e89b-42d3-0456-426655440001'"
]

/** Gaps of every length and place, IPv4 within IPv6, and whatever eight groups of few values give. */
const ADDRESSES = [
  ..."::1 :: 2001:db8::ff00:42:8329 fe80:: ::ffff:1.2.3.4 ::1.2.3.4 ::ffff:0:0 ::1:0 ::ffff:1:0 1:0:2:3:4:5:6:7"
    .split(" ")
    .map((text) => `'${text}'`),
  ...Array.from({ length: 60 }, (_, i) => {
    const groups = Array.from(
      { length: 8 },
      (_unused, at) => ["0", "0", "ffff", "a"][(i * 7 + at * at * 3 + Math.floor(i / (at + 1))) % 4]!
    )
    return `'${groups.join(":")}'`
  })
]

/** `1.00000e+00`, as VECTOR_TO_STRING prints. */
const scientific = (text: string): string =>
  `[${text
    .slice(1, -1)
    .split(",")
    .map((number) =>
      Number(number)
        .toExponential(5)
        .replace(/e([+-])(\d)$/, "e$10$2")
    )
    .join(",")}]`

export const MORE_COLUMNS: ReadonlyArray<FormColumn> = [
  {
    name: "json_s",
    type: "JSON",
    values: DOCUMENTS,
    text: "CAST(`json_s` AS CHAR)"
  },
  { name: "json_opaque", type: "JSON", values: OPAQUES, text: "CAST(`json_opaque` AS CHAR)", only: "mysql" },
  geometry("mysql", "ST_AsBinary(geometry_mysql, 'axis-order=long-lat')"),
  geometry("mariadb", "ST_AsBinary(geometry_mariadb)"),
  {
    name: "vector_s",
    type: "VECTOR(3)",
    values: ["TO_VECTOR('[1, -0.5, 3.25]')", "TO_VECTOR('[1e10, 1.1, 1e-7]')"],
    text: "VECTOR_TO_STRING(vector_s)",
    only: "mysql",
    shown: scientific
  },
  address("uuid_s", "UUID", IDS),
  address("inet4_s", "INET4", ["'1.2.3.4'", "'0.0.0.0'", "'10.0.0.0'", "'255.255.255.255'"]),
  address("inet6_s", "INET6", ADDRESSES),
  {
    name: "vector_mariadb",
    type: "VECTOR(3)",
    values: ["VEC_FromText('[1, -0.5, 3.25]')", "VEC_FromText('[1e10, 1.5, 1e-7]')"],
    text: "VEC_ToText(vector_mariadb)",
    only: "mariadb",
    since: "11.7"
  },
  compressed("compressed_varchar", "VARCHAR(250) CHARACTER SET utf8mb4", LONG_TEXTS),
  compressed("compressed_short", "VARCHAR(20) CHARACTER SET latin1", ["''", "'é'", "'plain'"]),
  compressed("compressed_text", "TEXT CHARACTER SET utf8mb4", [...LONG_TEXTS, "REPEAT('x', 10000)"]),
  compressed("compressed_gbk", "MEDIUMTEXT CHARACTER SET gbk", LONG_TEXTS),
  {
    ...base64(
      "compressed_blob",
      "BLOB COMPRESSED",
      ["x'00'", "REPEAT(x'ff', 5000)", "''"],
      "compressed_blob"
    ),
    only: "mariadb"
  },
  {
    name: "labels_gbk",
    type: "ENUM('甲', 'a,b', 'it''s', '') CHARACTER SET gbk",
    values: ["'甲'", "'a,b'", "'it''s'", "''", "'no such label'"],
    text: "CONVERT(labels_gbk USING utf8mb4)"
  },
  {
    name: "flags_gbk",
    type: "SET('乙', 'q''r', '丙') CHARACTER SET gbk",
    values: ["''", "'乙,丙'", `'q''r'`, "'乙'", "'no such label'"],
    text: "CONVERT(flags_gbk USING utf8mb4)"
  },
  {
    name: "labels_ucs2",
    type: "ENUM('甲', 'b') CHARACTER SET ucs2",
    values: ["'甲'", "'b'"],
    text: "CONVERT(labels_ucs2 USING utf8mb4)"
  },
  {
    name: "invisible_s",
    type: "INT INVISIBLE",
    values: ["1", "2"],
    text: "CAST(invisible_s AS CHAR)"
  }
]

/** Filled by the server from the column before. */
export const GENERATED_COLUMNS: ReadonlyArray<TypeColumn> = [
  { name: "made", type: "BIGINT AS (id * 3000000000) VIRTUAL", values: [], text: "CAST(made AS CHAR)" },
  { name: "kept", type: "VARCHAR(40) AS (CONCAT('第', id)) STORED", values: [], text: "CAST(kept AS CHAR)" }
]
