import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { decodeConfig } from "../../src/runtime/decode-config.ts"
import { CONNECTOR_YAML, problemsOf, spoiled } from "../support/connector-yaml.ts"

describe("a connector's file", () => {
  it("is taken as it stands where nothing is wrong (G3)", () => {
    const decoded = decodeConfig("c.yaml", CONNECTOR_YAML)
    expect(problemsOf(CONNECTOR_YAML)).toEqual([])
    expect(Result.getOrThrow(decoded).tables[2]).toMatchObject({ table: "lms.成绩", fields: { raw: "分数" } })
  })

  it.each<[from: string, to: string, problem: string]>([
    ["host: db", "host: 5", "3:17  source.host  expected text, found 5  ()"],
    ["  database: hr\n", "", "6:1  target.database  is missing  ()"],
    [
      "kind: postgresql",
      "kind: oracle",
      '7:9  target.kind  expected postgresql or mysql, found "oracle"  ()'
    ],
    [
      "kind: postgresql",
      "kind: mysql",
      "9:3  target.database  unknown key  (known here: kind, host, port, user, password, tls, timeZone)"
    ],
    [
      "connector: lms-hr",
      "connector: LMS",
      '2:12  connector  expected 1–31 of a–z, 0–9 and -, starting with a letter, found "LMS"  (for example lms-hr)'
    ],
    [
      '"+08:00"',
      "+8",
      '3:41  source.timeZone  expected text, found 8  (for example "Asia/Shanghai" or "+08:00"; DATETIME values carry no zone of their own)'
    ],
    [
      "learner: phone,",
      "learner: phon,",
      '15:18  employees.match[0].learner  expected "employeeNo", "externalId", "email" or "phone", found "phon"  (did you mean phone?)'
    ],
    [
      "as: score",
      "as: scores",
      '26:9  tables[2].as  expected score, learner, assessment or row, found "scores"  (did you mean score?)'
    ],
    ["    as: score\n", "", "25:5  tables[2].as  as is missing  (write score, learner, assessment or row)"],
    ["raw: 分数", "rwa: 分数", "28:48  tables[2].fields.rwa  unknown key  (did you mean raw?)"],
    ["key: [source_ref]", "key: []", "32:7  tables[2].target.key  expected at least one entry  ()"],
    ["version: 1", "version: 2", "1:10  version  expected 1, found 2  (write version: 1)"],
    ["tables:", "tabels:", "16:1  tabels  unknown key  (did you mean tables?)"]
  ])("says what is wrong with %j as %j, and where (G3)", (from, to, problem) => {
    expect(problemsOf(spoiled(from, to))).toContain(problem)
  })

  it("has all its problems reported at once, in the order of the file (G3)", () => {
    const text = CONNECTOR_YAML.replace("host: db", "host: 5, prot: 3307")
      .replace("kind: postgresql", "kind: oracle")
      .replace("key: 工号", "kye: 工号")
      .replace("score.raw", "score.rwa")
    expect(problemsOf(text).map((problem) => problem.split("  ").slice(0, 2).join(" "))).toEqual([
      "3:17 source.host",
      "3:20 source.prot",
      "7:9 target.kind",
      "11:1 employees.key",
      "13:3 employees.kye",
      "36:21 tables[2].target.columns.exam_score"
    ])
  })

  it("keeps its unknown keys from hiding what else is wrong with the same table (G3)", () => {
    const text = CONNECTOR_YAML.replace("raw: 分数", "raw: 分数, xyz: 备注").replace(
      "key: [source_ref]",
      "key: [ref]"
    )
    expect(problemsOf(text).map((problem) => problem.split("  ")[1])).toEqual([
      "tables[2].fields.xyz",
      "tables[2].target.key",
      "tables[2].target.key[0]"
    ])
  })

  it.each([
    ["password: { env: DB_PASSWORD }", "password: hunter2"],
    ["password: { env: DB_PASSWORD }", "password: { value: hunter2 }"],
    ["password: { env: DB_PASSWORD }", "password: { file: [hunter2] }"],
    ['["nats://nats:4222"]', '["nats://gw:hunter2@nats:4222"]']
  ])("never has a secret repeated in a message: %s => %s (G9)", (from, to) => {
    const problems = problemsOf(spoiled(from, to))
    expect(problems.length).toBeGreaterThan(0)
    expect(problems.join("\n")).not.toContain("hunter2")
  })
})

describe("YAML that is no YAML", () => {
  it("names the line of a key that stands twice, and what else is wrong (G3)", () => {
    const text = CONNECTOR_YAML.replace("  host: pg\n", "  host: pg\n  host: pg2\n").replace(
      "host: db",
      "host: 5"
    )
    expect(problemsOf(text)).toEqual([
      "3:17  source.host  expected text, found 5  ()",
      "9:3    this key stands twice in the same mapping  (keep one of the two)"
    ])
  })

  it.each([
    ["changeLog:\n", "changeLog: [\n", 5],
    ["  kind: postgresql", "\tkind: postgresql", 7],
    ["  key: 工号", "  key: *nobody", 13]
  ])("names the line of a mistake in its form: %j (G3)", (from, to, line) => {
    const problems = problemsOf(spoiled(from, to))
    expect(problems.length).toBeGreaterThan(0)
    expect(Math.abs(Number.parseInt(problems[0]!, 10) - line)).toBeLessThanOrEqual(1)
  })

  it.each(["just text", "- a\n- b", "42"])("is no mapping: %j (G3)", (text) => {
    expect(problemsOf(text)[0]).toMatch(/^1:1 {2,4}expected a mapping/)
  })

  it("counts columns in characters where keys are Chinese (G3)", () => {
    expect(problemsOf(spoiled("手机号 }", "手机号, 姓名: x }"))).toEqual([
      "20:27  tables[0].fields.姓名  unknown key  (known here: employeeNo, externalId, phone, email, name)"
    ])
  })

  it("refuses a second document in the file (G3)", () => {
    expect(problemsOf(`${CONNECTOR_YAML}---\na: 1\n`)[0]).toContain("one connector a file")
  })
})
