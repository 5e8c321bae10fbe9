/** Pauses and the view gradewire.lag, the same on every kind of HR database. */
import { fileURLToPath } from "node:url"
import { Effect, Redacted } from "effect"
import { createConnection } from "mysql2/promise"
import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { openOperations as openMySql } from "../../connectors/hr/mysql/MySqlOperations.ts"
import { migrate as migrateMySql } from "../../connectors/hr/mysql/migrate.ts"
import type { Operations } from "../../connectors/hr/operations.ts"
import { openOperations as openPostgres } from "../../connectors/hr/postgres/PostgresOperations.ts"
import { migrate as migratePostgres } from "../../connectors/hr/postgres/migrate.ts"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"

const folder = (kind: string) =>
  fileURLToPath(new URL(`../../schemas/hr/migrations/${kind}`, import.meta.url))

/** One kind of HR database, with `sql` run by its owner. */
interface Place {
  readonly with: <A>(use: (operations: Operations) => Effect.Effect<A, unknown>) => Promise<A>
  readonly sql: (text: string) => Promise<void>
  /** SQL of the moment that many seconds ago. */
  readonly ago: (seconds: number) => string
  readonly stop: () => Promise<void>
}

const postgresql = async (): Promise<Place> => {
  const server = await startServer("postgresql")
  const { password, pathname, username } = new URL(server.url)
  const options = {
    host: server.host,
    port: server.port,
    database: pathname.slice(1),
    user: username,
    password: Redacted.make(password),
    tls: false as const,
    applicationName: "operations test"
  }
  await Effect.runPromise(migratePostgres({ postgres: options, migrationsFolder: folder("postgresql") }))
  const owner = new Client({ connectionString: server.url })
  await owner.connect()
  return {
    with: (use) => Effect.runPromise(Effect.scoped(Effect.flatMap(openPostgres(options, "lms-hr"), use))),
    sql: async (text) => void (await owner.query(text)),
    ago: (seconds) => `clock_timestamp() - interval '${seconds} seconds'`,
    stop: async () => {
      await owner.end()
      await server.stop()
    }
  }
}

const mysqlKind = (kind: "mysql" | "mariadb") => async (): Promise<Place> => {
  const server: RunningServer = await startServer(kind)
  const { password, username } = new URL(server.url)
  const options = {
    host: server.host,
    port: server.port,
    user: username,
    password: Redacted.make(password),
    tls: false as const,
    applicationName: "operations test"
  }
  await Effect.runPromise(migrateMySql({ mysql: options, migrationsFolder: folder("mysql") }))
  const owner = await createConnection({ uri: server.url, multipleStatements: true })
  return {
    with: (use) => Effect.runPromise(Effect.scoped(Effect.flatMap(openMySql(options, "lms-hr"), use))),
    sql: async (text) => void (await owner.query(text)),
    ago: (seconds) => `utc_timestamp(6) - interval ${seconds} second`,
    stop: async () => {
      await owner.end()
      await server.stop()
    }
  }
}

