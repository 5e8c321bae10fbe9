/** The views without personal values and the role that reads them and nothing else, the same on every kind of HR database. */
import { fileURLToPath } from "node:url"
import { Effect, Redacted } from "effect"
import { createConnection } from "mysql2/promise"
import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { grantReader as grantMySql } from "../../connectors/hr/mysql/grant-reader.ts"
import { migrate as migrateMySql } from "../../connectors/hr/mysql/migrate.ts"
import { openOperations as openMySql } from "../../connectors/hr/mysql/MySqlOperations.ts"
import type { Operations } from "../../connectors/hr/operations.ts"
import { grantReader as grantPostgres } from "../../connectors/hr/postgres/grant-reader.ts"
import { migrate as migratePostgres } from "../../connectors/hr/postgres/migrate.ts"
import { openOperations as openPostgres } from "../../connectors/hr/postgres/PostgresOperations.ts"
import type { ReaderRole } from "../../connectors/hr/reader-role.ts"
import { startServer } from "../../deploy/servers/server.ts"
import { PERSONAL_VIEWS, READER_VIEWS } from "../../schemas/hr/reader-views.ts"

const CASE_MILLIS = 120_000
const folder = (kind: string) =>
  fileURLToPath(new URL(`../../schemas/hr/migrations/${kind}`, import.meta.url))

type Rows = ReadonlyArray<Readonly<Record<string, unknown>>>

/** One kind of HR database, migrated by its administrator. */
interface Place {
  readonly sql: (text: string) => Promise<Rows>
  /** The same as the account `dba`, who has the role, or as `plain`, who has no rights but on the schema itself. */
  readonly sqlAs: (account: "dba" | "plain", text: string) => Promise<Rows>
  readonly grantAs: (account: "admin" | "plain") => Promise<ReaderRole>
  readonly giveRole: () => Promise<void>
  readonly with: <A>(use: (operations: Operations) => Effect.Effect<A, unknown>) => Promise<A>
  readonly stop: () => Promise<void>
}

const postgresql = async (): Promise<Place> => {
  const server = await startServer("postgresql")
  const { password, pathname, username } = new URL(server.url)
  const admin = {
    host: server.host,
    port: server.port,
    database: pathname.slice(1),
    user: username,
    password: Redacted.make(password),
    tls: false as const,
    applicationName: "reader test"
  }
  const plain = { ...admin, user: "plain", password: Redacted.make("x") }
  const owner = new Client({ connectionString: server.url })
  await owner.connect()
  await owner.query(`create user plain password 'x'; create user dba password 'x';
    grant create on database "${admin.database}" to plain`)
  await Effect.runPromise(migratePostgres({ postgres: plain, migrationsFolder: folder("postgresql") }))
  const as = async (user: string, text: string) => {
    const client = new Client({ ...admin, user, password: "x", ssl: false })
    await client.connect()
    try {
      return (await client.query(text)).rows as Rows
    } finally {
      await client.end()
    }
  }
  return {
    sql: async (text) => {
      const answer = (await owner.query(text)) as unknown as { rows: Rows } | ReadonlyArray<{ rows: Rows }>
      return Array.isArray(answer) ? [] : (answer as { rows: Rows }).rows
    },
    sqlAs: as,
    grantAs: (account) => Effect.runPromise(grantPostgres(account === "admin" ? admin : plain)),
    giveRole: async () => void (await owner.query("grant gradewire_reader to dba")),
    with: (use) => Effect.runPromise(Effect.scoped(Effect.flatMap(openPostgres(plain, "lms-hr"), use))),
    stop: async () => {
      await owner.end()
      await server.stop()
    }
  }
}

const mysqlKind = (kind: "mysql" | "mariadb") => async (): Promise<Place> => {
  const server = await startServer(kind)
  const { password, username } = new URL(server.url)
  const admin = {
    host: server.host,
    port: server.port,
    user: username,
    password: Redacted.make(password),
    tls: false as const,
    applicationName: "reader test"
  }
  const plain = { ...admin, user: "plain", password: Redacted.make("x") }
  const owner = await createConnection({ uri: server.url, multipleStatements: true })
  await owner.query(`create user plain@'%' identified by 'x'; create user dba@'%' identified by 'x';
    grant all privileges on gradewire.* to plain@'%'`)
  await Effect.runPromise(migrateMySql({ mysql: plain, migrationsFolder: folder("mysql") }))
  const as = async (user: string, text: string) => {
    const client = await createConnection({ host: admin.host, port: admin.port, user, password: "x" })
    try {
      return (await client.query(text))[0] as Rows
    } finally {
      client.destroy()
    }
  }
  return {
    sql: async (text) => (await owner.query(text))[0] as Rows,
    sqlAs: as,
    grantAs: (account) => Effect.runPromise(grantMySql(account === "admin" ? admin : plain)),
    giveRole: async () => {
      await owner.query("grant gradewire_reader to dba@'%'")
      await owner.query(
        kind === "mysql"
          ? "set default role gradewire_reader to dba@'%'"
          : "set default role gradewire_reader for dba@'%'"
      )
    },
    with: (use) => Effect.runPromise(Effect.scoped(Effect.flatMap(openMySql(plain, "lms-hr"), use))),
    stop: async () => {
      await owner.end()
      await server.stop()
    }
  }
}

