/** Runs of comparisons as they are kept, held and removed, the same on every kind of HR database. */
import { fileURLToPath } from "node:url"
import { Effect, Redacted, Result } from "effect"
import { createConnection } from "mysql2/promise"
import { Client } from "pg"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { migrate as migrateMySql } from "../../connectors/hr/mysql/migrate.ts"
import { layerRunStore as mysqlStore } from "../../connectors/hr/mysql/MySqlRunStore.ts"
import { migrate as migratePostgres } from "../../connectors/hr/postgres/migrate.ts"
import { layerRunStore as postgresStore } from "../../connectors/hr/postgres/PostgresRunStore.ts"
import { startServer } from "../../deploy/servers/server.ts"
import { RunStore } from "../../src/reconcile/RunStore.ts"
import { newRun } from "../../src/reconcile/verify.ts"

const folder = (kind: string) =>
  fileURLToPath(new URL(`../../schemas/hr/migrations/${kind}`, import.meta.url))

interface Place {
  /** As the process `holder`; a failure answers its tag. */
  readonly as: <A>(
    holder: string,
    use: (store: RunStore["Service"]) => Effect.Effect<A, { readonly _tag: string }>
  ) => Promise<A | string>
  readonly sql: (text: string) => Promise<void>
  readonly rows: (text: string) => Promise<ReadonlyArray<string>>
  readonly ago: (days: number, seconds?: number) => string
  readonly stop: () => Promise<void>
}

const answered = async <A, E extends { readonly _tag: string }>(work: Effect.Effect<A, E>) => {
  const result = await Effect.runPromise(Effect.result(work))
  return Result.isSuccess(result) ? result.success : result.failure._tag
}

const postgresql = async (): Promise<Place> => {
  const server = await startServer("postgresql")
  const { password, pathname, username } = new URL(server.url)
  const postgres = {
    host: server.host,
    port: server.port,
    database: pathname.slice(1),
    user: username,
    password: Redacted.make(password),
    tls: false as const,
    applicationName: "run store test"
  }
  await Effect.runPromise(migratePostgres({ postgres, migrationsFolder: folder("postgresql") }))
  const owner = new Client({ connectionString: server.url })
  await owner.connect()
  return {
    as: (holder, use) =>
      answered(
        Effect.flatMap(RunStore, use).pipe(
          Effect.provide(postgresStore({ connector: "c", postgres, tables: [], holder }))
        )
      ),
    sql: async (text) => void (await owner.query(text)),
    rows: async (text) =>
      (await owner.query({ text, rowMode: "array" })).rows.map((row: unknown[]) => row.join(" ")),
    ago: (days, seconds = 0) => `clock_timestamp() - interval '${days} days ${seconds} seconds'`,
    stop: async () => {
      await owner.end()
      await server.stop()
    }
  }
}

const mysqlKind = (kind: "mysql" | "mariadb") => async (): Promise<Place> => {
  const server = await startServer(kind)
  const { password, username } = new URL(server.url)
  const mysql = {
    host: server.host,
    port: server.port,
    user: username,
    password: Redacted.make(password),
    tls: false as const,
    applicationName: "run store test"
  }
  await Effect.runPromise(migrateMySql({ mysql, migrationsFolder: folder("mysql") }))
  const owner = await createConnection({ uri: server.url, multipleStatements: true })
  return {
    as: (holder, use) =>
      answered(
        Effect.flatMap(RunStore, use).pipe(
          Effect.provide(mysqlStore({ connector: "c", mysql, tables: [], holder }))
        )
      ),
    sql: async (text) => void (await owner.query(text)),
    rows: async (text) => {
      const [rows] = await owner.query({ sql: text, rowsAsArray: true })
      return (rows as unknown as ReadonlyArray<ReadonlyArray<unknown>>).map((row) => row.join(" "))
    },
    ago: (days, seconds = 0) => `utc_timestamp(6) - interval ${days} day - interval ${seconds} second`,
    stop: async () => {
      await owner.end()
      await server.stop()
    }
  }
}

const WHOLE = { tables: null, since: null, course: null, person: null }
const PART = { ...WHOLE, course: "K1" }
const ORIGIN = { version: "1", mapping: "ab", source: "a:1", target: "b" }
const made = (run: string) => newRun(run, "dba", "2026-11-22T08:00:00.000Z", ["lms.score"], WHOLE, ORIGIN)