describe.each([
  ["postgresql", postgresql],
  ["mysql", mysqlKind("mysql")],
  ["mariadb", mysqlKind("mariadb")]
] as const)("what operators store on %s", (_, open) => {
  let place: Place
  beforeAll(async () => {
    place = await open()
  })
  afterAll(() => place?.stop())

  it("keeps the last word on each role, with who and why as they were typed (G4)", async () => {
    expect(await place.with((operations) => operations.controls)).toEqual([])
    const reason = `升级 'HR' \\ "now"; -- 😀`
    const controls = await place.with((operations) =>
      Effect.gen(function* () {
        yield* operations.setControl({ role: "apply", paused: true, reason: "first", changedBy: "a@b" })
        yield* operations.setControl({ role: "apply", paused: true, reason, changedBy: "o'hara@db" })
        yield* operations.setControl({ role: "capture", paused: false, reason: "", changedBy: "a@b" })
        return yield* operations.controls
      })
    )
    const changedAt = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/) as unknown
    expect(controls).toEqual([
      { role: "capture", paused: false, reason: "", changedBy: "a@b", changedAt, eventsPerSecond: null },
      { role: "apply", paused: true, reason, changedBy: "o'hara@db", changedAt, eventsPerSecond: null }
    ])
  })

  it("keeps a limit beside a pause: neither touches the other (G4, G8)", async () => {
    const controls = await place.with((operations) =>
      Effect.gen(function* () {
        yield* operations.setControl({ role: "apply", paused: true, reason: "upgrade", changedBy: "a@b" })
        yield* operations.setThrottle({
          role: "apply",
          eventsPerSecond: 50,
          reason: "slow",
          changedBy: "c@d"
        })
        yield* operations.setThrottle({
          role: "capture",
          eventsPerSecond: 9,
          reason: "busy",
          changedBy: "c@d"
        })
        const limited = yield* operations.controls
        yield* operations.setControl({ role: "apply", paused: false, reason: "", changedBy: "a@b" })
        yield* operations.setThrottle({
          role: "capture",
          eventsPerSecond: null,
          reason: "",
          changedBy: "c@d"
        })
        return [...limited, ...(yield* operations.controls)]
      })
    )
    expect(
      controls.map(({ eventsPerSecond, paused, reason, role }) => [role, paused, eventsPerSecond, reason])
    ).toEqual([
      ["capture", false, 9, "busy"],
      ["apply", true, 50, "upgrade"],
      ["capture", false, null, ""],
      ["apply", false, 50, ""]
    ])
  })

  it("tells lag from the database alone: unknown is null, silence grows, news is as old as it was (G1)", async () => {
    expect(await place.with((operations) => operations.lag)).toBeUndefined()
    const set = (committed: string, updated: string) =>
      place.sql(`delete from gradewire.apply_offset;
        insert into gradewire.apply_offset (connector, position, holder, committed_at, updated_at)
        values ('lms-hr', '0', 'pod', ${committed}, ${updated})`)
    await set("null", place.ago(1))
    expect(await place.with((operations) => operations.lag)).toMatchObject({
      totalSeconds: null,
      held: 0,
      oldestHeldSeconds: null,
      deadLetters: 0
    })
    await set(place.ago(5), place.ago(2))
    const fresh = (await place.with((operations) => operations.lag))!
    expect(fresh.totalSeconds).toBeCloseTo(3, 1)
    expect(fresh.heartbeatAgeSeconds).toBeGreaterThanOrEqual(2)
    await set(place.ago(500), place.ago(400))
    expect((await place.with((operations) => operations.lag))!.totalSeconds).toBeGreaterThanOrEqual(500)
  })

  it("counts what is held and refused, and how long the oldest waits (G1)", async () => {
    await place.sql(`insert into gradewire.held_change (connector, result_id, position, event, reason, held_at, updated_at)
      values ('lms-hr', 'a', '0', '{}', 'ABSENT', ${place.ago(90)}, ${place.ago(1)}),
             ('lms-hr', 'b', '0', '{}', 'ABSENT', ${place.ago(10)}, ${place.ago(1)}),
             ('other', 'c', '0', '{}', 'ABSENT', ${place.ago(9000)}, ${place.ago(1)})`)
    const lag = (await place.with((operations) => operations.lag))!
    expect(lag.held).toBe(2)
    expect(lag.oldestHeldSeconds).toBeGreaterThanOrEqual(90)
    expect(lag.oldestHeldSeconds).toBeLessThan(1000)
  })

  it("knows the last comparison of everything that was finished, and what it left to mend (G1)", async () => {
    const comparison = () => place.with((operations) => operations.comparison)
    expect(await comparison()).toBeUndefined()
    const whole = '{"tables":null,"course":null,"person":null,"since":null}'
    const run = (name: string, state: string, scope: string, seconds: number) =>
      place.sql(`insert into gradewire.reconciliation_run
        (connector, run, state, scope, tables, by_whom, holder, started_at, updated_at, finished_at)
        values ('lms-hr', '${name}', '${state}', '${scope}', '[]', 'a', 'b', ${place.ago(seconds + 9)}, ${place.ago(seconds)},
          ${place.ago(seconds)})`)
    const difference = (name: string, kind: string, row: number, repaired: string) =>
      place.sql(`insert into gradewire.reconciliation_diff
        (connector, run, place, row_id, table_name, kind, fields, found_at, repaired_at)
        values ('lms-hr', '${name}', 0, '${row}', 't', '${kind}', '', ${place.ago(9)}, ${repaired})`)
    await run("older", "done", whole, 5000)
    await difference("older", "extra", 1, "null")
    await run("newest", "done", whole, 1000)
    await run("part", "done", '{"tables":["t"],"course":null,"person":null,"since":null}', 10)
    await run("person", "done", '{"tables":null,"course":null,"person":"E1","since":null}', 10)
    await run("broken", "failed", whole, 10)
    expect(await comparison()).toMatchObject({ run: "newest", differences: new Map() })
    await difference("newest", "missing", 1, "null")
    await difference("newest", "missing", 2, "null")
    await difference("newest", "missing", 3, place.ago(1))
    await difference("newest", "held", 4, "null")
    const last = (await comparison())!
    expect(last.differences).toEqual(new Map([["missing", 2]]))
    expect(last.ageSeconds).toBeGreaterThanOrEqual(1000)
    expect(last.ageSeconds).toBeLessThan(1500)
  })

  it("keeps what was told of each alert, for each speaker, to the millisecond (G4)", async () => {
    const text = `apply is still paused: o'hara: "升级" \\ 😀`
    const paused = { alert: "GradewirePausedLong", subject: "apply" }
    const letters = { alert: "GradewireDeadLetters", subject: "" }
    const [since, told] = [1_795_348_800_123, 1_795_348_801_456]
    const found = await place.with((operations) =>
      Effect.gen(function* () {
        const [own, other] = [operations.alerts("all"), operations.alerts("apply-0-1")]
        yield* own.write({
          kept: [
            { ...paused, sinceMillis: since, toldMillis: undefined, text, owedTo: [], over: false },
            { ...letters, sinceMillis: since, toldMillis: told, text: "x", owedTo: ["on-call"], over: true }
          ],
          gone: []
        })
        yield* other.write({
          kept: [
            { ...letters, sinceMillis: 1, toldMillis: 2, text: "y", owedTo: ["ops", "on-call"], over: true }
          ],
          gone: []
        })
        yield* own.write({
          kept: [{ ...paused, sinceMillis: since, toldMillis: told, text, owedTo: ["on-call"], over: false }],
          gone: [letters]
        })
        return { own: yield* own.read, other: yield* other.read }
      })
    )
    expect(found).toEqual({
      own: [{ ...paused, sinceMillis: since, toldMillis: told, text, owedTo: ["on-call"], over: false }],
      other: [
        { ...letters, sinceMillis: 1, toldMillis: 2, text: "y", owedTo: ["ops", "on-call"], over: true }
      ]
    })
    await place.sql(
      `update gradewire.alert_state set updated_at = ${place.ago(31 * 86_400)} where speaker = 'all'`
    )
    const read = (speaker: string) => place.with((operations) => operations.alerts(speaker).read)
    expect([await read("all"), (await read("apply-0-1")).length]).toEqual([[], 1])
  })
})
