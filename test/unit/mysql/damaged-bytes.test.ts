import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { DecodeFailure } from "../../../connectors/mysql/binlog/decode-failure.ts"
import { BINLOG_IN_USE, EventType } from "../../../connectors/mysql/binlog/event-type.ts"
import { statementMeaning } from "../../../connectors/mysql/binlog/statement.ts"
import { readTableMap } from "../../../connectors/mysql/binlog/table-map.ts"
import { isFailure } from "../../../schemas/failure.ts"
import { capture, captureReader, eventBytes, readerOf, formatDescription, sealed } from "./binlog-bytes.ts"

/** Where the type stands in an event's head. */
const TYPE = 4

/** Where the flags stand in an event's head. */
const FLAGS = 17

/** A reader may give events or throw one of the port's errors; nothing else may come out of it. */
const pushAll = (push: (packet: Buffer) => void, packets: ReadonlyArray<Buffer>): boolean => {
  try {
    for (const packet of packets) push(packet)
    return true
  } catch (error) {
    expect(isFailure(error)).toBe(true)
    return false
  }
}

describe.each(["mysql", "mariadb"] as const)("damage on the way from %s", (kind) => {
  const { packets } = capture(kind)
  const place = fc.tuple(fc.nat(packets.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 }))

  it("is noticed by the checksum, wherever one bit or byte changes (G3)", () => {
    fc.assert(
      fc.property(place, ([packet, at, change]) => {
        const broken = packets.map((bytes) => Buffer.from(bytes))
        const target = broken[packet]!
        target[at % target.length]! ^= change
        const reader = captureReader(kind)
        // The dump thread's own rotate event may come without a checksum, as its type and flags say.
        const isFake = packet === 0
        // The flag "in use" of a format description is left out of its checksum: a server sets and clears it in the file.
        const isInUse =
          target[TYPE] === EventType.FormatDescription &&
          at % target.length === FLAGS &&
          change === BINLOG_IN_USE
        expect(pushAll((bytes) => reader.push(bytes), broken) && !isFake && !isInUse).toBe(false)
      }),
      { numRuns: 500 }
    )
  })

  it("is noticed where one byte makes any event another kind of event, a sign of life too (G3)", () => {
    const passed: Array<unknown> = []
    for (let packet = 1; packet < packets.length; packet++) {
      for (let type = 0; type < 256; type++) {
        if (type === packets[packet]![TYPE]) continue
        const changed = Buffer.from(packets[packet]!)
        changed[TYPE] = type
        const reader = captureReader(kind)
        const broken = packets.map((bytes, at) => (at === packet ? changed : bytes))
        if (pushAll((bytes) => reader.push(bytes), broken)) passed.push({ packet, type })
      }
    }
    expect(passed).toEqual([])
  })

  it("ends in a value or a named error where the checksum was made to fit, never past the event (G3)", () => {
    fc.assert(
      fc.property(
        fc.nat(packets.length - 1),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.option(fc.nat(40), { nil: 0 }),
        (packet, changes, cut) => {
          const broken = [...packets]
          const bytes = Buffer.from(packets[packet]!)
          for (const [at, value] of changes) bytes[19 + (at % (bytes.length - 19))] = value
          const kept = Math.max(24, bytes.length - cut)
          broken[packet] = sealed(bytes.subarray(0, kept))
          const reader = captureReader(kind)
          expect([true, false]).toContain(pushAll((event) => reader.push(event), broken))
        }
      ),
      { numRuns: 2000 }
    )
  })

  it("is noticed where a packet is lost or comes twice (G3)", () => {
    for (let i = 1; i < packets.length - 1; i++) {
      // MariaDB states no positions inside of transactions, so there only the transaction's end tells.
      const lost = captureReader(kind)
      const without = pushAll(
        (packet) => lost.push(packet),
        packets.filter((_, at) => at !== i)
      )
      const doubled = captureReader(kind)
      const twice = pushAll(
        (packet) => doubled.push(packet),
        packets.flatMap((packet, at) => (at === i ? [packet, packet] : [packet]))
      )
      const head = packets[i]![TYPE] === EventType.FormatDescription
      expect([i, without, head ? false : twice]).toEqual([i, false, false])
    }
  })
})

it("random bytes are never more than a named error (G3)", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(255), (body, type) => {
      const reader = readerOf()
      pushAll(
        (packet) => reader.push(packet),
        [formatDescription(true), eventBytes({ type, body: Buffer.from(body) }), Buffer.from(body)]
      )
      try {
        readTableMap(Buffer.from(body), 0, body.length, type % 2 === 0)
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeFailure)
      }
    }),
    { numRuns: 3000 }
  )
})

it("any statement text has a meaning, in time (G3)", () => {
  const wanted = [{ schema: "lms", table: "exam" }]
  const words = fc.constantFrom(
    "INSERT",
    "INTO",
    "exam",
    "`lms`",
    ".",
    "/*",
    "*/",
    "/*!",
    "--",
    "\n",
    "'",
    '"',
    "`",
    "RENAME",
    "TABLE",
    "TO",
    ",",
    "DROP",
    "#",
    "\\",
    "XA",
    "考试"
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string()), { maxLength: 60 }), (parts) => {
      expect(statementMeaning(parts.join(" "), "lms", wanted)._tag).toEqual(expect.any(String))
    }),
    { numRuns: 2000 }
  )
})
