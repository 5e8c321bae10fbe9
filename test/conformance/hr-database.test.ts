/** Migrations, preflight and stored offsets on a real PostgreSQL. */
import { Effect } from "effect"
import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { migrate } from "../../connectors/hr/postgres/migrate.ts"
import type { HrMappingConfig } from "../../connectors/hr/mapping.ts"
import { checkTarget } from "../../connectors/hr/postgres/preflight.ts"
import { listOffsets } from "../../connectors/hr/postgres/PostgresOffsets.ts"
import type { PostgresOptions } from "../../connectors/hr/postgres/postgres-client.ts"
import type { RunningServer } from "../../deploy/servers/server.ts"
import { batch, EMPLOYEES, exam, SCORES } from "./hr-world.ts"
import { OWN_SCORES } from "./own-scores.ts"
import { MIGRATIONS, postgresOptions, PostgresWorlds } from "./postgresql-hr-world.ts"

let worlds: PostgresWorlds
let server: RunningServer
beforeAll(async () => {
  worlds = await PostgresWorlds.start()
  server = worlds.server
})
afterAll(() => worlds.stop())

const sql = async (text: string, client = worlds.client) => (await client.query(text)).rows

/** A database of its own, with a user that owns nothing. */
const freshDatabase = async (name: string): Promise<{ client: Client; options: PostgresOptions }> => {
  await sql(`create database ${name}`)
  await sql(`create role ${name}_user login`)
  const client = new Client({ host: server.host, port: server.port, user: "postgres", database: name })
  client.on("error", () => undefined)
  await client.connect()
  return { client, options: postgresOptions(server, { database: name, user: `${name}_user` }) }
}

const migrateAs = (postgres: PostgresOptions) => migrate({ postgres, migrationsFolder: MIGRATIONS })

describe("migrations", () => {
  it("two processes that start at once migrate once (G6)", async () => {
    const { client, options } = await freshDatabase("twice")
    const owner = { ...options, user: "postgres" }
    const outcomes = await Promise.all([1, 2, 3].map(() => Effect.runPromise(migrateAs(owner))))
    const { total } = outcomes[0]!
    expect(outcomes.map((outcome) => outcome.applied).toSorted((a, b) => a - b)).toEqual([0, 0, total])
    expect(await Effect.runPromise(migrateAs(owner))).toEqual({ applied: 0, total })
    await client.end()
  })

  it("a user who may not create is told the statement that lets him, and needs no right once it is done (G3)", async () => {
    const { client, options } = await freshDatabase("rightless")
    const error = await Effect.runPromise(Effect.flip(migrateAs(options)))
    expect(error).toMatchObject({ _tag: "StoreMisconfigured", fate: "halt" })
    expect(error.remedy).toContain('GRANT CREATE ON DATABASE "rightless" TO "rightless_user";')
    await client.query('GRANT CREATE ON DATABASE "rightless" TO "rightless_user"')
    expect((await Effect.runPromise(migrateAs(options))).applied).toBeGreaterThan(0)
    await client.query('REVOKE CREATE ON DATABASE "rightless" FROM "rightless_user"')
    expect((await Effect.runPromise(migrateAs(options))).applied).toBe(0)
    await client.end()
  })

  it("a schema that a DBA has made beforehand is used (G3)", async () => {
    const { client, options } = await freshDatabase("prepared")
    await client.query("create schema gradewire authorization prepared_user; create role gradewire_reader")
    expect((await Effect.runPromise(migrateAs(options))).applied).toBeGreaterThan(0)
    const views = await sql(
      "select table_name from information_schema.role_table_grants where grantee = 'gradewire_reader' order by 1",
      client
    )
    expect(views.map((row) => row["table_name"])).toEqual(
      expect.arrayContaining(["applied_events", "dead_letters", "held", "offsets"])
    )
    await client.end()
  })

  it("every column of every table says what it holds, and no view shows a personal value (G9)", async () => {
    const silent = await sql(`select c.relname || '.' || a.attname as name from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = 'gradewire'::regnamespace and c.relkind = 'r' and c.relname <> 'migration'
        and col_description(c.oid, a.attnum) is null`)
    expect(silent).toEqual([])
    const shown = await sql(`select column_name from information_schema.columns
      where table_schema = 'gradewire' and table_name in ('offsets', 'held', 'dead_letters', 'applied_events')
        and column_name in ('event', 'phone', 'email', 'name', 'employee_no', 'external_id', 'employee_key', 'learner_id')`)
    expect(shown).toEqual([])
  })
})

