/** Conversions that target columns declare: the same values on every server, and what cannot be converted stands alone. */
import { Effect } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import type { HrMappingConfig } from "../../connectors/hr/mapping.ts"
import type { TargetTable } from "../../schemas/table-config.ts"
import type { ApplyBatch, ProfileStore } from "../../src/apply/ProfileStore.ts"
import { assessment, batch, exam, type HrWorld } from "./hr-world.ts"
import { ANNA } from "./store-bench.ts"

export interface ConversionWorld extends HrWorld {
  readonly sql: (text: string) => Promise<ReadonlyArray<Readonly<Record<string, unknown>>>>
  readonly mapped: (scores: HrMappingConfig["scores"]) => ProfileStore["Service"]
}

type Entry = TargetTable["columns"][string]
/** Column type, what fills it, the source's value, what is written; `refused` in its stead. */
type Case = readonly [
  type: string,
  entry: Exclude<Entry, string>,
  value: string | number | null,
  written: string | null
]

const RAW = { from: "score.raw" }
const NOTE = { from: "attributes.note" }
const DONE = { from: "attempt.submittedAt" }
const halfUp = { ...RAW, decimals: 1, rounding: "half-up" } as const
const halfEven = { ...RAW, decimals: 1, rounding: "half-even" } as const
const cut = { ...RAW, decimals: 1, rounding: "truncate" } as const
const exact = { ...RAW, decimals: 1, rounding: "refuse" } as const
const words = { ...NOTE, map: { A: "优", "it's": "x'\\y", "": "empty", no: null, n: 5 } } as const

const CASES: ReadonlyArray<Case> = [
  ["decimal(9,4)", { ...RAW, multiply: 0.05 }, "87.5", "4.3750"],
  ["varchar(40)", { ...RAW, multiply: "0.05" }, "87.50", "4.375"],
  [
    "varchar(60)",
    { ...RAW, multiply: "-1.000000000000000001" },
    "99999999999999999.99",
    "-100000000000000000.08999999999999999999"
  ],
  ["varchar(40)", { ...RAW, multiply: 0.05, decimals: 2, rounding: "half-up" }, "87.7", "4.39"],
  ["varchar(9)", halfUp, "0.05", "0.1"],
  ["varchar(9)", halfUp, "-0.05", "-0.1"],
  ["varchar(9)", halfUp, "0.04999999999999999999", "0.0"],
  ["varchar(9)", halfUp, "7", "7.0"],
  ["varchar(9)", halfEven, "0.05", "0.0"],
  ["varchar(9)", halfEven, "0.15", "0.2"],
  ["varchar(9)", halfEven, "-0.25", "-0.2"],
  ["varchar(9)", halfEven, "0.2500000001", "0.3"],
  ["varchar(9)", cut, "99.99", "99.9"],
  ["varchar(9)", cut, "-0.09", "0.0"],
  ["varchar(9)", exact, "5.10", "5.1"],
  ["decimal(9,1)", exact, "5.1000", "5.1"],
  ["varchar(9)", { ...RAW, decimals: 0, rounding: "half-up" }, "59.5", "60"],
  ["varchar(9)", { ...words, otherwise: "keep" }, "A", "优"],
  ["varchar(9)", { ...words, otherwise: "keep" }, "a", "a"],
  ["varchar(9)", { ...words, otherwise: "keep" }, "it's", "x'\\y"],
  ["varchar(9)", { ...words, otherwise: "keep" }, "", "empty"],
  ["varchar(9)", { ...words, otherwise: "refuse" }, "no", null],
  ["varchar(9)", { ...words, otherwise: "refuse" }, "n", "5"],
  ["varchar(9)", { ...words, otherwise: "null" }, "other", null],
  ["varchar(9)", { ...words, otherwise: "refuse" }, null, null],
  ["varchar(9)", { ...NOTE, text: ["trim"] }, " \t　x y\u00a0\r\n", "x y"],
  ["varchar(9)", { ...NOTE, text: ["upper"] }, "aZé1ß", "AZé1ß"],
  ["varchar(9)", { ...NOTE, text: ["trim", "lower"], map: { pass: "1" }, otherwise: "keep" }, " PASS ", "1"],
  [
    "varchar(40)",
    { ...DONE, format: "YYYY-MM-DD HH:mm:ss" },
    "2026-11-22T16:30:05.999Z",
    "2026-11-23 00:30:05"
  ],
  ["varchar(40)", { ...DONE, format: 'YYYY年MM月DD日 "\\' }, "2026-01-02T03:04:05Z", '2026年01月02日 "\\'],
  ["varchar(40)", { ...DONE, timeZone: "Europe/Paris", format: "HH:mm" }, "2026-07-01T08:00:00Z", "10:00"],
  ["varchar(40)", { ...DONE, timeZone: "Europe/Paris", format: "HH:mm" }, "2026-10-25T01:00:00Z", "02:00"],
  ["date", { ...DONE, timeZone: "America/New_York" }, "2026-11-22T04:59:59Z", "2026-11-21"],
  ["varchar(40)", { ...DONE, format: "YYYY" }, null, null]
]

