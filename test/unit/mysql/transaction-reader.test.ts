import { describe, expect, it } from "vitest"
import { EventType } from "../../../connectors/mysql/binlog/event-type.ts"
import { HELD_BYTES_MAX } from "../../../connectors/mysql/open-transaction.ts"
import {
  eventBytes,
  formatDescription,
  gtid,
  query,
  readerOf,
  rotate,
  tableMap,
  writeRows,
  xid
} from "./binlog-bytes.ts"
import { EXAM, failureOf, HEAD, images, push, read } from "./read-packets.ts"

describe("transactions", () => {
  it("leave as a whole when they are committed (G1)", () => {
    const reader = readerOf()
    expect(
      push(reader, [
        ...HEAD,
        gtid(1),
        query("BEGIN"),
        EXAM,
        writeRows(1, [
          [1, 90],
          [2, null]
        ])
      ])
    ).toEqual([])
    expect(push(reader, [xid()]).map((event) => event._tag)).toEqual(["Begin", "Rows", "Commit"])
  })

  it("count rows events of tables nobody wants, so that a mapping can change later (G2)", () => {
    const other = tableMap(2, "other", ["id"])
    const events = read(
      gtid(1),
      query("BEGIN"),
      EXAM,
      other,
      writeRows(2, [[7]]),
      writeRows(1, [[1, 90]]),
      writeRows(2, [[8]]),
      writeRows(1, [[2, 91]]),
      xid()
    )
    expect(events.flatMap((event) => (event._tag === "Rows" ? [event.index] : []))).toEqual([2, 4])
  })

  it("without wanted rows shrink to the last of their run (G8)", () => {
    const other = tableMap(2, "other", ["id"])
    const one = (n: number) => [gtid(n), query("BEGIN"), other, writeRows(2, [[n]]), xid()]
    const events = read(...one(1), ...one(2), gtid(3), query("CREATE TABLE x (id INT)"), ...one(4))
    expect(events.map((event) => event._tag)).toEqual(["Begin", "Commit"])
    expect(events[0]).toMatchObject({ gtid: "11111111-1111-1111-1111-111111111111:4" })
  })

  it("let their rows go before the end once they are large (G8)", () => {
    const reader = readerOf()
    const rows = writeRows(
      1,
      Array.from({ length: 1000 }, (_, i) => [i, i])
    )
    const count = Math.ceil(HELD_BYTES_MAX / rows.length) + 1
    const events = push(reader, [
      ...HEAD,
      gtid(1),
      query("BEGIN"),
      EXAM,
      ...Array.from({ length: count }, () => rows)
    ])
    expect(events[0]!._tag).toBe("Begin")
    expect(images(events).length).toBeGreaterThan(1000)
    expect(push(reader, [xid()]).at(-1)!._tag).toBe("Commit")
  })

  it("take back rows that are rolled back, to a savepoint or altogether (G2)", () => {
    const rows = (n: number) => writeRows(1, [[n, n]])
    expect(
      images(
        read(
          gtid(1),
          query("BEGIN"),
          EXAM,
          rows(1),
          query("SAVEPOINT `a`"),
          rows(2),
          query("SAVEPOINT b"),
          rows(3),
          query("ROLLBACK TO `a`"),
          rows(4),
          xid(),
          gtid(2),
          query("BEGIN"),
          rows(5),
          query("ROLLBACK")
        )
      )
    ).toEqual([
      [1, 1],
      [4, 4]
    ])
  })

  it("stop the reader where rows that left already are rolled back (G3)", () => {
    const rows = writeRows(
      1,
      Array.from({ length: 1000 }, (_, i) => [i, i])
    )
    const many = Array.from({ length: Math.ceil(HELD_BYTES_MAX / rows.length) + 1 }, () => rows)
    expect(failureOf([gtid(1), query("BEGIN"), EXAM, ...many, query("ROLLBACK")])).toMatchObject({
      _tag: "Undecodable",
      what: "ROLLBACK"
    })
  })

  it("stop the reader where the table's engine cannot roll back (G3)", () => {
    const reader = readerOf({ nonTransactional: new Set([0]) })
    const packets = [gtid(1), query("BEGIN"), EXAM, writeRows(1, [[1, 1]]), query("ROLLBACK")]
    expect(failureOf(packets, reader)).toMatchObject({ _tag: "Undecodable", what: "ROLLBACK" })
  })

  it("that a crash cut short vanish with their file (G2)", () => {
    const events = read(
      gtid(1),
      query("BEGIN"),
      EXAM,
      writeRows(1, [[1, 1]]),
      rotate("binlog.000002", 4),
      formatDescription(true, 127),
      gtid(1),
      query("BEGIN"),
      EXAM,
      writeRows(1, [[2, 2]]),
      xid()
    )
    expect(images(events)).toEqual([[2, 2]])
    expect(events.at(-1)).toMatchObject({ _tag: "Commit", file: "binlog.000002" })
  })

  it("report the header of a new file as progress, so that an idle position is not purged (G1)", () => {
    expect(read(rotate("binlog.000002", 4), formatDescription(true, 127))).toMatchObject([
      { _tag: "Rotated", file: "binlog.000002", position: 4 }
    ])
  })

  it("are not read before their anchor, even beyond the dump command's 32 bits (G2)", () => {
    const huge = 2 ** 33
    const reader = readerOf({ position: huge, sentFrom: 4 })
    const early = [gtid(1), query("BEGIN"), EXAM, writeRows(1, [[1, 1]]), xid()]
    expect(push(reader, [...HEAD, ...early])).toEqual([])
    expect(reader.firstGtid).toBeUndefined()
  })
})

