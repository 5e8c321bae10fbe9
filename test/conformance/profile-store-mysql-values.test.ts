/** What only real MySQL and MariaDB servers can show: types and strictness. */
import { describe, expect, it } from "vitest"
import { batch, exam } from "./hr-world.ts"
import { anna, mysqlBench } from "./mysql-bench.ts"

describe.each(["mysql", "mariadb"] as const)("values on %s", (kind) => {
  const bench = mysqlBench(kind)
  const { apply, refused, sql } = bench

  it("decimals arrive digit by digit (G2)", async () => {
    await bench.target({
      a: ["decimal(5,2)", "score.raw"],
      b: ["decimal(60,25)", "score.max"],
      c: ["text", "score.min"],
      d: ["int", "score.pass"]
    })
    const score = {
      raw: "087.50",
      max: "12345678901234567890.1234567890123456789",
      min: "-0.10",
      pass: "60.00"
    }
    await apply(batch(0, [exam(1, 1, anna, "", { score })]))
    expect(await bench.kept()).toMatchObject([
      { a: "87.50", b: "12345678901234567890.1234567890123456789000000", c: "-0.10", d: 60 }
    ])
  })

  it.each([
    ["decimal(5,1)", "87.55"],
    ["int", "87.5"],
    ["smallint", "99999"],
    ["tinyint unsigned", "-1"],
    ["decimal(4,2)", "100"],
    ["varchar(2)", "100"],
    ["char(2)", "100"],
    ["enum('A','B')", "1"],
    ["set('A','B')", "3"],
    ["bit(1)", "2"]
  ] as const)(
    "a score is refused by %s, never rounded or taken for something else (G2, G9)",
    async (type, raw) => {
      await bench.target({ a: [type, "score.raw"] })
      const error = await refused(batch(0, [exam(1, 1, anna, raw)]))
      expect(error).toMatchObject({ _tag: "RowRefused", fate: "park" })
      expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(`'${raw}'`)
      expect(await bench.kept()).toEqual([])
      // What a correction writes is as strict as what an insert does.
      await sql("insert into hr.kept (result) values ('lms.exam:1')")
      expect(await refused(batch(0, [exam(1, 1, anna, raw)]))).toMatchObject({ _tag: "RowRefused" })
      expect(await bench.kept()).toEqual([{ result: "lms.exam:1", a: null }])
    }
  )

  it("an assessment's mark is as exact as a score (G2)", async () => {
    await bench.target({ a: ["decimal(5,1)", "assessment.max"], b: ["int", "assessment.pass"] })
    const about = (max: string, pass: string) =>
      ({
        ...exam(1, 0, {}, null),
        type: "gradewire.assessment.changed.v1",
        data: { assessmentId: "a", max, pass, removed: false }
      }) as never
    const given = exam(2, 1, anna, null, { assessment: { id: "a" } })
    expect(await refused(batch(0, [about("100.05", "60.00"), given]))).toMatchObject({ _tag: "RowRefused" })
    await apply(batch(0, [about("100.50", "60.00"), given]))
    expect(await bench.kept()).toMatchObject([{ a: "100.5", b: 60 }])
  })

  it("times keep their digits: DATETIME in the target's zone, TIMESTAMP in any session's (G2)", async () => {
    await sql("set global time_zone = '-05:00'")
    await bench.target({
      a: ["timestamp(6) null", "attempt.submittedAt"],
      b: ["datetime(6)", "attempt.submittedAt"],
      c: ["date", "attempt.submittedAt"],
      d: ["text", "attempt.submittedAt"],
      e: ["datetime", "event.time"],
      f: ["timestamp(3) null", "attributes.local"],
      g: ["datetime(3)", "attributes.local"],
      h: ["time(6)", "attempt.submittedAt"],
      i: ["date", "attributes.local"]
    })
    const over = {
      attempt: { submittedAt: "2026-03-01T23:59:59.000001Z" },
      attributes: { local: "2026-03-02 08:00:00.5" }
    }
    await apply(batch(0, [exam(1, 1, anna, "1.00", over)]))
    await sql("set global time_zone = 'SYSTEM'")
    await sql("set session time_zone = '+00:00'")
    expect(await bench.kept()).toMatchObject([
      {
        a: "2026-03-01 23:59:59.000001",
        b: "2026-03-02 07:59:59.000001",
        c: "2026-03-02",
        d: "2026-03-01T23:59:59.000001Z",
        e: "2026-11-22 16:00:00",
        f: "2026-03-02 00:00:00.500",
        g: "2026-03-02 08:00:00.500",
        h: "07:59:59.000001",
        i: "2026-03-02"
      }
    ])
  })

  it.each(["0000-00-00 00:00:00", "2026-00-10", "2026-02-31 10:00:00", "soon", "2026-11-22 25:00:00"])(
    "%s is no time, whatever the server's own sql_mode lets pass (G2)",
    async (text) => {
      await sql("set global sql_mode = ''")
      for (const type of ["datetime(3)", "timestamp(6) null", "date"]) {
        await bench.target({ a: [type, "attributes.at"] })
        const given = batch(0, [exam(1, 1, anna, null, { attributes: { at: text } })])
        expect({ type, refusal: await refused(given) }).toMatchObject({
          type,
          refusal: { _tag: "RowRefused" }
        })
      }
      await sql("set global sql_mode = default")
    }
  )

  it("text keeps emoji, quotes, backslashes, 0x00 and names of any script (G2)", async () => {
    await bench.target({
      "评 '语\" \\ ?": ["text", "attributes.评 '语\" \\ ?"],
      等级: ["varchar(9)", "score.text"]
    })
    const text = `😀 'O''Hara' "x" \\n \\' ? :a $1 %s 𠮷\u0000; drop table hr.kept; --`
    const over = { score: { text: "优秀" }, attributes: { "评 '语\" \\ ?": text } }
    await apply(batch(0, [exam(1, 1, anna, "1.00", over)]))
    expect(await bench.kept()).toEqual([{ result: "lms.exam:1", "评 '语\" \\ ?": text, 等级: "优秀" }])
  })

  it("text that a column's character set cannot write is refused, not written as question marks (G2)", async () => {
    await bench.target({ a: ["varchar(20) character set latin1", "attributes.note"] })
    await apply(batch(0, [exam(1, 1, anna, null, { attributes: { note: "é" } })]))
    const given = batch(1, [exam(2, 2, anna, null, { attributes: { note: "优" } })])
    expect(await refused(given)).toMatchObject({
      _tag: "RowRefused",
      detail: expect.stringContaining("1366 column")
    })
    expect(await bench.kept()).toMatchObject([{ a: "é" }])
  })

  it("enums, sets, bits, years, booleans, JSON and floats take what fits them (G2)", async () => {
    await bench.target({
      a: ["enum('A','it''s')", "score.text"],
      b: ["set('x','y')", "attributes.set"],
      c: ["bit(4)", "attributes.bits"],
      d: ["boolean", "attributes.passed"],
      e: ["json", "attributes.json"],
      f: ["double", "score.raw"],
      g: ["bigint unsigned", "attempt.number"],
      h: ["year", "attributes.year"]
    })
    const attributes = { set: "x,y", bits: "5", passed: 1, json: '{"a": "优"}', year: "2026" }
    const over = {
      score: { raw: "7.5", text: "it's" },
      attributes,
      attempt: { number: "18446744073709551615" }
    }
    await apply(batch(0, [exam(1, 1, anna, "", over)]))
    const [row] = await sql("select a, b, c + 0 as c, d, e, f, g, h from hr.kept")
    expect(row).toEqual({
      a: "it's",
      b: "x,y",
      c: expect.anything(),
      d: 1,
      e: '{"a": "优"}',
      f: 7.5,
      g: "18446744073709551615",
      h: 2026
    })
    expect(Number(row!["c"])).toBe(5)
    const bad = batch(1, [exam(2, 2, anna, "", { ...over, attributes: { ...attributes, json: "{" } })])
    expect(await refused(bad)).toMatchObject({ _tag: "RowRefused" })
  })

  it("a column that an insert lacks takes its default, and keeps what HR wrote on correction (G1)", async () => {
    await bench.target({
      a: ["decimal(5,2) default 60", "score.raw"],
      b: ["varchar(9) not null default 'none'", "attributes.note"],
      c: ["timestamp(6) not null default current_timestamp(6)", "attempt.gradedAt"]
    })
    await apply(batch(0, [exam(1, 1, anna, "", { score: {}, attributes: {} })]))
    expect(await bench.kept()).toMatchObject([{ a: "60.00", b: "none" }])
    await sql("update hr.kept set b = 'by hand'")
    await apply(batch(1, [exam(2, 1, anna, "", { score: { raw: "70" }, attributes: {} })]))
    expect(await bench.kept()).toMatchObject([{ a: "70.00", b: "by hand" }])
  })
})
