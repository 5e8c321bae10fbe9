/** `gradewire check identity` as shipped: a training database, an HR database, and nothing of gradewire's in either. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createConnection } from "mysql2/promise"
import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import type { IdentityCoverage } from "../../schemas/identity-coverage.ts"
import { ShippedProgram, type Outcome } from "../support/ShippedProgram.ts"
import { answered } from "../support/answer-schema.ts"

const KINDS = ["postgresql", "mysql", "mariadb"] as const
type Kind = (typeof KINDS)[number]

const EMPLOYEES: ReadonlyArray<ReadonlyArray<string | null>> = [
  ["E00001", "13800000001", "a@corp.cn", "王小明", null],
  ["E00002", "(+86) 138-0000 0002", null, null, null],
  ["E00003", "13800000003", null, null, null],
  ["E00004", "138 0000 0003", null, null, null],
  ["E00005", "13800000005", null, "李四", null],
  ["E00006", "13800000006", null, null, "2020-01-31"]
]

/** id, phone, e-mail, name, and what is to be said of them. */
const LEARNERS: ReadonlyArray<readonly [number, string | null, string | null, string | null, string]> = [
  [1, "+86 138 0000 0001", null, "王小明", "FOUND phone"],
  [2, "13800000002", null, null, "FOUND phone"],
  [3, "13800000003", null, null, "AMBIGUOUS"],
  [4, "8613800000003", null, null, "AMBIGUOUS"],
  [5, "13800000005", null, "张三", "CONFLICT"],
  [6, "13800000006", null, null, "ABSENT not employed"],
  [7, "138****0001", null, null, "ABSENT masked"],
  [8, null, null, null, "ABSENT no key"],
  [9, "13800000009", null, null, "ABSENT nobody"],
  [10, "13800000005", "a@corp.cn", "李四", "CONFLICT"],
  [11, null, "A@CORP.CN", null, "FOUND email"]
]

let program: ShippedProgram
let source: RunningServer

beforeAll(async () => {
  ;[program, source] = await Promise.all([ShippedProgram.build(), startServer("mysql")])
  const lms = await createConnection({ uri: source.url, multipleStatements: true })
  await lms.query(`create database lms;
    create table lms.learner (id bigint primary key, phone varchar(40), mail varchar(60), name varchar(40));
    create table lms.score (id int primary key, learner bigint, phone varchar(40), mail varchar(60), points decimal(6,2));`)
  await lms.query("insert into lms.learner values ?", [LEARNERS.map((row) => row.slice(0, 4))])
  await lms.query("insert into lms.score values ?", [
    LEARNERS.flatMap(([id, phone]) => [1, 2, 3].map((n) => [id * 10 + n, id, phone, null, 1]))
  ])
  await lms.end()
}, 300_000)
afterAll(async () => {
  await source?.stop()
  await program?.discard()
})

const yaml = (kind: Kind, hr: RunningServer, tables: string): string => {
  const target =
    kind === "postgresql"
      ? `{ kind: postgresql, host: ${hr.host}, port: ${hr.port}, database: postgres, user: postgres }`
      : `{ kind: mysql, host: ${hr.host}, port: ${hr.port}, user: root }`
  return `version: 1
connector: going-live
source: { host: ${source.host}, port: ${source.port}, user: root, timeZone: "+08:00" }
changeLog: { servers: ["nats://127.0.0.1:9"] }
target: ${target}
employees:
  table: hr.employee
  key: no
  match: [{ learner: phone, employee: mobile }, { learner: email, employee: mail }]
  name: name
  leftOn: left_on
limits: { snapshotRows: 4 }
tables:
${tables}
  - table: lms.score
    as: score
    key: [id]
    fields: { learner: learner, raw: points }
    target: own
`
}

const LEARNER_TABLE =
  "  - { table: lms.learner, as: learner, key: [id], fields: { phone: phone, email: mail, name: name } }"

const sqlOf = async (kind: Kind, hr: RunningServer) => {
  if (kind === "postgresql") {
    const client = new Client({ connectionString: hr.url })
    await client.connect()
    return { run: (text: string) => client.query(text).then(() => undefined), end: () => client.end() }
  }
  const connection = await createConnection({ uri: hr.url })
  return { run: (text: string) => connection.query(text).then(() => undefined), end: () => connection.end() }
}

const valueOf = (value: string | null): string => (value === null ? "null" : `'${value}'`)