describe("preflight", () => {
  const mapping: HrMappingConfig = { scores: SCORES, employees: EMPLOYEES, zone: 480 }
  const check = (postgres: PostgresOptions, given = mapping) =>
    Effect.runPromise(checkTarget({ postgres, mapping: given }))
  const problems = async (postgres: PostgresOptions, given = mapping) =>
    (await check(postgres, given)).filter(({ severity }) => severity !== "ok")

  it("is content with a database that fits (G3)", async () => {
    await worlds.open()
    await sql("insert into hr.employee values ('E1', '1', 'a@example.org')")
    expect(await problems(postgresOptions(server))).toEqual([])
  })

  it("asks nothing of gradewire's own tables but the rights on them (G3)", async () => {
    const own = { ...mapping, scores: OWN_SCORES }
    expect(await problems(postgresOptions(server), own)).toEqual([])
    await sql("create role reads_only login; grant select on all tables in schema hr to reads_only")
    await sql("grant usage on schema hr, gradewire to reads_only")
    const found = await problems(postgresOptions(server, { user: "reads_only" }), own)
    expect(found.map(({ check: name }) => name)).toEqual(
      expect.arrayContaining([
        "rights on gradewire.training_record",
        "rights on gradewire.training_record_history"
      ])
    )
    for (const { fix } of found) await sql(fix)
    expect(await problems(postgresOptions(server, { user: "reads_only" }), own)).toEqual([])
    await sql("drop owned by reads_only; drop role reads_only")
  })

  it("takes its own tables for granted where the first start makes them (G3)", async () => {
    const { client, options } = await freshDatabase("unmade")
    await client.query(`create schema hr; grant usage on schema hr to unmade_user;
      create table hr.employee as select * from (values ('E1', '1', 'x')) e ("工号", mobile, "E-Mail");
      grant select on hr.employee to unmade_user; grant create on database unmade to unmade_user`)
    const found = await check(options, { ...mapping, scores: OWN_SCORES })
    expect(found.filter(({ severity }) => severity === "error")).toEqual([])
    expect(found).toContainEqual(
      expect.objectContaining({ check: "gradewire tables", found: "missing; made at the first start" })
    )
    await client.end()
  })

  it("names everything that does not fit at once, each with what mends it, and the mended database fits (G3)", async () => {
    const { client, options } = await freshDatabase("unfit")
    await client.query(`create schema hr;
      create table hr.employee ("工号" text, mobile text, "E-Mail" text);
      insert into hr.employee values ('E1', '1', 'x'), ('E2', '1', 'x'), ('E3', null, 'y');
      create table hr.training_record ("工号" text, "分数" integer, result_id text, title varchar(4), "no""te" text,
        system text, required text not null, unique (title));
      create table hr.drill_record ("工号" text, result_id text, grade text, unique ("工号", result_id))`)
    const found = await problems(options)
    const named = found.map(({ severity, check: name, found: what }) => `${severity} ${name}: ${what}`)
    expect(named).toEqual(
      expect.arrayContaining([
        "error gradewire tables: missing, and this user may not create them",
        "error table hr.quiz_record: not there, or not visible to this user",
        "error rights on hr.employee: no USAGE on the schema",
        "error rights on hr.employee: no SELECT",
        "error rights on hr.training_record: no SELECT, INSERT, UPDATE, DELETE",
        "error unique index of hr.training_record: none that fits",
        "warning unique index of hr.training_record: further unique index training_record_title_key on (title)",
        "error column hr.training_record.required: NOT NULL, without a default, and not mapped",
        "error column hr.drill_record.state: not there"
      ])
    )
    expect(found.every(({ fix }) => fix !== "")).toBe(true)
    for (const { check: name, fix } of found) {
      if (/^rights|unique index|required/.test(name) && /^(GRANT|CREATE|ALTER|DROP)/.test(fix))
        await client.query(fix)
    }
    await client.query(`alter table hr.drill_record add column state text;
      create table hr.quiz_record ("工号" text, result_id text unique, grade text);
      grant create on database unfit to unfit_user; grant all on hr.quiz_record, hr.drill_record to unfit_user`)
    const left = await problems(options)
    expect(left.filter(({ severity }) => severity === "error")).toEqual([])
    expect(left.map(({ check: name }) => name)).toEqual(
      expect.arrayContaining([
        "doubles in hr.employee.mobile",
        "coverage of hr.employee.mobile",
        "index on hr.employee.mobile"
      ])
    )
    await client.end()
  })

  it("says what a column would refuse, from what the source can hold (G3)", async () => {
    const sourceColumns = new Map([["lms.exam", new Map([["score.raw", { integerDigits: 4, scale: 3 }]])]])
    const found = await Effect.runPromise(
      checkTarget({ postgres: postgresOptions(server), mapping, sourceColumns })
    )
    expect(found).toContainEqual({
      severity: "warning",
      check: "column hr.training_record.分数",
      found: "numeric(5,2)",
      wanted: "4 digits before the point and 3 behind; other scores become dead letters",
      fix: 'ALTER TABLE "hr"."training_record" ALTER COLUMN "分数" TYPE numeric(7,3);'
    })
  })

  it("a server that is not there, a wrong password or database is a finding, not a failure (G3)", async () => {
    const away = await check(postgresOptions(server, { port: 1 }))
    expect(away).toMatchObject([{ severity: "error", check: "hr database" }])
    const lost = await check(postgresOptions(server, { database: "nowhere" }))
    expect(lost).toMatchObject([{ severity: "error", fix: "Check target.database." }])
    const noTls = await check(postgresOptions(server, { tls: {} }))
    expect(noTls[0]!.fix).toContain("target.tls.mode")
  })
})

