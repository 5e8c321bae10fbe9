import { assert, constantFrom, property, uint8Array } from "fast-check"
import { describe, expect, it } from "vitest"
import { charsetDecoder } from "../../../connectors/mysql/binlog/charset-decoder.ts"
import { CHARSET_SHAPES } from "../../../connectors/mysql/binlog/charset-shape.ts"
import { uncompressed } from "../../../connectors/mysql/binlog/column-compression.ts"
import { DecodeFailure } from "../../../connectors/mysql/binlog/decode-failure.ts"
import { doubleText } from "../../../connectors/mysql/binlog/number-text.ts"
import { geometryText, vectorText } from "../../../connectors/mysql/binlog/spatial-text.ts"
import { valueReader } from "../../../connectors/mysql/snapshot-columns.ts"

const outcome = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    if (error instanceof DecodeFailure) return "DecodeFailure"
    throw error
  }
}

const hex = (text: string): Buffer => Buffer.from(text, "hex")

describe("a geometry", () => {
  const point = "0101000000000000000000f03f0000000000000040"

  it("carries its SRID where it has one (G1)", () => {
    const plain = hex(`00000000${point}`)
    expect(geometryText(plain, 0, plain.length)).toBe(point.toUpperCase())
    const located = hex(`e6100000${point}`)
    expect(geometryText(located, 0, located.length)).toBe(
      `0101000020E6100000${point.slice(10).toUpperCase()}`
    )
    expect(geometryText(plain, 0, 0)).toBe("")
  })

  it("in another byte order or cut short is an error (G3)", () => {
    const big = hex(`0000000000${point.slice(2)}`)
    expect(outcome(() => geometryText(big, 0, big.length))).toBe("DecodeFailure")
    expect(outcome(() => geometryText(big, 0, 8))).toBe("DecodeFailure")
  })
})

it("a vector is the shortest text of its numbers (G1)", () => {
  const bytes = hex("0000803fcdcc8c3f000000c0")
  expect(vectorText(bytes, 0, 12)).toBe("[1,1.1,-2]")
  expect(vectorText(bytes, 0, 0)).toBe("[]")
  expect(outcome(() => vectorText(bytes, 0, 11))).toBe("DecodeFailure")
})

it.each([
  [1e15, "1e15"],
  [123_456_789_012_345, "123456789012345"],
  [1_158_551_813_393_211.8, "1158551813393211.8"],
  [1.5e-7, "0.00000015"],
  [1e-14, "0.00000000000001"],
  [1e-15, "0.000000000000001"],
  [1e-16, "1e-16"],
  [5e-324, "5e-324"],
  [-0, "-0"]
])("the double %d is %s (G1)", (value, text) => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  expect(doubleText(bytes, 0)).toBe(text)
})

it("a compressed value is itself or a named error, whatever the bytes (G3)", () => {
  assert(
    property(
      constantFrom(0, 0x81, 0x89, 0x8a, 0x8c, 0x93, 0xff),
      uint8Array({ maxLength: 60 }),
      (head, rest) => {
        const bytes = Buffer.from([head, ...rest])
        expect(outcome(() => uncompressed(bytes, 0, bytes.length))).toBeDefined()
      }
    )
  )
})

it("every character set gives text for any bytes (G3)", () => {
  assert(
    property(
      constantFrom(...CHARSET_SHAPES.keys(), "ucs2", "utf16", "utf32"),
      uint8Array({ maxLength: 40 }),
      (name, bytes) => {
        const text = charsetDecoder(name)!.decode(Buffer.from(bytes))
        expect(text.length).toBeLessThanOrEqual(bytes.length)
      }
    )
  )
})

it("a copy stops where the server could not print a JSON document (G3)", () => {
  const read = valueReader({ name: "j", type: "json", full: "json", mariadb: false })
  expect(read("{}")).toBe("{}")
  expect(() => read("")).toThrow("max_allowed_packet")
})
