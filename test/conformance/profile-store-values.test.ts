/** Values in a real PostgreSQL: exact, or refused with the reason. */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { HrMappingConfig } from "../../connectors/hr/mapping.ts"
import { layer } from "../../connectors/hr/postgres/PostgresProfileStore.ts"
import { identifier } from "../../connectors/hr/postgres/sql-text.ts"
import { ProfileStore } from "../../src/apply/ProfileStore.ts"
import { batch, exam } from "./hr-world.ts"
import { anna, postgresBench } from "./postgresql-bench.ts"
import { postgresOptions } from "./postgresql-hr-world.ts"

const bench = postgresBench()
const { apply, refused, sql, takeOver } = bench

/** A target of its own, with the columns given in SQL and what fills them. */
const target = async (
  columns: Readonly<Record<string, readonly [type: string, from: string]>>
): Promise<void> => {
  const declared = Object.entries(columns).map(([name, [type]]) => `${identifier(name)} ${type}`)
  await sql(
    `drop table if exists hr.kept; create table hr.kept (result text primary key, ${declared.join(", ")})`
  )
  const mapped = Object.entries(columns).map(([name, [, from]]) => [name, from] as const)
  const scores: HrMappingConfig["scores"] = [
    {
      table: "lms.exam",
      target: {
        table: "hr.kept",
        key: ["result"],
        columns: { result: "resultId", ...Object.fromEntries(mapped) }
      }
    }
  ]
  await takeOver(bench.worlds.process({}, scores))
}
const kept = async () => {
  const rows = await sql("select to_jsonb(k) - 'result' as row from hr.kept k")
  return rows[0]?.row as Readonly<Record<string, unknown>>
}

