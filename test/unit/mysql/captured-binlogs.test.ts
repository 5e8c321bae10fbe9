import { describe, expect, it } from "vitest"
import type { RowsEvent } from "../../../src/capture/ChangeSource.ts"
import { capture, captureReader } from "./binlog-bytes.ts"

const ROWS = [
  [
    0,
    -128,
    0,
    -8388608,
    0,
    "-9223372036854775808",
    "0",
    "0.00",
    "1234567.891",
    "12345678901234567890123456789012345.123456789012345678901234567890",
    "1.1",
    "1.1",
    2026,
    "2026-11-22",
    "-838:59:59.000",
    "-838:59:59.000000",
    "2026-11-22T08:00:00.123",
    "2026-11-22T08:00:00.000001Z",
    "",
    "",
    "",
    "",
    "a",
    "",
    "AQAAAAAA",
    "AQ==",
    0,
    "0"
  ],
  [
    1,
    127,
    65535,
    8388607,
    4294967295,
    "9223372036854775807",
    "18446744073709551615",
    "-0.01",
    "-1234567.891",
    "-1.000000000000000000000000000000",
    "-0.5",
    "-0.5",
    0,
    "0000-00-00",
    "838:59:59.000",
    "838:59:59.000000",
    "0000-00-00T00:00:00.999",
    "1970-01-01T00:00:01.000001Z",
    "plain",
    "张三",
    "é ü ß",
    "plain",
    "通过",
    "a",
    "AQAAAAAA",
    "AQA=",
    1048575,
    "18446744073709551615"
  ],
  [
    2,
    0,
    32768,
    -1,
    2147483648,
    "-1",
    "9223372036854775808",
    "999.99",
    "0.001",
    "0.000000000000000000000000000000",
    "0",
    "0",
    1901,
    "2026-00-00",
    "00:00:00.999",
    "00:00:00.999999",
    "2026-00-00T23:59:59.001",
    "2038-01-19T03:14:07.000001Z",
    "张三",
    "考试 score 分数",
    "€ “quoted” – dash",
    "张三",
    "it's, x",
    "a,通过",
    "AAAAAAAA",
    "",
    524288,
    "9223372036854775808"
  ]
]

describe.each(["mysql", "mariadb"] as const)("a binlog captured from %s", (kind) => {
  const { packets, columns } = capture(kind)

  const events = (wanted?: ReadonlyArray<string>) => {
    const reader = captureReader(kind, wanted)
    for (const packet of packets) reader.push(packet)
    return reader.drain()
  }

  const rows = (wanted?: ReadonlyArray<string>): ReadonlyArray<RowsEvent> =>
    events(wanted).filter((event) => event._tag === "Rows")

  it("gives the values that were written (G1)", () => {
    const [insert, , secondDelete, firstDelete] = rows()
    expect(insert).toMatchObject({ change: "insert", index: 1, before: undefined, after: ROWS })
    expect(secondDelete).toMatchObject({ change: "delete", before: [ROWS[2]], after: undefined })
    expect(firstDelete).toMatchObject({ change: "delete", before: [ROWS[1]], after: undefined })
  })

  it("leaves columns that are absent from a MINIMAL image undefined (G1)", () => {
    const { before, after } = rows()[1]!
    const only = (values: Readonly<Record<string, unknown>>) => [columns.map((column) => values[column])]
    expect(before).toEqual(only({ id: 0 }))
    expect(after).toEqual(only({ dec_5_2: "88.25", varchar_s: "李四" }))
  })

  it("puts every transaction between its first and its last byte (G2)", () => {
    const brackets = events().filter((event) => event._tag === "Begin" || event._tag === "Commit")
    expect(brackets.map((event) => event._tag)).toEqual(
      Array.from({ length: 5 }, () => ["Begin", "Commit"]).flat()
    )
    const positions = brackets.map((event) => event.position)
    expect(positions).toEqual([...positions].sort((a, b) => a - b))
    for (let i = 1; i < positions.length - 1; i += 2) expect(positions[i]).toBe(positions[i + 1])
  })

  it.each(columns)("reads %s alone, any other column stepped over (G9)", (column) => {
    const at = columns.indexOf(column)
    expect(rows([column])[0]!.after).toEqual(ROWS.map((row) => [row[at]]))
  })

  it("gives wanted columns in the wanted order, one twice if asked twice (G1)", () => {
    const wanted = ["varchar_s", "id", "ID"]
    expect(rows(wanted)[0]!.after).toEqual([
      ["", 0, 0],
      ["plain", 1, 1],
      ["张三", 2, 2]
    ])
  })
})

it("names transactions as the server does, tagged ones too (G2)", () => {
  const gtids = (kind: "mysql" | "mariadb") => {
    const reader = captureReader(kind)
    for (const packet of capture(kind).packets) reader.push(packet)
    return reader.drain().flatMap((event) => (event._tag === "Begin" ? [event.gtid] : []))
  }
  expect(gtids("mariadb")).toEqual([11, 12, 13, 14, 15].map((sequence) => `0-26587-${sequence}`))
  const uuid = "f09c5154-e651-11f1-b049-02fc00000001"
  expect(gtids("mysql")).toEqual([...[15, 16, 17, 18].map((n) => `${uuid}:${n}`), `${uuid}:exam:1`])
})