describe("stored offsets", () => {
  it("are listed for every connector, what is not known as null (G4)", async () => {
    await worlds.open()
    const store = worlds.process()
    await Effect.runPromise(store.takeOver)
    const [fresh] = await Effect.runPromise(listOffsets(postgresOptions(server)))
    expect(fresh).toMatchObject({
      connector: "test",
      epoch: 1,
      anchor: null,
      committedAt: null,
      lagSeconds: null,
      held: 0n
    })
    const given = batch(0, [exam(1, 1, { phone: "13899999999" }, "1.00")])
    await Effect.runPromise(store.apply(1, given))
    await Effect.runPromise(
      store.apply(1, batch(1, [exam(2, 2, {}, "2.00")], { refusal: { reason: "REFUSED", detail: "" } }))
    )
    const [row] = await Effect.runPromise(listOffsets(postgresOptions(server)))
    expect(row).toMatchObject({
      holder: "conformance",
      committedAt: "2026-11-22T08:00:00.123456Z",
      anchor: { file: "binlog.000001", gtid: null, server: "mysql:test", timeline: 1 },
      events: 2n,
      applied: 0n,
      held: 1n,
      deadLetters: 1n
    })
    expect(row!.position).toBe(batch(1, [exam(2, 2, {}, "2.00")]).offset.position)
    expect(row!.lagSeconds).toBeGreaterThanOrEqual(0)
    expect(row!.idleSeconds).toBeLessThan(60)
    await sql("update gradewire.apply_offset set updated_at = now() - interval '5 minutes'")
    const [late] = await Effect.runPromise(listOffsets(postgresOptions(server)))
    expect(late!.lagSeconds).toBeNull()
    expect(late!.idleSeconds).toBeGreaterThan(299)
    // Who takes over has heard nothing of the source yet.
    await Effect.runPromise(store.takeOver)
    const [taken] = await Effect.runPromise(listOffsets(postgresOptions(server)))
    expect(taken).toMatchObject({ epoch: 2, lagSeconds: null })
    expect(taken!.idleSeconds).toBeGreaterThan(299)
  })
})