describe.each([
  ["postgresql", postgresql],
  ["mysql", mysqlKind("mysql")],
  ["mariadb", mysqlKind("mariadb")]
] as const)("runs of comparisons on %s", (_, open) => {
  let place: Place
  beforeAll(async () => {
    place = await open()
  })
  afterAll(() => place?.stop())
  beforeEach(() =>
    place.sql("delete from gradewire.reconciliation_run; delete from gradewire.reconciliation_diff")
  )

  /** @param state as it is stored; days since it began */
  const stored = (
    run: string,
    state: string,
    days: number,
    scope: object = WHOLE,
    open: ReadonlyArray<string> = []
  ) =>
    place.sql(
      [
        `insert into gradewire.reconciliation_run (connector, run, state, scope, tables, by_whom, holder, started_at, updated_at)
values ('c', '${run}', '${state}', '${JSON.stringify(scope)}', '[]', 'dba', 'gone', ${place.ago(days)}, ${place.ago(days)})`,
        ...open.map(
          (id, index) => `insert into gradewire.reconciliation_diff
(connector, run, place, row_id, table_name, kind, fields, found_at, repaired_at, repaired_by)
values ('c', '${run}', 0, '${id}', 'lms.score', 'missing', '', ${place.ago(days)}, ${index === 0 ? "null" : place.ago(days)}, null)`
        )
      ].join(";\n")
    )
  const names = () => place.rows("select run from gradewire.reconciliation_run order by run")

  it("keeps with what a run compared, and lists the newest first with what is open (G1)", async () => {
    await stored("a", "done", 2, WHOLE, ["1", "2"])
    await place.as("p:1", (store) => store.start(made("b")))
    const listed = await place.as("p:1", (store) => store.list(5))
    expect(listed).toMatchObject([
      { run: "b", state: "running", by: "dba", origin: ORIGIN, open: 0 },
      { run: "a", state: "done", origin: null, open: 1 }
    ])
    expect(await place.as("p:1", (store) => store.read("b"))).toMatchObject({ origin: ORIGIN })
  })

  it("lets one process mend at a time, and none compare meanwhile; the run stays finished (G6)", async () => {
    await stored("a", "done", 1)
    await stored("b", "failed", 1)
    expect(await place.as("p:1", (store) => store.hold("b"))).toBe("ReconcileUnknown")
    expect(await place.as("p:1", (store) => store.hold("a"))).toBeUndefined()
    expect(await place.as("p:2", (store) => store.hold("a"))).toBe("ReconcileRunning")
    await stored("z", "done", 0)
    expect(await place.as("p:2", (store) => store.hold("z"))).toBe("ReconcileRunning")
    expect(await place.as("p:2", (store) => store.start(made("c")))).toBe("ReconcileRunning")
    expect(await place.as("p:2", (store) => store.keep("a"))).toBe("ReconcileTakenOver")
    await place.as("p:2", (store) => store.release("a"))
    expect(await place.as("p:1", (store) => store.keep("a"))).toBeUndefined()
    await place.as("p:1", (store) => store.release("a"))
    expect(await place.as("p:2", (store) => store.hold("a"))).toBeUndefined()
    expect(
      await place.rows("select run, state, holder from gradewire.reconciliation_run where run = 'a'")
    ).toEqual(["a done p:2"])
  })

  it("takes a hold from a process that has said nothing for a minute, and fails only what still compared (G6)", async () => {
    await stored("a", "done", 1)
    await place.as("p:1", (store) => store.hold("a"))
    await place.sql(`update gradewire.reconciliation_run set updated_at = ${place.ago(0, 61)}`)
    expect(await place.as("p:2", (store) => store.start(made("c")))).toBeUndefined()
    expect(await place.as("p:1", (store) => store.keep("a"))).toBe("ReconcileTakenOver")
    await place.sql(`update gradewire.reconciliation_run set updated_at = ${place.ago(0, 61)}`)
    expect(await place.as("p:3", (store) => store.hold("a"))).toBeUndefined()
    expect(await place.rows("select run, state from gradewire.reconciliation_run order by run")).toEqual([
      "a done",
      "c failed"
    ])
  })

  it("goes on with a run although a dead process held another (G4)", async () => {
    await stored("a", "done", 1)
    await stored("b", "failed", 0)
    await place.as("p:1", (store) => store.hold("a"))
    expect(await place.as("p:2", (store) => store.resume)).toBe("ReconcileRunning")
    await place.sql(`update gradewire.reconciliation_run set updated_at = ${place.ago(0, 61)}`)
    expect(await place.as("p:2", (store) => store.resume)).toMatchObject({ run: "b", state: "running" })
  })

  it("removes what is old with its rows, never the newest of a kind nor open damage that nobody compared since (G1, G8)", async () => {
    await stored("a-old", "done", 100, WHOLE, ["1"])
    await stored("b-part-old", "done", 99, PART)
    await stored("c-failed", "failed", 98)
    await stored("d-part-newest", "done", 97, PART)
    await stored("e-newest", "done", 96, WHOLE, ["1"])
    await stored("f-failed", "failed", 95)
    await stored("g-part-open", "done", 94, PART, ["1"])
    await stored("h-part-newest", "done", 93, PART)
    await stored("i-young", "failed", 1)
    await place.as("p:1", (store) => store.retire(90))
    expect(await names()).toEqual(["e-newest", "f-failed", "g-part-open", "h-part-newest", "i-young"])
    expect(await place.rows("select distinct run from gradewire.reconciliation_diff order by run")).toEqual([
      "e-newest",
      "g-part-open"
    ])
    await stored("k-whole", "done", 0)
    await place.as("p:1", (store) => store.retire(90))
    expect(await names()).toEqual(["h-part-newest", "i-young", "k-whole"])
    expect(await place.rows("select count(*) from gradewire.reconciliation_diff")).toEqual(["0"])
  })
})
