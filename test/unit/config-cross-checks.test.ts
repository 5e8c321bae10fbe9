import { describe, expect, it } from "vitest"
import { CONNECTOR_YAML, problemsOf, spoiled } from "../support/connector-yaml.ts"

const LEARNER = `  - table: lms.learner
    as: learner
    key: [id]
    fields: { phone: 手机号 }
`
const EXAM = `  - table: lms.exam
    as: assessment
    key: [id]
    fields: { title: 名称, max: 满分 }
`
const SECOND_SCORES = `  - table: lms.补考
    as: score
    key: [id]
    fields: { phone: 手机号 }
    target: { table: hr.exam_score, key: [source_ref], columns: { source_ref: resultId } }
`

describe("the way from a score to its person", () => {
  it("must exist (G7)", () => {
    const text = spoiled("learner: 学员id, ", "")
    expect(problemsOf(text)).toContainEqual(
      expect.stringMatching(/^28:5 {2}tables\[2\]\.fields {2}no way from a score to its person/)
    )
  })

  it("needs a learner table where the score knows a learner only (G7)", () => {
    expect(problemsOf(spoiled(LEARNER, ""))).toEqual([
      "15:18  employees.match[0].learner  no table gives phone, so this rule can never hit  (map fields.phone of the learner table or of the score table)",
      "24:15  tables[1].fields.learner  learner needs a table mapped as learner  (add an entry with as: learner, or map employeeNo, externalId, email or phone of the score table instead)"
    ])
  })

  it("needs no learner table where the score itself has the phone (G7)", () => {
    expect(problemsOf(spoiled(LEARNER, "").replace("learner: 学员id", "phone: 手机号"))).toEqual([])
  })

  it("needs a matching rule that looks at what the tables give (G7)", () => {
    const text = spoiled("learner: phone, employee: mobile", "learner: email, employee: mail")
    expect(problemsOf(text)).toEqual([
      "15:18  employees.match[0].learner  no table gives email, so this rule can never hit  (map fields.email of the learner table or of the score table)",
      "28:5  tables[2].fields  gives phone, but no matching rule looks at it: every score would be held  (add { learner: phone, employee: COLUMN } to employees.match)"
    ])
  })

  it("has each rule once (G7)", () => {
    const rule = "    - { learner: phone, employee: mobile }\n"
    expect(problemsOf(spoiled(rule, rule + rule))).toEqual([
      "16:7  employees.match[1]  this rule stands twice  (remove it)"
    ])
  })

  it("names accounts that are no employees by patterns that can fit, and not everybody (G7)", () => {
    const rule = "    - { learner: phone, employee: mobile }\n"
    const excluding = (...patterns: ReadonlyArray<string>) =>
      problemsOf(spoiled(rule, `${rule}  exclude:\n${patterns.map((one) => `    - { ${one} }\n`).join("")}`))
    expect(excluding('learner: phone, like: "+86170*"', 'learner: phone, like: "*000?"')).toEqual([])
    const wrong = [
      'learner: phone, like: "170*"',
      'learner: phone, like: "**"',
      'learner: email, like: "*@x.test"'
    ]
    expect(excluding(...wrong)).toEqual([
      expect.stringMatching(
        /^17:31 {2}employees\.exclude\[0\]\.like {2}can never fit: .*\+8613800138000 {2}\(write it as/
      ),
      expect.stringMatching(
        /^18:31 {2}employees\.exclude\[1\]\.like {2}would exclude whoever has such a key/
      ),
      expect.stringMatching(
        /^19:18 {2}employees\.exclude\[2\]\.learner {2}no table gives email, so this excludes nobody/
      )
    ])
  })

  it("refers to a directory with a key of one column (G7)", () => {
    const text = spoiled(LEARNER, LEARNER.replace("[id]", "[tenant, id]"))
    expect(problemsOf(text)).toEqual([
      "19:5  tables[0].key  has 2 columns, but tables[2].fields.learner refers to it by one  (name the one column that 学员id refers to)"
    ])
  })

  it.each(["learner", "assessment"])("has one %s table, for now (G7)", (kind) => {
    const entry = kind === "learner" ? LEARNER : EXAM
    const text = CONNECTOR_YAML + entry.replace(/lms\.\w+/, "lms.other")
    expect(problemsOf(text)).toEqual([expect.stringContaining(`tables[3].as  a second ${kind} table`)])
  })
})

describe("what fills the target", () => {
  it.each<[from: string, to: string, problem: RegExp]>([
    [
      "raw: 分数",
      "text: 分数",
      /^36:21 {2}.*exam_score {2}score\.raw is filled from nothing {2}\(map fields\.raw/
    ],
    ["title: 名称, ", "", /the assessment table does not map title {2}\(add fields\.title to lms\.exam\)/],
    [
      EXAM,
      "",
      /^33:16 {2}tables\[1\]\.target\.columns\.title {2}assessment\.title needs a table mapped as assessment/
    ],
    ["assessment: 考试编号, ", "", /assessment\.title is filled from nothing {2}\(map fields\.assessment/],
    [
      "title: assessment.title",
      "c: attributes.centre",
      /there is no attribute centre {2}\(did you mean attributes\.center\?\)/
    ],
    ["title: assessment.title", "c: attributes.zzz", /\(add zzz to this table's attributes\)/],
    [
      "title: assessment.title",
      "n: attempt.number",
      /attempt\.number is filled from nothing {2}\(map fields\.attempt /
    ],
    ["title: assessment.title", "n: attempt.gradedAt", /\(map fields\.gradedAt /],
    [
      "title: assessment.title",
      "n: score.rwa",
      /expected one of employee, match\.rule, resultId, .* or attributes\.<name>, found "score\.rwa"/
    ],
    ["key: [source_ref]", "key: [source_ref, exam]", /key\[1\] {2}nothing fills the key column exam {2}\(/],
    [
      "key: [source_ref]",
      "key: [sourc_ref]",
      /nothing fills the key column sourc_ref {2}\(did you mean source_ref\?\)/
    ],
    ["key: [source_ref]", "key: [employee_no]", /^32:7 .*no key column is filled from resultId/],
    [
      "key: [source_ref]",
      "key: [source_ref, exam_score]",
      /filled from score\.raw, which a correction may change/
    ],
    ["key: [source_ref]", "key: [source_ref, source_ref]", /source_ref stands twice/],
    ["table: hr.exam_score", "table: hr.employee", /is the employee table, which is only ever read/],
    ["table: hr.exam_score", "table: gradewire.mine", /keeps our own progress/],
    ["key: [source_ref]", "key: [source_ref]\n      onRevoke: { flag: {} }", /flags no column/],
    [
      "key: [source_ref]",
      "key: [source_ref]\n      onRevoke: { flag: { source_ref: x } }",
      /is a key column and cannot be a flag/
    ]
  ])("is checked against what is mapped: %j => %j (G1)", (from, to, problem) => {
    expect(problemsOf(spoiled(from, to))).toContainEqual(expect.stringMatching(problem))
  })

  it("may come from two score tables under one key, never under two (G2)", () => {
    expect(problemsOf(CONNECTOR_YAML + SECOND_SCORES)).toEqual([])
    const other = SECOND_SCORES.replace("[source_ref]", "[ref]").replace("{ source_ref", "{ ref")
    expect(problemsOf(CONNECTOR_YAML + other)).toEqual([
      expect.stringContaining("tables[2] fills hr.exam_score by another key, so their rows could collide")
    ])
  })
})

describe("a source table", () => {
  it("is mapped once (G2)", () => {
    const text = CONNECTOR_YAML + SECOND_SCORES.replace("lms.补考", "lms.成绩")
    expect(problemsOf(text)).toEqual([
      "38:12  tables[3].table  lms.成绩 is mapped by tables[2] already  (map all its columns in one entry)"
    ])
  })

  it.each<[string, string, RegExp]>([
    ["raw: 分数", "raw: 分数, max: 分数", /fields\.max {2}分数 already fills raw/],
    ["raw: 分数", "raw: 分数, startedAt: 时间, submittedAt: 时间", /时间 already fills startedAt/],
    ["title: 名称, max: 满分", "title: 名称, max: 名称", /名称 already fills title/],
    [
      "key: [id]\n    fields: { learner",
      "key: [id, id]\n    fields: { learner",
      /key\[1\] {2}id stands twice/
    ]
  ])("never has one column mean two things: %j => %j (G3)", (from, to, problem) => {
    expect(problemsOf(spoiled(from, to))).toEqual([expect.stringMatching(problem)])
  })

  it.each<[string, RegExp | undefined]>([
    ["zeroDates: { 分数: refuse, id: keep }", undefined],
    ["zeroDates: { 分数: null }", undefined],
    ["zeroDates: { 分树: keep }", /tables\[2\]\.zeroDates\.分树 {2}分树 is not mapped/],
    ["zeroDates: { id: null }", /tables\[2\]\.zeroDates\.id {2}id is part of the key/],
    ["zeroDates: { 分数: skip }", /tables\[2\]\.zeroDates\.分数 {2}expected "keep", "null" or "refuse"/],
    ["columnTypes: { id: uuid }", undefined],
    [
      "columnTypes: { ids: uuid }",
      /tables\[2\]\.columnTypes\.ids {2}ids is not mapped {2}\(did you mean id\?\)/
    ],
    ["columnTypes: { id: guid }", /tables\[2\]\.columnTypes\.id {2}expected "uuid"/]
  ])("has what is said of single columns checked: %s (G3)", (line, problem) => {
    const problems = problemsOf(spoiled("as: score\n", `as: score\n    ${line}\n`))
    expect(problems).toEqual(problem === undefined ? [] : [expect.stringMatching(problem)])
  })

  it("may have one time both submitted and graded (G3)", () => {
    expect(problemsOf(spoiled("raw: 分数", "raw: 分数, submittedAt: 完成时间, gradedAt: 完成时间"))).toEqual(
      []
    )
  })

  it("of some kind must bring scores or rows (G1)", () => {
    const text = CONNECTOR_YAML.slice(0, CONNECTOR_YAML.indexOf("  - table: lms.成绩"))
    expect(problemsOf(text)).toEqual([expect.stringContaining("16:1  tables  no table is mapped as score")])
  })
})

describe("connections", () => {
  it.each<[string, string, RegExp]>([
    ["host: db", "host: db:3306", /source\.host {2}holds a port {2}\(write host: db and port: 3306\)/],
    ["host: pg", "host: postgres://pg", /target\.host {2}is no host name/],
    ['"nats://nats:4222"', '"http://nats:4222"', /changeLog\.servers\[0\] {2}is no address of a NATS server/],
    [
      "  kind: postgresql",
      "  tls: { mode: disable, caFile: x }\n  kind: postgresql",
      /disable makes caFile useless/
    ],
    [
      "  kind: postgresql",
      "  tls: { mode: verify-ca, certFile: x }\n  kind: postgresql",
      /keyFile is missing/
    ],
    ['"+08:00"', "CST", /source\.timeZone {2}expected a zone such as "Asia\/Shanghai"/],
    ["changeLog:\n", "changeLog:\n  user: a\n", /a user without a password/],
    ["changeLog:\n", "changeLog:\n  password: { env: A }\n", /a password without a user/],
    [
      "changeLog:\n",
      "changeLog:\n  token: { env: A }\n  credentials: { env: B }\n",
      /token and credentials are different ways/
    ]
  ])("do not contradict themselves: %j => %j (G3)", (from, to, problem) => {
    expect(problemsOf(spoiled(from, to))).toEqual([expect.stringMatching(problem)])
  })

  it.each(["nats", "nats:4222", "tls://nats.example:4222", "nats://10.0.0.1:4222", "nats://[::1]:4222"])(
    "take %s for a NATS server (G3)",
    (server) => {
      expect(problemsOf(spoiled("nats://nats:4222", server))).toEqual([])
    }
  )
})
