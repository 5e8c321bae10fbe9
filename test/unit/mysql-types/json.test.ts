import { array, assert, constantFrom, integer, oneof, property, uint8Array } from "fast-check"
import { describe, expect, it } from "vitest"
import { DecodeFailure } from "../../../connectors/mysql/binlog/decode-failure.ts"
import { patchedJsonText } from "../../../connectors/mysql/binlog/json-diff.ts"
import { jsonText } from "../../../connectors/mysql/binlog/json-text.ts"

const text = (bytes: Buffer): string => jsonText(bytes, 0, bytes.length)

const outcome = (run: () => string): string => {
  try {
    return run()
  } catch (error) {
    if (error instanceof DecodeFailure) return "DecodeFailure"
    throw error
  }
}

/** A small array around `inner`. */
const wrapped = (inner: Buffer): Buffer => {
  const head = Buffer.alloc(8)
  head[0] = 0x02
  head.writeUInt16LE(1, 1)
  head.writeUInt16LE(inner.length - 1 + 7, 3)
  head[5] = inner[0]!
  head.writeUInt16LE(7, 6)
  return Buffer.concat([head, inner.subarray(1)])
}

const nested = (levels: number): Buffer => {
  let document: Buffer = Buffer.from("0200000400", "hex")
  for (let level = 1; level < levels; level++) document = wrapped(document)
  return document
}

/** {"a": "xx", "b": 1, "c": [1, 2, 3]}, as MySQL 9.7 stored it. */
const DOCUMENT = Buffer.from(
  "0003002c00190001001a0001001b0001000c1c00050100021f0061626302787803000d00050100050200050300",
  "hex"
)

const difference = (operation: number, path: string, value?: string): Buffer => {
  const bytes = value === undefined ? Buffer.alloc(0) : Buffer.from(value, "hex")
  return Buffer.concat([
    Buffer.from([operation, path.length]),
    Buffer.from(path),
    value === undefined ? Buffer.alloc(0) : Buffer.from([bytes.length]),
    bytes
  ])
}

const patched = (diff: Buffer): string => patchedJsonText(DOCUMENT, 0, DOCUMENT.length, diff, 0, diff.length)

describe("binary JSON", () => {
  it("is the server's text (G1)", () => {
    expect(text(DOCUMENT)).toBe('{"a": "xx", "b": 1, "c": [1, 2, 3]}')
    expect(text(Buffer.alloc(0))).toBe("null")
    expect(text(Buffer.from("0401", "hex"))).toBe("true")
    expect(text(Buffer.from("0bffffffffffffefbf", "hex"))).toBe("-0.9999999999999999")
  })

  it("may be as deep as the server allows, and no deeper (G3)", () => {
    expect(text(nested(100))).toBe("[".repeat(100) + "]".repeat(100))
    expect(outcome(() => text(nested(101)))).toBe("DecodeFailure")
  })

  it("cannot be made to grow without end (G3)", () => {
    // Each of 1,000 elements points at the next array's place, so that a walk would double for ever.
    const count = 1000
    const bytes = Buffer.alloc(5 + count * 3 + 1, 0)
    bytes[0] = 0x02
    bytes.writeUInt16LE(count, 1)
    bytes.writeUInt16LE(bytes.length - 1, 3)
    for (let i = 0; i < count; i++) {
      bytes[5 + i * 3] = 0x02
      bytes.writeUInt16LE(0, 6 + i * 3)
    }
    expect(outcome(() => text(bytes))).toBe("DecodeFailure")
  })

  it("is text or a named error, whatever the bytes (G3)", () => {
    assert(
      property(uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof outcome(() => text(Buffer.from(bytes)))).toBe("string")
      })
    )
  })

  it("is text or a named error where a document is damaged (G3)", () => {
    assert(
      property(
        array(oneof(integer({ min: 0, max: DOCUMENT.length - 1 }), integer({ min: 0, max: 12 })), {
          minLength: 1,
          maxLength: 4
        }),
        constantFrom(0, 1, 2, 3, 4, 11, 12, 15, 127, 128, 255),
        (places, value) => {
          const bytes = Buffer.from(DOCUMENT)
          for (const place of places) bytes[place] = value
          expect(typeof outcome(() => text(bytes))).toBe("string")
        }
      )
    )
  })
})

describe("a JSON difference", () => {
  it.each([
    ["replaces", difference(0, "$.a", "0c0171"), '{"a": "q", "b": 1, "c": [1, 2, 3]}'],
    ["replaces all", difference(0, "$", "0c0171"), '"q"'],
    [
      "inserts by length and bytes of the name",
      difference(1, "$.ab", "0401"),
      '{"a": "xx", "b": 1, "c": [1, 2, 3], "ab": true}'
    ],
    ["inserts in front", difference(1, '$.""', "0400"), '{"": null, "a": "xx", "b": 1, "c": [1, 2, 3]}'],
    ["inserts an element", difference(1, "$.c[1]", "050900"), '{"a": "xx", "b": 1, "c": [1, 9, 2, 3]}'],
    ["appends behind the end", difference(1, "$.c[99]", "050900"), '{"a": "xx", "b": 1, "c": [1, 2, 3, 9]}'],
    ["removes", difference(2, "$.c[0]"), '{"a": "xx", "b": 1, "c": [2, 3]}'],
    ["keeps all where it is empty", Buffer.alloc(0), '{"a": "xx", "b": 1, "c": [1, 2, 3]}']
  ])("%s (G1)", (_, diff, expected) => {
    expect(patched(diff)).toBe(expected)
  })

  it.each([
    ["a name that is not there", difference(0, "$.z", "0400")],
    ["a name that is there already", difference(1, "$.a", "0400")],
    ["an element behind the end", difference(2, "$.c[3]")],
    ["a member of an array", difference(2, "$.c.x")],
    ["a path through text", difference(2, "$.a.x")],
    ["a path that is none", difference(2, "a")],
    ["an unknown operation", difference(3, "$.a", "0400")],
    ["a cut value", difference(0, "$.a", "0c0171").subarray(0, 7)]
  ])("is damage where it names %s (G3)", (_, diff) => {
    expect(outcome(() => patched(diff))).toBe("DecodeFailure")
  })
})
