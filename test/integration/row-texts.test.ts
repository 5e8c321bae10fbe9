/** Rows that the training database writes itself say what the stream's decoder and encoder say, or are not written. */
import { Effect, Layer } from "effect"
import { describe, expect, it } from "vitest"
import { MySqlRowTexts } from "../../connectors/mysql/MySqlRowTexts.ts"
import { MySqlSnapshotSource } from "../../connectors/mysql/MySqlSnapshotSource.ts"
import { timeZone } from "../../schemas/civil-time.ts"
import { positionIn, transactionPrefix } from "../../schemas/position.ts"
import type { TableConfig } from "../../schemas/table-config.ts"
import { compileRowsEncoder } from "../../src/capture/encode-rows.ts"
import { SnapshotSource } from "../../src/capture/SnapshotSource.ts"
import { planTable } from "../../src/capture/table-plan.ts"
import { RowTexts, type WrittenTable } from "../../src/capture/RowTexts.ts"
import { CASE_MILLIS, sourceWorld } from "./mysql-world.ts"

const PREFIX = transactionPrefix(1, 1, 4)
const FIELDS = {
  learner: "who",
  assessment: "exam",
  raw: "raw",
  max: "top",
  text: "grade",
  submittedAt: "at"
}
const ATTRIBUTES = {
  n: "n",
  big: "big",
  tag: "tag",
  day: "day",
  tod: "tod",
  seen: "seen",
  at: "at",
  kind: "kind",
  raw: "raw"
}

const table = (more: Partial<TableConfig> = {}): TableConfig =>
  ({
    table: "lms.written",
    as: "score",
    key: ["id", "tag"],
    fields: FIELDS,
    attributes: ATTRIBUTES,
    ...more
  }) as TableConfig

const COLUMNS = `id int, tag varchar(40), who bigint unsigned, exam char(12) character set gbk, raw decimal(8,3), top varchar(20),
  grade text character set latin1, n mediumint, big bigint, day date, tod time(2), seen timestamp(3) null, at datetime(6), kind enum('a','乙')`

/** Values that servers and encoders write in different ways, if they can. */
const ROWS: ReadonlyArray<string> = [
  `1, 'plain', 18446744073709551615, '安全', 87.5, '100', 'good', -5, -9223372036854775808, '2026-11-22', '08:30:00.5', '2026-11-22 07:30:00.123', '2026-11-22 07:30:00.123456', 'a'`,
  `2, '', null, null, null, null, null, null, null, null, null, null, null, null`,
  `3, 'a,b\\\\c', 0, '', -0.001, '-0.50', 'say "x" \\\\ / \\t\\n\\r', 8388607, 9223372036854775807, '1992-06-01', '-838:59:59', '1999-12-31 23:59:59.999', '2019-03-31 02:30:00', '乙'`,
  `4, '学员 😀 \u2028', 1, 'x  ', 99999.999, '1e2', x'e4f6fc', 0, 0, '0001-01-01', '00:00:00', '2038-01-19 03:14:07', '1992-01-05 23:59:59.9', 'a'`,
  `5, 'twelve', 1, 'x', 1, '12\\n', 'x', 0, 0, '2026-02-28', '00:00:00', null, '1991-06-01 12:00:00', 'a'`,
  `6, 'day 0', 1, 'x', 1, '+1', 'x', 0, 0, '2026-11-00', '00:00:00', null, '2026-11-00 00:00:00', 'a'`,
  `7, 'zero', 1, 'x', 1, '１２', 'x', 0, 0, '0000-00-00', '00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 'a'`,
  `8, 'none such', 1, 'x', 1, '7.', 'x', 0, 0, '2026-02-31', '00:00:00', null, '2026-02-31 05:00:00', 'a'`,
  `9, 'month 0', 1, 'x', 1, '.5', 'x', 0, 0, '2026-00-10', '00:00:00', null, '2026-00-10 05:00:00', 'a'`,
  `10, 'far', 1, 'x', 1, '5', 'x\\0y\\Z', 0, 0, '9999-12-31', '00:00:00', null, '9999-12-31 23:59:59', 'a'`,
  `11, 'first', 1, 'x', 1, '5', 'x', 0, 0, '9999-12-31', '00:00:00', null, '0000-01-01 00:00:00', ''`
]
/** Rows whose every value the servers can write. */
const PLAIN = [1, 2, 3]

