import { describe, expect, it } from "vitest"
import { EventType } from "../../../connectors/mysql/binlog/event-type.ts"
import { eventBytes, FILE, formatDescription, gtid, query, rotate, writeRows, xid } from "./binlog-bytes.ts"
import { EXAM, failureOf, images, read } from "./read-packets.ts"

describe("events", () => {
  it("of unknown type stop the reader unless the server says they can be ignored (G3)", () => {
    const unknown = (flags: number) => eventBytes({ type: 99, flags })
    expect(failureOf([unknown(0)])).toMatchObject({ _tag: "Undecodable", what: "event type 99", file: FILE })
    expect(failureOf([unknown(0x80)])).toBeUndefined()
  })

  it("that confess a hole stop the reader (G1)", () => {
    const incident = eventBytes({ type: EventType.Incident, body: Buffer.from([1, 0, 0]) })
    expect(failureOf([incident])).toMatchObject({ _tag: "Undecodable", what: "INCIDENT_EVENT", fate: "halt" })
  })

  it("are followed by the checksum setting of their own file (G1)", () => {
    const plain = (packet: Buffer) => {
      const bytes = Buffer.from(packet.subarray(0, -4))
      bytes.writeUInt32LE(bytes.length, 9)
      return bytes
    }
    const events = read(
      rotate("binlog.000002", 4),
      formatDescription(false, 127),
      ...[gtid(1), query("BEGIN"), EXAM, writeRows(1, [[1, 1]]), xid()].map(plain),
      plain(rotate("binlog.000003", 4)),
      formatDescription(true, 127),
      gtid(2),
      query("BEGIN"),
      EXAM,
      writeRows(1, [[2, 2]]),
      xid()
    )
    expect(images(events)).toEqual([
      [1, 1],
      [2, 2]
    ])
  })

  it("whose stated position is not the counted one stop the reader (G3)", () => {
    const moved = eventBytes({ type: EventType.Xid, body: Buffer.alloc(8), nextPosition: 12_345 })
    expect(failureOf([gtid(1), query("BEGIN"), moved])).toMatchObject({
      _tag: "Undecodable",
      what: "event type 16 out of place"
    })
  })

  it("that are signs of life count for no bytes (G2)", () => {
    const beat = eventBytes({ type: EventType.Heartbeat, body: Buffer.from(FILE), nextPosition: 7 })
    const position = (packets: ReadonlyArray<Buffer>) => read(...packets).at(-1)
    const transaction = [gtid(1), query("BEGIN"), EXAM, writeRows(1, [[1, 1]]), xid()]
    expect(position(transaction.flatMap((packet) => [beat, packet]))).toEqual(position(transaction))
  })
})