const REFUSED: ReadonlyArray<readonly [entry: Exclude<Entry, string>, value: string, detail: string]> = [
  [exact, "5.11", "column c: more digits than its decimals"],
  [{ ...words, otherwise: "refuse" }, "a", "column c: a value that is not in its map"],
  [{ ...NOTE, multiply: 2 }, "ten", "column c: no number"]
]

const data = ({ from }: { from?: string }, value: string | number | null): object =>
  from === "score.raw"
    ? { score: { raw: value } }
    : from === "attempt.submittedAt"
      ? { attempt: { submittedAt: value } }
      : { attributes: { note: value } }

const sourceOf = (entry: Exclude<Entry, string>): { from?: string } =>
  "from" in entry ? { from: entry.from } : {}

export const conversionsConformance = (name: string, open: () => Promise<ConversionWorld>): void => {
  describe(`conversions: ${name}`, () => {
    let world: ConversionWorld
    let epoch = 0
    let store: ProfileStore["Service"]
    const kept = async (columns: Readonly<Record<string, readonly [type: string, entry: Entry]>>) => {
      await world.sql("drop table if exists hr.converted")
      const declared = Object.entries(columns).map(([column, [type]]) => `, ${column} ${type}`)
      await world.sql(`create table hr.converted (result varchar(64) primary key${declared.join("")})`)
      const filled = Object.entries(columns).map(([column, [, entry]]) => [column, entry] as const)
      const target = {
        table: "hr.converted",
        key: ["result"] as const,
        columns: { result: "resultId", ...Object.fromEntries(filled) }
      }
      store = world.mapped([{ table: "lms.exam", target }])
      epoch = (await Effect.runPromise(store.takeOver)).epoch
    }
    const apply = (given: ApplyBatch) => Effect.runPromise(store.apply(epoch, given))
    beforeEach(async () => {
      world = await open()
      await world.hire(ANNA)
    })

    it("every declared conversion writes the same value on every server (G2)", async () => {
      for (const [index, [type, entry, value, written]] of CASES.entries()) {
        await kept({ c: [type, entry] })
        const change = exam(index + 1, 1, { phone: ANNA.phone }, null, data(sourceOf(entry), value))
        const outcome = await apply(batch(index, [change], { to: index + 1 }))
        const [row] = await world.sql("select cast(c as char(60)) as c from hr.converted")
        const found = row?.["c"]
        expect([entry, value, outcome.applied, typeof found === "string" ? found.trimEnd() : found]).toEqual([
          entry,
          value,
          1,
          written
        ])
      }
    })

    it.each(REFUSED)(
      "%j of %j becomes a dead letter that says why, and the others go on (G3, G9)",
      async (entry, value, detail) => {
        await kept({ c: ["varchar(40)", entry] })
        const good = "from" in entry && entry.map !== undefined ? "A" : "1.0"
        const bad = exam(1, 1, { phone: ANNA.phone }, null, data(sourceOf(entry), value))
        const fine = exam(2, 2, { phone: ANNA.phone }, null, data(sourceOf(entry), good))
        const outcome = await Effect.runPromise(
          Effect.result(store.apply(epoch, batch(0, [bad, fine], { to: 2 })))
        )
        // Either the store parks it itself, or says which batch to split.
        if (outcome._tag === "Failure") {
          expect(outcome.failure).toMatchObject({ _tag: "RowRefused", detail })
          await apply(batch(0, [bad], { to: 1, refusal: { reason: "REFUSED", detail } }))
          await apply(batch(1, [fine], { to: 2 }))
        } else expect(outcome.success).toMatchObject({ applied: 1, dead: 1 })
        expect(await world.letters()).toEqual([["lms.exam:1", "open"]])
        const [letter] = await world.sql("select reason, detail from gradewire.dead_letters")
        expect(letter).toEqual({ reason: "REFUSED", detail })
        expect((await world.sql("select result from hr.converted")).length).toBe(1)
        await world.decide("lms.exam:1", "replay")
        await Effect.runPromise(store.release(epoch))
        expect(await world.letters()).toEqual([["lms.exam:1", "open"]])
      }
    )

    it("a held change that cannot be converted becomes a dead letter when its person appears (G3, G7)", async () => {
      await kept({ c: ["varchar(40)", { ...NOTE, map: { A: "1" }, otherwise: "refuse" }] })
      const held = [1, 2].map((n) =>
        exam(n, n, { phone: "13800000010" }, null, { attributes: { note: n === 1 ? "B" : "A" } })
      )
      expect(await apply(batch(0, held, { to: 2 }))).toMatchObject({ held: 2, dead: 0 })
      await world.hire({ no: "E010", phone: "13800000010" })
      expect(await Effect.runPromise(store.release(epoch))).toMatchObject({ released: 1 })
      expect(await world.letters()).toEqual([["lms.exam:1", "open"]])
      expect(await world.sql("select result, c from hr.converted")).toEqual([
        { result: "lms.exam:2", c: "1" }
      ])
    })

    it("a column can say what proved the person (G7)", async () => {
      await kept({
        a: ["varchar(20)", "match.rule"],
        b: ["varchar(20)", { from: "match.rule", map: { phone: "手机" }, otherwise: "keep" }]
      })
      const changes = [
        exam(1, 1, { id: "7", phone: ANNA.phone }, "1"),
        exam(2, 2, { employeeNo: ANNA.no }, "2")
      ]
      await apply(batch(0, changes, { to: 2 }))
      await apply(batch(2, [exam(3, 3, { id: "7" }, "3")], { to: 3 }))
      expect(await world.sql("select result, a, b from hr.converted order by result")).toEqual([
        { result: "lms.exam:1", a: "phone", b: "手机" },
        { result: "lms.exam:2", a: "employeeNo", b: "employeeNo" },
        { result: "lms.exam:3", a: "link:phone", b: "link:phone" }
      ])
    })

    it("what is known of the assessment is converted as exactly (G2)", async () => {
      await kept({
        a: ["decimal(6,3)", { from: "assessment.max", multiply: 0.05 }],
        b: ["varchar(9)", { from: "assessment.max", multiply: "0.5", decimals: 1, rounding: "half-even" }],
        c: ["varchar(9)", { from: "assessment.max", decimals: 0, rounding: "truncate" }],
        d: ["varchar(20)", { from: "assessment.title", text: ["trim", "upper"] }],
        e: ["varchar(20)", { from: "assessment.title", map: { " abc é": "x" }, otherwise: "keep" }],
        f: ["varchar(20)", { from: "assessment.title", map: { abc: "x" }, otherwise: "null" }]
      })
      const about = assessment(1, "a", " abc é")
      const marked = { ...about, data: { ...about.data, max: "100.50", pass: null } } as typeof about
      await apply(
        batch(0, [marked, exam(2, 1, { phone: ANNA.phone }, "1", { assessment: { id: "a" } })], { to: 2 })
      )
      const [row] = await world.sql("select * from hr.converted")
      expect({ ...row, a: Number(row!["a"]) }).toEqual({
        result: "lms.exam:1",
        a: 5.025,
        b: "50.2",
        c: "100",
        d: "ABC é",
        e: "x",
        f: null
      })
    })
  })
}
