import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { compareHeads, fromHeaders, leadsOn, toHeaders, type LogHead } from "../../schemas/log-head.ts"
import { formatPosition, START } from "../../schemas/position.ts"

const position = fc
  .record({
    timeline: fc.integer({ min: 0, max: 9999 }),
    file: fc.integer({ min: 0, max: 9_999_999_999 }),
    transaction: fc.integer({ min: 0, max: 99_999_999_999_999 }),
    ordinal: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
  })
  .map(formatPosition)
const count = fc.integer({ min: 0, max: 999_999_999 })
const head: fc.Arbitrary<LogHead> = fc.record(
  {
    version: fc.constant(1 as const),
    kind: fc.constantFrom("segment" as const, "checkpoint" as const),
    connector: fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/),
    generation: count,
    epoch: count,
    previous: position,
    first: position,
    last: position,
    count,
    types: fc.array(fc.constantFrom("score.recorded", "score.corrected", "row.deleted"), { maxLength: 3 }),
    part: count,
    partLast: fc.boolean(),
    anchor: fc.record({
      file: fc.stringMatching(/^[a-zA-Z_.-]{1,20}\.\d{6,7}$/),
      position: fc.integer({ min: 4, max: Number.MAX_SAFE_INTEGER }),
      gtid: fc.option(fc.stringMatching(/^[0-9a-f-]{1,36}:\d{1,18}$/)),
      server: fc.stringMatching(/^(mysql:[0-9a-f-]{36}|mariadb:\d{1,10})$/),
      timeline: fc.integer({ min: 1, max: 9999 })
    }),
    committedAt: fc.option(fc.constant("2026-11-22T08:00:00.123456Z"))
  },
  {
    requiredKeys: [
      "version",
      "kind",
      "connector",
      "generation",
      "epoch",
      "previous",
      "first",
      "last",
      "count",
      "types",
      "anchor",
      "committedAt"
    ]
  }
)

const read = (headers: Iterable<readonly [string, string]>): LogHead | undefined => {
  const values = new Map(headers)
  return fromHeaders((name) => values.get(name))
}
const example: LogHead = {
  version: 1,
  kind: "segment",
  connector: "scores-hr",
  generation: 2,
  epoch: 7,
  previous: "0001-0000000001-00000000000004-0000000000000000",
  first: "0001-0000000001-00000000000157-0000000016777216",
  last: "0001-0000000001-00000000000157-0000000033554432",
  count: 2,
  types: ["score.corrected", "score.recorded"],
  anchor: { file: "binlog.000001", position: 157, gtid: null, server: "mysql:a", timeline: 1 },
  committedAt: null
}

describe("the head of a message", () => {
  it("comes back from headers as it went in (G1)", () => {
    fc.assert(
      fc.property(head, (given) => {
        expect(read(toHeaders(given))).toEqual(given)
      })
    )
  })

  it("stands in headers that any NATS client can read (G9)", () => {
    expect(Object.fromEntries(toHeaders(example))).toEqual({
      "Content-Type": "application/cloudevents-batch+json",
      "Nats-Msg-Id": "scores-hr.2.7.segment.0001-0000000001-00000000000157-0000000033554432",
      "Gradewire-Version": "1",
      "Gradewire-Kind": "segment",
      "Gradewire-Connector": "scores-hr",
      "Gradewire-Generation": "2",
      "Gradewire-Epoch": "7",
      "Gradewire-Previous": example.previous,
      "Gradewire-First": example.first,
      "Gradewire-Last": example.last,
      "Gradewire-Count": "2",
      "Gradewire-Types": "score.corrected,score.recorded",
      "Gradewire-Anchor":
        '{"file":"binlog.000001","position":157,"gtid":null,"server":"mysql:a","timeline":1}'
    })
  })

  it("is none where anything is missing, foreign or of another version (G3)", () => {
    const headers = new Map(toHeaders(example))
    for (const name of headers.keys()) {
      if (["Content-Type", "Nats-Msg-Id", "Gradewire-Types"].includes(name)) continue
      expect(read([...headers].filter(([other]) => other !== name)), `without ${name}`).toBeUndefined()
    }
    const changed: ReadonlyArray<readonly [string, string]> = [
      ["Gradewire-Version", "2"],
      ["Gradewire-Kind", "snapshot"],
      ["Gradewire-Epoch", "-1"],
      ["Gradewire-Epoch", "1e3"],
      ["Gradewire-Count", "0x10"],
      ["Gradewire-Last", "1-1-157-1"],
      ["Gradewire-Anchor", "{"],
      ["Gradewire-Anchor", '{"file":"binlog.000001"}']
    ]
    for (const [name, value] of changed) {
      expect(read([...headers, [name, value]]), `${name}: ${value}`).toBeUndefined()
    }
    expect(read([])).toBeUndefined()
  })

  it("orders messages by generation first, then by position (G5)", () => {
    const at = (generation: number, transaction: number) => ({
      generation,
      last: formatPosition({ timeline: 1, file: 1, transaction, ordinal: 0 })
    })
    const inOrder = [at(0, 4), at(0, 157), at(1, 4), at(1, 100), at(2, 99)]
    expect([...inOrder].reverse().sort(compareHeads)).toEqual(inOrder)
    expect(compareHeads(at(1, 4), at(1, 4))).toBe(0)
  })
})

describe("what leads on from a position", () => {
  const at = (transaction: number) => formatPosition({ timeline: 1, file: 1, transaction, ordinal: 0 })

  it("is a message whose previous one is known (G1)", () => {
    expect(leadsOn({ previous: at(10), last: at(30) }, at(20))).toBe(true)
    expect(leadsOn({ previous: at(21), last: at(30) }, at(20))).toBe(false)
    expect(leadsOn({ previous: at(1), last: at(30) }, undefined)).toBe(false)
  })

  it("is the beginning of a connector for nobody who has something already (G1)", () => {
    expect(leadsOn({ previous: START, last: at(30) }, undefined)).toBe(true)
    expect(leadsOn({ previous: START, last: at(30) }, at(20))).toBe(false)
    expect(leadsOn({ previous: START, last: at(30) }, at(30))).toBe(true)
  })
})
