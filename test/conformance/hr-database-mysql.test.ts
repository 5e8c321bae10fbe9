/** Migrations, preflight and stored offsets on real MySQL and MariaDB servers. */
import { Effect } from "effect"
import { readMigrationFiles } from "drizzle-orm/migrator"
import { describe, expect, it } from "vitest"
import { inServersWords } from "../../connectors/hr/mysql/batch-tables.ts"
import { migrate } from "../../connectors/hr/mysql/migrate.ts"
import { listOffsets } from "../../connectors/hr/mysql/MySqlOffsets.ts"
import { readSnapshotProgress } from "../../connectors/hr/mysql/MySqlSnapshotProgress.ts"
import { checkTarget } from "../../connectors/hr/mysql/preflight.ts"
import type { MySqlOptions } from "../../connectors/hr/mysql/mysql-client.ts"
import type { HrMappingConfig } from "../../connectors/hr/mapping.ts"
import { batch, EMPLOYEES, exam, offsetAt, SCORES } from "./hr-world.ts"
import { anna, mysqlBench } from "./mysql-bench.ts"
import { MIGRATIONS, mysqlOptions } from "./mysql-hr-world.ts"
import { OWN_SCORES } from "./own-scores.ts"

const mapping: HrMappingConfig = { scores: SCORES, employees: EMPLOYEES, zone: 480 }

/** Every cut runs all migrations anew. */
const CUTS_MILLIS = 300_000