describe("values", () => {
  it("decimals arrive digit by digit (G2)", async () => {
    await target({
      a: ["numeric(5,2)", "score.raw"],
      b: ["numeric", "score.max"],
      c: ["text", "score.min"],
      d: ["integer", "score.pass"]
    })
    const score = {
      raw: "087.50",
      max: "12345678901234567890.12345678901234567890",
      min: "-0.10",
      pass: "60.00"
    }
    await apply(batch(0, [exam(1, 1, anna, "", { score })]))
    const [row] = await sql("select a::text, b::text, c, d::text from hr.kept")
    expect(row).toEqual({ a: "87.50", b: "12345678901234567890.12345678901234567890", c: "-0.10", d: "60" })
  })

  it("a score is refused, never rounded, where its column keeps fewer digits (G2)", async () => {
    for (const [type, raw] of [
      ["numeric(5,1)", "87.55"],
      ["integer", "87.5"],
      ["smallint", "99999"],
      ["numeric(4,2)", "100"],
      ["varchar(2)", "100"],
      ["char(2)", "100"]
    ] as const) {
      await target({ a: [type, "score.raw"] })
      const error = await refused(batch(0, [exam(1, 1, anna, raw)]))
      expect(error).toMatchObject({ _tag: "RowRefused" })
      expect(JSON.stringify(error)).not.toContain(raw)
      expect(await kept()).toBeUndefined()
      await sql("truncate gradewire.apply_offset")
    }
  })

  it("times keep their microseconds, whatever zone and date style the session has (G2)", async () => {
    await sql(
      "alter role postgres set timezone = 'America/New_York'; alter role postgres set datestyle = 'SQL, DMY'"
    )
    await target({
      a: ["timestamptz", "attempt.submittedAt"],
      b: ["timestamp", "attempt.submittedAt"],
      c: ["date", "attempt.submittedAt"],
      d: ["text", "attempt.submittedAt"],
      e: ["timestamp(0)", "event.time"],
      f: ["timestamptz", "attributes.local"],
      g: ["timestamp", "attributes.local"]
    })
    const over = {
      attempt: { submittedAt: "2026-03-01T23:59:59.000001Z" },
      attributes: { local: "2026-03-02 08:00:00.5" }
    }
    await apply(batch(0, [exam(1, 1, anna, "1.00", over)]))
    await sql("alter role postgres reset timezone; alter role postgres reset datestyle")
    await sql("set timezone = 'UTC'; set datestyle = 'ISO'")
    const [row] = await sql("select a::text, b::text, c::text, d, e::text, f::text, g::text from hr.kept")
    expect(row).toEqual({
      a: "2026-03-01 23:59:59.000001+00",
      b: "2026-03-02 07:59:59.000001",
      c: "2026-03-02",
      d: "2026-03-01T23:59:59.000001Z",
      e: "2026-11-22 16:00:00",
      f: "2026-03-02 00:00:00.5+00",
      g: "2026-03-02 08:00:00.5"
    })
  })

  it("text keeps emoji, quotes, backslashes and names of any script (G2)", async () => {
    await target({ "评 '语\" \\": ["text", "attributes.评 '语\" \\"], 等级: ["varchar(9)", "score.text"] })
    const text = `😀 'O''Hara' "x" \\n $1 %s 𠮷`
    await apply(
      batch(0, [exam(1, 1, anna, "1.00", { score: { text: "优秀" }, attributes: { "评 '语\" \\": text } })])
    )
    expect(await kept()).toEqual({ "评 '语\" \\": text, 等级: "优秀" })
  })

  it("enums, domains, booleans, arrays of digits and floats take what fits them (G2)", async () => {
    await sql(
      "create type hr.grade as enum ('A', 'B'); create domain hr.mark as numeric(4,1) check (value >= 0)"
    )
    await target({
      a: ["hr.grade", "score.text"],
      b: ["hr.mark", "score.raw"],
      c: ["boolean", "attributes.passed"],
      d: ["double precision", "score.raw"],
      e: ["bigint", "attempt.number"],
      f: ["jsonb", "attributes.passed"]
    })
    const over = {
      score: { raw: "7.5", text: "A" },
      attributes: { passed: 1 },
      attempt: { number: "9007199254740993" }
    }
    await apply(batch(0, [exam(1, 1, anna, "", over)]))
    const [row] = await sql("select a::text, b::text, c::text, d::text, e::text, f::text from hr.kept")
    expect(row).toEqual({ a: "A", b: "7.5", c: "true", d: "7.5", e: "9007199254740993", f: "1" })
    const bad = [exam(2, 2, anna, "", { ...over, score: { raw: "7.55", text: "A" } })]
    expect(await refused(batch(1, bad))).toMatchObject({ code: "22003" })
    const negative = [exam(2, 2, anna, "", { ...over, score: { raw: "-1", text: "A" } })]
    expect(await refused(batch(1, negative))).toMatchObject({ code: "23514" })
    const unknown = [exam(2, 2, anna, "", { ...over, score: { raw: "1", text: "C" } })]
    expect(await refused(batch(1, unknown))).toMatchObject({ code: "22P02" })
  })

  it("a column that an insert lacks takes its default, and keeps what HR wrote on correction (G1)", async () => {
    await target({ a: ["numeric default 60", "score.raw"], b: ["text default 'none'", "attributes.note"] })
    await apply(batch(0, [exam(1, 1, anna, "", { score: {}, attributes: {} })]))
    expect(await kept()).toEqual({ a: 60, b: "none" })
    await sql("update hr.kept set b = 'by hand'")
    await apply(batch(1, [exam(2, 1, anna, "", { score: { raw: "70" }, attributes: {} })]))
    expect(await kept()).toEqual({ a: 70, b: "by hand" })
  })

  it("employee numbers in a number column match in their canonical form alone (G7)", async () => {
    await sql(
      "drop table if exists hr.numbered; create table hr.numbered (id bigint primary key, mobile char(11))"
    )
    await sql("insert into hr.numbered values (7, '13800000001'), (8, '13800000008')")
    await sql("drop table if exists hr.kept; create table hr.kept (result text primary key, who integer)")
    const numbered = layer({
      connector: "numbered",
      holder: "test",
      postgres: postgresOptions(bench.worlds.server),
      mapping: {
        zone: 0,
        employees: {
          table: "hr.numbered",
          key: "id",
          match: [
            { learner: "employeeNo", employee: "id" },
            { learner: "phone", employee: "mobile" }
          ]
        },
        scores: [
          {
            table: "lms.exam",
            target: { table: "hr.kept", key: ["result"], columns: { result: "resultId", who: "employee" } }
          }
        ]
      }
    })
    const keys = [
      { employeeNo: "7" },
      { employeeNo: "07" },
      { employeeNo: "x" },
      { phone: "13800000008" },
      { employeeNo: "99999999999999999999" }
    ]
    const changes = keys.map((key, index) => exam(index + 1, index + 1, key, null))
    const outcome = Effect.flatMap(ProfileStore, (port) =>
      Effect.andThen(port.takeOver, port.apply(1, batch(0, changes)))
    )
    expect(await Effect.runPromise(Effect.provide(outcome, numbered))).toMatchObject({ applied: 2, held: 3 })
    expect(await sql("select result, who from hr.kept order by 1")).toEqual([
      { result: "lms.exam:1", who: 7 },
      { result: "lms.exam:4", who: 8 }
    ])
  })
})

