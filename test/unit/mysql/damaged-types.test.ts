/**
 * Damage in table maps of every type and in every kind of rows event, with the checksum made to fit: a value or a named
 * error, the same whatever stands behind the event in memory, and never without end.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { EventType } from "../../../connectors/mysql/binlog/event-type.ts"
import { zstdCompressSync, zstdDecompressSync } from "node:zlib"
import { isFailure } from "../../../schemas/failure.ts"
import type { SourceEvent } from "../../../src/capture/ChangeSource.ts"
import { capture, readerOf, sealed, type Capture } from "./binlog-bytes.ts"

const HEADER = 19

const readerFor = (kind: "mysql" | "mariadb", { file, columns, charsets }: Capture) =>
  readerOf({
    tables: [{ schema: "fx", table: "every", columns, key: [0] }],
    charsetOf: (collation) => charsets[collation],
    mariadb: kind === "mariadb",
    file,
    largestBytes: 10_000_000
  })

interface Outcome {
  readonly events: ReadonlyArray<SourceEvent>
  readonly error: unknown
}

const outcomeOf = (kind: "mysql" | "mariadb", all: Capture, packets: ReadonlyArray<Buffer>): Outcome => {
  const reader = readerFor(kind, all)
  try {
    for (const packet of packets) reader.push(packet)
  } catch (error) {
    return { events: reader.drain(), error }
  }
  return { events: reader.drain(), error: undefined }
}

/** The same bytes in the middle of others, as packets stand in the chunk of a socket. */
const amidst = (packet: Buffer, others: number): Buffer => {
  const chunk = Buffer.alloc(packet.length + 2048, others)
  packet.copy(chunk, 1024)
  return chunk.subarray(1024, 1024 + packet.length)
}

const ROWS_BEARING: ReadonlySet<number> = new Set([
  EventType.TableMap,
  EventType.WriteRowsV1,
  EventType.UpdateRowsV1,
  EventType.DeleteRowsV1,
  EventType.WriteRows,
  EventType.UpdateRows,
  EventType.DeleteRows,
  EventType.PartialUpdateRows,
  EventType.TransactionPayload,
  EventType.WriteRowsCompressedV1,
  EventType.UpdateRowsCompressedV1,
  EventType.DeleteRowsCompressedV1,
  EventType.XaPrepare
])

describe.each(["mysql", "mariadb"] as const)("every type and event of %s", (kind) => {
  const all = capture(`every-${kind}`)
  const places = all.packets.flatMap((packet, i) => (ROWS_BEARING.has(packet[4]!) ? [i] : []))

  it("is read where nothing is damaged (G1)", () => {
    const { events, error } = outcomeOf(kind, all, all.packets)
    expect(error).toBeUndefined()
    const kinds = events.flatMap((event) => (event._tag === "Rows" ? [event.change] : []))
    expect(new Set(kinds)).toEqual(new Set(["insert", "update", "delete"]))
    expect(new Set(all.packets.map((packet) => packet[4])).size).toBeGreaterThan(10)
  })

  it("gives a value or a named error, whatever stands behind the event (G3)", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...places),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.option(fc.integer({ min: -40, max: 40 }), { nil: 0 }),
        (place, changes, grown) => {
          const bytes = Buffer.from(all.packets[place]!)
          for (const [at, value] of changes) bytes[HEADER + (at % (bytes.length - HEADER))] = value
          const size = Math.max(HEADER + 5, bytes.length + grown)
          const resized = Buffer.alloc(size, 0x41)
          bytes.copy(resized)
          const packet = sealed(resized)
          const outcomes = [0, 0xff, 0x61].map((others) => {
            const packets = [...all.packets]
            packets[place] = amidst(packet, others)
            return outcomeOf(kind, all, packets)
          })
          const [first, ...rest] = outcomes as [Outcome, ...Array<Outcome>]
          if (first.error !== undefined) expect(isFailure(first.error)).toBe(true)
          for (const other of rest) expect(other).toEqual(first)
        }
      ),
      { numRuns: 120 }
    )
  })
})

it("inside of a compressed transaction is no less noticed (G3)", () => {
  const all = capture("every-mysql")
  const place = all.packets.findIndex((packet) => packet[4] === EventType.TransactionPayload)
  const packet = all.packets[place]!
  const frame = packet.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))
  const plain = zstdDecompressSync(packet.subarray(frame, -4))
  // Rows and maps of a payload have no checksums of their own.
  const withPayload = (inner: Buffer): Buffer => {
    const zipped = zstdCompressSync(inner)
    const field = (type: number, value: number): Buffer => {
      const bytes = Buffer.from([type, 9, 0xfe, 0, 0, 0, 0, 0, 0, 0, 0])
      bytes.writeBigUInt64LE(BigInt(value), 3)
      return bytes
    }
    const fields = Buffer.concat([
      field(1, zipped.length),
      field(2, 0),
      field(3, inner.length),
      Buffer.from([0])
    ])
    return sealed(Buffer.concat([packet.subarray(0, HEADER), fields, zipped, Buffer.alloc(4)]))
  }
  const run = (inner: Buffer): Outcome => {
    const packets = [...all.packets]
    const changed = withPayload(inner)
    changed.writeUInt32LE(0, 13)
    packets[place] = sealed(changed)
    return outcomeOf("mysql", all, packets.slice(0, place + 1))
  }
  const rows = ({ events }: Outcome) => events.filter((event) => event._tag === "Rows").length
  const sound = run(plain)
  expect([sound.error, rows(sound)]).toEqual([
    undefined,
    rows(outcomeOf("mysql", all, all.packets.slice(0, place + 1)))
  ])
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
      const inner = Buffer.from(plain)
      for (const [at, value] of changes) inner[at % inner.length] = value
      const { error } = run(inner)
      if (error !== undefined) expect(isFailure(error)).toBe(true)
    }),
    { numRuns: 120 }
  )
})