describe.each(KINDS)("gradewire check identity against %s", { timeout: 240_000 }, (kind) => {
  let hr: RunningServer
  let config: string
  let early: Outcome | undefined
  const check = (...args: ReadonlyArray<string>) =>
    program.run("check", "identity", "--config", config, ...args)

  beforeAll(async () => {
    hr = await startServer(kind)
    const { end, run } = await sqlOf(kind, hr)
    await run(`create ${kind === "postgresql" ? "schema" : "database"} hr`)
    await run(
      "create table hr.employee (no varchar(20) primary key, mobile varchar(40), mail varchar(60), name varchar(40), left_on date)"
    )
    for (const row of EMPLOYEES) await run(`insert into hr.employee values (${row.map(valueOf).join(", ")})`)
    // Temporary tables stand in some database; of a schema PostgreSQL needs none.
    if (kind !== "postgresql") {
      config = join(program.folder, `${kind}.yaml`)
      await writeFile(config, yaml(kind, hr, LEARNER_TABLE))
      early = await check()
      await run("create database gradewire")
    }
    if (kind === "postgresql") await run("create role blind login; grant usage on schema hr to blind")
    else {
      await run("create user 'blind'@'%'")
      await run("grant all privileges on gradewire.* to 'blind'@'%'")
    }
    await end()
    config = join(program.folder, `${kind}.yaml`)
    await writeFile(config, yaml(kind, hr, LEARNER_TABLE))
  }, 300_000)
  afterAll(() => hr?.stop())

  it("says of every learner how the rules would decide, and why not, before anything of ours is there (G7)", async () => {
    if (early !== undefined)
      expect(early).toMatchObject({ code: 1, err: expect.stringContaining("gradewire migrate") })
    const { code, err, out } = await check("-o", "json", "--reveal")
    expect(err).toBe("")
    const coverage = answered("identity-coverage", out) as IdentityCoverage
    expect(code).toBe(3)
    expect(coverage).toMatchObject({
      learners: 11,
      matched: 3,
      percent: "27.27",
      employees: 6,
      oddSpellings: 1
    })
    const said = coverage.situations.map(({ learners, rule, situation, why }) =>
      [learners, situation, rule?.learner ?? "-", why ?? ""].join(" ").trim()
    )
    expect(said.sort()).toEqual([
      "1 ABSENT - no employee has any of the keys",
      "1 ABSENT - no key",
      "1 ABSENT - no usable key: masked",
      "1 ABSENT - not employed on that day",
      "1 CONFLICT - keys name different employees",
      "1 CONFLICT phone the employee with the phone number has another name",
      "1 FOUND email",
      "2 AMBIGUOUS phone one key belongs to several employees",
      "2 FOUND phone"
    ])
    expect(coverage.duplicates).toEqual([
      {
        rule: { learner: "phone", employee: "mobile" },
        key: "+8613800000003",
        employees: ["E00003", "E00004"],
        learners: 2
      }
    ])
    expect(coverage.keys).toEqual([
      { learner: "phone", usable: 8, absent: 2, unusable: [{ why: "masked", learners: 1 }] },
      { learner: "email", usable: 2, absent: 9, unusable: [] }
    ])
  })

  it("prints no key of a person unless it is told to, and ends with 0 where the coverage is enough (G9)", async () => {
    const { code, out } = await check("--min-coverage", "27")
    expect(code).toBe(0)
    expect(out).toContain("3 of 11 learners are matched: 27.27 %.")
    expect(out).toMatch(/SHARED_KEY.*\n\+86•••03 /)
    expect((await check("--min-coverage", "27.3")).code).toBe(3)
    const masked = await check("-o", "csv")
    expect(`${out}${masked.out}${masked.err}`).not.toMatch(/138000000|E0000\d|a@corp/)
    const rows = (await check("-o", "csv", "--reveal")).out.trim().split("\n")
    expect(rows.length).toBe(LEARNERS.length + 1)
    expect(rows).toContain("2,lms.learner,FOUND,phone = mobile,,E00002")
    expect(rows).toContain(
      "3,lms.learner,AMBIGUOUS,phone = mobile,one key belongs to several employees,E00003 E00004"
    )
  })

  it("names the column that a rule asks for and HR lacks, and the right that the account lacks (G3)", async () => {
    const own = config
    config = join(program.folder, `${kind}-wrong.yaml`)
    const text = yaml(kind, hr, LEARNER_TABLE)
    await writeFile(config, text.replace("employee: mobile", "employee: cellphone"))
    const lacking = await check()
    await writeFile(
      config,
      text.replace(/(port: \d+.*), user: (postgres|root) }\nemployees/, "$1, user: blind }\nemployees")
    )
    const blind = await check()
    config = own
    expect(lacking).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(
        /StoreMisconfigured: column cellphone of table hr\.employee is not there.*\n.*gradewire check/
      )
    })
    const right =
      kind === "postgresql"
        ? /StoreMisconfigured[^]*GRANT SELECT ON "hr"\."employee" TO "blind";/
        : /StoreMisconfigured: table hr\.employee of the HR database is not there, or this user may not see it/
    expect(blind).toMatchObject({ code: 1, out: "", err: expect.stringMatching(right) })
  })

  it("judges by another day, counts each learner of score rows once, and refuses what is no day (G7)", async () => {
    const earlier = JSON.parse((await check("-o", "json", "--on", "2019-05-05")).out) as IdentityCoverage
    expect(earlier.matched).toBe(4)
    expect(await check("--on", "yesterday")).toMatchObject({
      code: 1,
      err: expect.stringContaining("--on 2026-11-22")
    })
    const own = config
    config = join(program.folder, `${kind}-scores.yaml`)
    const text = yaml(kind, hr, "").replace("{ learner: learner, raw", "{ phone: phone, email: mail, raw")
    await writeFile(config, text)
    const coverage = JSON.parse((await check("-o", "json")).out) as IdentityCoverage
    config = own
    expect(coverage).toMatchObject({ tables: ["lms.score"], learners: 8, matched: 3 })
  })
})