/** `view.column` in the views' own order, by kind of database. */
const columns = new Map<string, ReadonlyArray<string>>()

describe.each([
  ["postgresql", postgresql],
  ["mysql", mysqlKind("mysql")],
  ["mariadb", mysqlKind("mariadb")]
] as const)("the views on %s", { timeout: CASE_MILLIS }, (kind, open) => {
  let place: Place
  beforeAll(async () => {
    place = await open()
  }, CASE_MILLIS)
  afterAll(() => place?.stop())

  const ofKind = async (type: "VIEW" | "BASE TABLE"): Promise<ReadonlyArray<string>> =>
    (
      await place.sql(
        `select table_name as name from information_schema.tables where table_schema = 'gradewire' and table_type = '${type}'`
      )
    ).map((row) => String(row["name"]))

  it("are those that the role is for, and those that show what is filed (G9)", async () => {
    const views = await ofKind("VIEW")
    expect([...views].sort()).toEqual([...READER_VIEWS, ...PERSONAL_VIEWS].sort())
  })

  it("have the same columns everywhere, each with its meaning, none with a personal value (G9)", async () => {
    const found = await place.sql(`select table_name as v, column_name as c from information_schema.columns
      where table_schema = 'gradewire' order by table_name, ordinal_position`)
    const own = found
      .filter((row) => (READER_VIEWS as ReadonlyArray<unknown>).includes(row["v"]))
      .map((row) => `${String(row["v"])}.${String(row["c"])}`)
      .sort()
    columns.set(kind, own)
    for (const other of columns.values()) expect(own).toEqual(other)
    const described = (
      await place.sql("select view_name, column_name from gradewire.view_columns where description <> ''")
    )
      .filter((row) => (READER_VIEWS as ReadonlyArray<unknown>).includes(row["view_name"]))
      .map((row) => `${String(row["view_name"])}.${String(row["column_name"])}`)
    expect(described.sort()).toEqual(own)
    const personal =
      /\.(event|phone|email|name|employee_no|external_id|employee_key|learner_id|row_key|snapshot)$/
    expect(own.filter((name) => personal.test(name))).toEqual([])
  })

  it("count each mapping that apply began with once, and say which one is in force (G4)", async () => {
    const start = { startedBy: "pod:1", programVersion: "0.1.0" }
    await place.with((operations) =>
      Effect.gen(function* () {
        yield* operations.recordMapping({ ...start, hash: "aa", mapping: '{"tables":["成绩"]}' })
        yield* operations.recordMapping({ ...start, hash: "bb", mapping: "{}" })
        yield* operations.recordMapping({
          ...start,
          hash: "aa",
          mapping: '{"tables":["成绩"]}',
          startedBy: "pod:2"
        })
      })
    )
    const found = await place.sql(
      "select hash, starts, started_by, mapping from gradewire.mapping_versions order by last_started_at desc"
    )
    expect(found.map((row) => [row["hash"], Number(row["starts"]), row["started_by"]])).toEqual([
      ["aa", 2, "pod:2"],
      ["bb", 1, "pod:1"]
    ])
    const { mapping } = found[0]!
    expect(typeof mapping === "string" ? (JSON.parse(mapping) as unknown) : mapping).toEqual({
      tables: ["成绩"]
    })
  })

  it("are given to the role by statements to paste, where the account may not make it (G9)", async () => {
    const refused = await place.grantAs("plain")
    expect(refused.ready).toBe(false)
    for (const text of refused.statements.split("\n")) await place.sql(text)
    await place.giveRole()
    expect((await place.sqlAs("dba", "select * from gradewire.mapping_versions")).length).toBe(2)
  })

  it("are all that the role can read, and it can write nothing (G9)", async () => {
    expect(await place.grantAs("admin")).toEqual({ ready: true, statements: "" })
    for (const view of READER_VIEWS) await place.sqlAs("dba", `select * from gradewire.${view}`)
    const tables = await ofKind("BASE TABLE")
    expect(tables.length).toBeGreaterThan(10)
    const refused = /denied|permission/i
    for (const name of [...tables, ...PERSONAL_VIEWS]) {
      await expect(place.sqlAs("dba", `select 1 from gradewire.${name}`)).rejects.toThrow(refused)
    }
    for (const text of [
      "update gradewire.offsets set epoch = 9",
      "delete from gradewire.held",
      "insert into gradewire.mapping_versions (connector, hash) values ('x', 'y')",
      "delete from gradewire.apply_offset",
      "drop view gradewire.lag",
      "create table gradewire.mine (id int)"
    ]) {
      await expect(place.sqlAs("dba", text)).rejects.toThrow(
        /denied|permission|must be owner|insert into view/i
      )
    }
  })
})