describe("tables", () => {
  it("are known by their map's bytes: an id given to another table reads nothing of ours (G9)", () => {
    const events = read(
      gtid(1),
      query("BEGIN"),
      EXAM,
      writeRows(1, [[1, 1]]),
      xid(),
      gtid(2),
      query("BEGIN"),
      tableMap(1, "exam", ["id", "score"], "other"),
      writeRows(1, [[2, 2]]),
      xid()
    )
    expect(images(events)).toEqual([[1, 1]])
  })

  it("whose columns change places under the same id are read by their names (G1)", () => {
    const events = read(
      gtid(1),
      query("BEGIN"),
      EXAM,
      writeRows(1, [[1, 90]]),
      xid(),
      gtid(2),
      query("BEGIN"),
      tableMap(1, "exam", ["score", "id"]),
      writeRows(1, [[91, 2]]),
      xid()
    )
    expect(images(events)).toEqual([
      [1, 90],
      [2, 91]
    ])
  })

  it("must be mapped before their rows, again after every rotation (G3)", () => {
    const fault = { _tag: "Undecodable", what: "table id 1" }
    expect(failureOf([gtid(1), query("BEGIN"), writeRows(1, [[1, 1]])])).toMatchObject(fault)
    const across = [
      gtid(1),
      query("BEGIN"),
      EXAM,
      writeRows(1, [[1, 1]]),
      xid(),
      rotate("binlog.000002", 4),
      formatDescription(true, 127),
      gtid(2),
      query("BEGIN"),
      writeRows(1, [[2, 2]])
    ]
    expect(failureOf(across)).toMatchObject(fault)
  })

  it("stop the reader where a wanted column is gone (G3)", () => {
    expect(
      failureOf([gtid(1), query("BEGIN"), tableMap(1, "exam", ["id", "points"]), writeRows(1, [[1, 1]])])
    ).toMatchObject({
      _tag: "SchemaDrift",
      table: "lms.exam",
      columns: ["score"]
    })
  })

  it("stop the reader where an event has more or fewer bytes than its rows (G3)", () => {
    const rows = writeRows(1, [[1, 1]])
    const start = [gtid(1), query("BEGIN"), EXAM]
    const body = rows.subarray(19, rows.length - 4)
    for (const wrong of [
      body.subarray(0, -1),
      Buffer.concat([body, Buffer.from([0])]),
      Buffer.concat([body, body.subarray(-5, -2)])
    ]) {
      expect(failureOf([...start, eventBytes({ type: EventType.WriteRows, body: wrong })])).toMatchObject({
        _tag: "Undecodable"
      })
    }
  })
})