describe("refusals", () => {
  it("0x00 and lone surrogates are refused, and stand in the dead letters as they came (G1)", async () => {
    for (const [n, text] of [
      [1, "a\u0000b"],
      [2, "a\ud800b"]
    ] as const) {
      const given = batch(n - 1, [exam(n, n, anna, "1.00", { attributes: { note: text } })], { to: n })
      expect(await refused(given)).toMatchObject({ _tag: "RowRefused" })
      expect(await apply({ ...given, refusal: { reason: "REFUSED", detail: "" } })).toMatchObject({ dead: 1 })
    }
    expect(await bench.world.letters()).toEqual([
      ["lms.exam:1", "open"],
      ["lms.exam:2", "open"]
    ])
    const letters = await sql("select event::text from gradewire.dead_letter order by position")
    expect(letters[0]!.event).toContain("a\\u0000b")
    await bench.world.decide("lms.exam:1", "replay")
    expect(await Effect.runPromise(bench.store.release(bench.epoch))).toMatchObject({ released: 0 })
    expect((await bench.world.letters())[0]).toEqual(["lms.exam:1", "open"])
  })

  it("say which constraint of which table, and no value (G9)", async () => {
    await sql(
      "alter table hr.training_record add constraint known_title foreign key (title) references hr.quiz_record (result_id)"
    )
    const secret = "a secret title"
    const changes = [exam(1, 1, anna, "1.00", { attributes: { note: secret } })]
    await sql(`alter table hr.training_record add constraint no_secrets check ("no""te" <> '${secret}')`)
    const error = await refused(batch(0, changes))
    await sql("alter table hr.training_record drop constraint no_secrets, drop constraint known_title")
    expect(error).toMatchObject({
      code: "23514",
      detail: "23514 constraint no_secrets on hr.training_record"
    })
    expect(JSON.stringify(error) + error.message).not.toContain("secret title")
  })

  it("a letter is filed once its column was widened, without a restart (G1)", async () => {
    const given = batch(0, [exam(1, 1, anna, "1234.5")])
    expect(await refused(given)).toMatchObject({ _tag: "RowRefused", code: "22003" })
    await apply({ ...given, refusal: { reason: "REFUSED", detail: "22003" } })
    await sql('alter table hr.training_record alter column "分数" type numeric(7,2)')
    await bench.world.decide("lms.exam:1", "replay")
    expect(await Effect.runPromise(bench.store.release(bench.epoch))).toMatchObject({ released: 1 })
    await sql(
      'delete from hr.training_record; alter table hr.training_record alter column "分数" type numeric(5,2)'
    )
  })

  it("a trigger's RAISE refuses the row, also under a code of its own (G3)", async () => {
    for (const code of ["P0001", "HR042"]) {
      await sql(`create or replace function hr.refuse() returns trigger language plpgsql as $$
        begin raise exception 'no %', new."工号" using errcode = '${code}'; end $$;
        create or replace trigger refuse before insert on hr.training_record for each row execute function hr.refuse()`)
      const error = await refused(batch(0, [exam(1, 1, anna, "1.00")]))
      expect(error).toMatchObject({ _tag: "RowRefused", code })
      expect(error.message).not.toContain("E001")
    }
    await sql("drop trigger refuse on hr.training_record")
  })

  it("a table that is altered under way is read anew at the next takeover (G3)", async () => {
    await sql("alter table hr.training_record rename column title to caption")
    expect(await refused(batch(0, [exam(1, 1, anna, "1.00")]))).toMatchObject({
      _tag: "StoreMisconfigured",
      fate: "halt"
    })
    await sql("alter table hr.training_record rename column caption to title")
    await takeOver(bench.store)
    expect(await apply(batch(0, [exam(1, 1, anna, "1.00")]))).toMatchObject({ applied: 1 })
  })
})