describe.each(["mysql", "mariadb"] as const)("rows written by %s", (kind) => {
  const world = sourceWorld(kind)

  const both = (config: TableConfig, zoneText: string) =>
    Effect.gen(function* () {
      const plan = planTable(config)
      const zone = timeZone(zoneText)!
      const written: WrittenTable = { plan, zone }
      const texts = yield* RowTexts
      const snapshots = yield* SnapshotSource
      const obstacle = yield* texts.obstacle(written)
      if (obstacle !== undefined) return { obstacle, texts: [], unwritten: [], events: [] }
      const request = { after: undefined, only: undefined, rowsMax: 1000 }
      const page = yield* texts.read(written, request)
      const processed = { file: "", position: 0, gtid: null, server: yield* snapshots.server }
      const key = plan.key.map((at) => plan.wanted.columns[at]!)
      const chunk = yield* snapshots.readChunk({
        ...request,
        table: plan.wanted,
        key,
        where: undefined,
        processed
      })
      const events: Array<Record<string, unknown>> = []
      const context = {
        file: "",
        position: 0,
        prefix: PREFIX,
        idPrefix: "x:",
        time: "1970-01-01T00:00:00Z",
        copiedFrom: 1
      }
      const sink = {
        knownUpTo: positionIn(PREFIX, 0),
        add: (_: string, __: string, json: string) =>
          events.push((JSON.parse(json) as { data: Record<string, unknown> }).data)
      }
      compileRowsEncoder(plan, "c", zone)(
        context,
        { _tag: "Rows", table: 0, change: "insert", index: 0, before: undefined, after: chunk.rows },
        sink
      )
      expect(page.last).toEqual(chunk.last)
      const keys = new Set(page.unwritten.map((each) => each.join()))
      return {
        obstacle,
        texts: page.texts.map((text) => (JSON.parse(text) as { data: unknown }).data),
        unwritten: page.unwritten.map(([id]) => Number(id)),
        events: events
          .filter((_, index) => !keys.has(chunk.rows[index]!.slice(0, plan.key.length).join()))
          .map((data) => ({ ...data, origin: undefined }))
      }
    }).pipe(
      Effect.provide(
        Layer.merge(
          MySqlRowTexts.layer(world.optionsFor([])),
          MySqlSnapshotSource.layer(world.optionsFor([]))
        )
      ),
      Effect.runPromise
    )

  it.each(["+08:00", "Asia/Shanghai", "Europe/Berlin", "-03:30", "Z"])(
    "say in the zone %s what the stream would say, value by value, or are left to gradewire (G1)",
    async (zone) => {
      await world.sql.query(`set session sql_mode = 'ALLOW_INVALID_DATES'; drop table if exists lms.written;
        create table lms.written (${COLUMNS}, primary key (id, tag)) character set utf8mb4;
        insert into lms.written values (${ROWS.join("), (")})`)
      for (const zeroDates of [undefined, { at: "null", day: "null" }] as const) {
        const found = await both(table(zeroDates === undefined ? {} : { zeroDates }), zone)
        expect(found.obstacle).toBeUndefined()
        expect(found.texts).toEqual(found.events)
        expect(found.texts.length + found.unwritten.length).toBe(ROWS.length)
        const berlin = zone === "Europe/Berlin" ? [3] : []
        for (const id of PLAIN) expect(found.unwritten.some((one) => one === id)).toBe(berlin.includes(id))
        for (const id of [6, 7, 8, 9]) expect(found.unwritten).toContain(id)
      }
    },
    CASE_MILLIS
  )

  it(
    "are none where a column's text differs between a SELECT and the binlog, and says which (G1)",
    async () => {
      await world.sql
        .query(`drop table if exists lms.written; create table lms.written (id int primary key, tag varchar(40),
        who bigint, exam double, raw float, top int zerofill, phone varchar(20), j json, b blob, t varchar(30))`)
      const of = async (fields: object, attributes: object = {}) =>
        (
          await both(
            { table: "lms.written", as: "score", key: ["id"], fields, attributes } as TableConfig,
            "Z"
          )
        ).obstacle
      expect(await of({ learner: "who", raw: "raw" })).toContain("raw")
      expect(await of({ learner: "who", assessment: "exam" })).toContain("exam")
      expect(await of({ learner: "who", max: "top" })).toContain("top")
      expect(await of({ phone: "phone" })).toContain("phone")
      // MariaDB's JSON is a text.
      if (kind === "mysql") expect(await of({ learner: "who" }, { j: "j" })).toContain("j is json")
      expect(await of({ learner: "who" }, { b: "b" })).toContain("b is blob")
      expect(await of({ learner: "who", submittedAt: "t" })).toContain("t is varchar(30)")
      expect(await of({ learner: "who", text: "tag" })).toBeUndefined()
    },
    CASE_MILLIS
  )
})