describe.each(["mysql", "mariadb"] as const)("the HR database on %s", (kind) => {
  const bench = mysqlBench(kind)
  const { sql } = bench
  const options = (over: Partial<MySqlOptions> = {}) => mysqlOptions(bench.worlds.server, over)
  const migrateAs = (mysql: MySqlOptions) => migrate({ mysql, migrationsFolder: MIGRATIONS })
  const problems = async (over: Partial<MySqlOptions> = {}, scores = SCORES as HrMappingConfig["scores"]) =>
    (await Effect.runPromise(checkTarget({ mysql: options(over), mapping: { ...mapping, scores } }))).filter(
      ({ severity }) => severity !== "ok"
    )

  it("two processes that start at once migrate once (G6)", async () => {
    await sql("drop database gradewire")
    const outcomes = await Promise.all([1, 2, 3].map(() => Effect.runPromise(migrateAs(options()))))
    const { total } = outcomes[0]!
    expect(outcomes.map(({ applied }) => applied).toSorted((a, b) => a - b)).toEqual([0, 0, total])
    expect(await Effect.runPromise(migrateAs(options()))).toEqual({ applied: 0, total })
  })

  it(
    "a migration that was cut off behind any statement is finished by the next start (G4)",
    async () => {
      const statements = readMigrationFiles({ migrationsFolder: MIGRATIONS }).flatMap(
        ({ sql: texts }) => texts
      )
      for (const [done] of statements.entries()) {
        await sql("drop database gradewire; create database gradewire character set latin1")
        for (const text of statements.slice(0, done + 1))
          await sql(inServersWords(text, { isMariaDb: kind === "mariadb" }))
        expect((await Effect.runPromise(migrateAs(options()))).applied).toBeGreaterThan(0)
      }
      const charsets = await sql(`select distinct character_set_name as name from information_schema.columns
      where table_schema = 'gradewire' and character_set_name is not null and table_name <> 'migration' order by 1`)
      expect(charsets.map(({ name }) => String(name))).toEqual(["ascii", "utf8mb4"])
    },
    CUTS_MILLIS
  )

  it("a user without rights is told the statements that give them, and needs no more (G3)", async () => {
    await sql("drop database gradewire; drop user if exists bare@'%'; create user bare@'%'")
    const error = await Effect.runPromise(Effect.flip(migrateAs(options({ user: "bare" }))))
    expect(error).toMatchObject({ _tag: "StoreMisconfigured", fate: "halt" })
    expect(error.remedy).toBe("GRANT ALL PRIVILEGES ON `gradewire`.* TO 'bare'@'%';")
    const missing = await problems({ user: "bare" })
    expect(missing.map(({ check }) => check)).toEqual(
      expect.arrayContaining(["gradewire tables", "table hr.employee", "table hr.training_record"])
    )
    await sql(error.remedy)
    await Effect.runPromise(migrateAs(options({ user: "bare" })))
    await sql("grant select on hr.* to bare@'%'")
    const found = await problems({ user: "bare" })
    expect(found.filter(({ check }) => check.startsWith("rights"))).toMatchObject([
      { check: "rights on hr.training_record", found: "no INSERT, UPDATE, DELETE" },
      { check: "rights on hr.drill_record", found: "no INSERT, UPDATE, DELETE" },
      { check: "rights on hr.quiz_record", found: "no INSERT, UPDATE, DELETE" }
    ])
    for (const { check, fix } of found) if (check.startsWith("rights")) await sql(fix)
    expect((await problems({ user: "bare" })).filter(({ severity }) => severity === "error")).toEqual([])
    await bench.takeOver(bench.worlds.process({ user: "bare" }))
    expect(await bench.apply(batch(0, [exam(1, 1, anna, "1.00")]))).toMatchObject({ applied: 1 })
  })

  it("asks nothing of gradewire's own tables, whose every column says what it holds (G3, G9)", async () => {
    await sql("update hr.employee set `E-Mail` = 'a@example.org'")
    expect(await problems({}, OWN_SCORES)).toEqual([])
    const silent = await sql(`select table_name, column_name from information_schema.columns
      where table_schema = 'gradewire' and column_comment = '' and table_name like 'training_record%'
        and table_name <> 'training_records'`)
    expect(silent).toEqual([])
  })

  it("is content with what fits, and names what does not with what mends it (G3)", async () => {
    await sql("update hr.employee set `E-Mail` = 'a@example.org'")
    expect(await problems()).toEqual([])
    await sql(`alter table hr.training_record add column required varchar(9) not null, add unique key once (title(9)),
      modify \`分数\` float; alter table hr.quiz_record engine = MyISAM; alter table hr.drill_record drop key \`工号\`;
      alter table hr.employee drop key mobile; insert into hr.employee values ('E9', '13800000001', null)`)
    const found = await problems()
    const named = found.map(({ check, severity }) => `${severity} ${check}`)
    expect(named.toSorted()).toEqual(
      [
        "error column hr.training_record.required",
        "error engine of hr.quiz_record",
        "error unique index of hr.drill_record",
        "warning column hr.training_record.分数",
        "warning coverage of hr.employee.E-Mail",
        "warning doubles in hr.employee.mobile",
        "warning index on hr.employee.mobile",
        "warning unique index of hr.training_record"
      ].toSorted()
    )
    expect(JSON.stringify(found)).not.toContain("13800000001")
    for (const { fix } of found) if (fix.startsWith("ALTER")) await sql(fix)
    await sql(
      "alter table hr.training_record drop key once, drop column required; delete from hr.employee where `工号` = 'E9'"
    )
    expect(await problems()).toEqual([])
  })

  it("says how to reach a server that does not answer (G3)", async () => {
    const found = await problems({ port: 9, connectTimeoutMs: 500 })
    expect(found).toMatchObject([{ severity: "error", check: "hr database" }])
  })

  it("lists every connector's progress, and how far the copy of the tables has come (G4)", async () => {
    await bench.takeOver(bench.worlds.process())
    const table = {
      table: "lms.exam",
      state: "running",
      after: ["7"],
      where: null,
      rows: 50,
      estimate: 200
    } as const
    const end = { ...offsetAt(1), snapshot: { paused: false, tables: [table] } }
    await bench.apply({ ...batch(0, [exam(1, 1, anna, "1.00")]), offset: end })
    const [listed] = await Effect.runPromise(listOffsets(options()))
    expect(listed).toMatchObject({
      connector: "test",
      position: end.position,
      anchor: end.anchor,
      committedAt: "2026-11-22T08:00:00.123456Z",
      holder: "conformance",
      events: 1n,
      applied: 1n,
      held: 0n,
      deadLetters: 0n
    })
    expect(listed!.lagSeconds).toBeGreaterThanOrEqual(0)
    expect(listed!.idleSeconds).toBeGreaterThanOrEqual(0)
    expect(await Effect.runPromise(readSnapshotProgress(options(), "test"))).toMatchObject({
      paused: false,
      tables: [{ table: "lms.exam", state: "running", filtered: false, rows: 50, estimate: 200, percent: 25 }]
    })
  })
})
