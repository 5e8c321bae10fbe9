/**
 * How long held results wait once HR has entered their people all at once, and how long a new score then waits for them at
 * most. Every call of release is followed by a live batch, as apply does it. The last line of stdout is the result as JSON.
 *
 *   node test/bench/release.ts [--server postgresql|mysql|mariadb] [--results 100000]
 */
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { createConnection } from "mysql2/promise"
import { Client } from "pg"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { parseArgs } from "node:util"
import * as mysql from "../../connectors/hr/mysql/MySqlProfileStore.ts"
import { migrate as migrateMySql } from "../../connectors/hr/mysql/migrate.ts"
import * as postgres from "../../connectors/hr/postgres/PostgresProfileStore.ts"
import { migrate as migratePostgres } from "../../connectors/hr/postgres/migrate.ts"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import { ordinalOf, positionIn, transactionPrefix } from "../../schemas/position.ts"
import { ProfileStore } from "../../src/apply/ProfileStore.ts"
import { MIGRATIONS as MYSQL_MIGRATIONS, mysqlOptions } from "../conformance/mysql-hr-world.ts"
import { MIGRATIONS, postgresOptions } from "../conformance/postgresql-hr-world.ts"
import { eventsOf, mappingFor, offsetAt, progress, roundOf } from "./apply-rounds.ts"
import { usageOf } from "./process-usage.ts"
import { publishResult } from "./result-file.ts"

const { values } = parseArgs({
  options: {
    server: { type: "string", default: "postgresql" },
    results: { type: "string", default: "100000" }
  }
})
const kind = values.server as "postgresql" | "mysql" | "mariadb"
const results = Number(values.results)
const LIVE_ROWS = 10
const FILL_ROWS = 1000

interface Database {
  readonly run: (text: string) => Promise<unknown>
  readonly end: () => Promise<void>
  readonly migrate: () => Promise<unknown>
  /** Processes that serve its connections, on this machine. */
  readonly pids: () => Promise<ReadonlyArray<number>>
  readonly layer: Layer.Layer<ProfileStore>
}

const databaseOf = async (server: RunningServer): Promise<Database> => {
  const store = { connector: "bench", holder: "bench", mapping: mappingFor("mapped") }
  if (kind === "postgresql") {
    const client = new Client(server.url)
    await client.connect()
    const options = postgresOptions(server)
    return {
      run: (text) => client.query(text),
      end: () => client.end(),
      migrate: () => Effect.runPromise(migratePostgres({ postgres: options, migrationsFolder: MIGRATIONS })),
      pids: async () =>
        (
          await client.query<{ pid: number }>(
            "select pid from pg_stat_activity where backend_type = 'client backend'"
          )
        ).rows.map(({ pid }) => pid),
      layer: postgres.layer({ ...store, postgres: options })
    }
  }
  const connection = await createConnection({ uri: server.url })
  const options = mysqlOptions(server)
  return {
    run: (text) => connection.query(text),
    end: () => connection.end(),
    migrate: () => Effect.runPromise(migrateMySql({ mysql: options, migrationsFolder: MYSQL_MIGRATIONS })),
    pids: async () => {
      const [rows] = await connection.query("select @@global.pid_file as file, @@global.datadir as folder")
      const { file, folder } = (rows as unknown as ReadonlyArray<Record<"file" | "folder", string>>)[0]!
      return [Number(readFileSync(resolve(folder, file), "utf8"))]
    },
    layer: mysql.layer({ ...store, mysql: options })
  }
}

const TABLES = [
  `create ${kind === "postgresql" ? "schema" : "database"} hr`,
  "create table hr.employee (no varchar(20) primary key, phone varchar(20))",
  "create index employee_phone on hr.employee (phone)",
  `create table hr.training_record (employee_no varchar(20) not null, exam_score numeric(5,2), result_id varchar(100) primary key,
    finish_timestamp ${kind === "postgresql" ? "timestamptz" : "datetime(6)"})`
]

const phoneOf = (n: number): string => `138${String(n).padStart(8, "0")}`
const pages = (count: number): ReadonlyArray<ReadonlyArray<number>> =>
  Array.from({ length: Math.ceil(count / FILL_ROWS) }, (_, page) =>
    Array.from({ length: Math.min(FILL_ROWS, count - page * FILL_ROWS) }, (_, n) => page * FILL_ROWS + n)
  )

/** In the order in which a training system would have them: not that of their ids as text. */
const heldOf = (n: number): ChangeEvent => {
  const [event] = eventsOf([
    {
      position: positionIn(transactionPrefix(1, 1, n + 1), ordinalOf(1, 0, 0)),
      resultId: `lms.exam:h${n}`,
      learner: n,
      raw: "50.00"
    }
  ])
  return {
    ...event!,
    data: { ...event!.data, learner: { id: `h${n}`, phone: `+86${phoneOf(n)}` } }
  } as ChangeEvent
}

/** New scores of people who are known. */
const liveChanges = (): ReadonlyArray<ChangeEvent> =>
  eventsOf(roundOf(1, LIVE_ROWS)).map(
    (event) =>
      ({
        ...event,
        data: { ...event.data, resultId: `lms.exam:l${event.sequence}`, learner: { phone: "+8613900000000" } }
      }) as ChangeEvent
  )

const cpuOf = (pids: ReadonlyArray<number>): number =>
  pids.reduce((sum, pid) => sum + usageOf(pid).cpuSeconds, 0)

const percentile = (given: ReadonlyArray<number>, share: number): number =>
  Number((given.toSorted((a, b) => a - b)[Math.floor(given.length * share)] ?? 0).toFixed(0))

const measure = async (store: ProfileStore["Service"], epoch: number, from: ApplyOffset) => {
  const releases: Array<number> = []
  const live: Array<number> = []
  let after: ApplyOffset = from
  let filed = 0
  let idle = 0
  const began = performance.now()
  const cpuFrom = process.cpuUsage()
  const memoryFrom = process.memoryUsage().rss
  let memoryMax = memoryFrom
  while (filed < results) {
    const start = performance.now()
    const { released } = await Effect.runPromise(store.release(epoch))
    releases.push(performance.now() - start)
    filed += released
    if (released === 0 && ++idle > 1000) throw new Error(`${filed} of ${results} are filed`)
    const changes = liveChanges()
    const offset = offsetAt(changes.at(-1)!.sequence)
    const batch = { after, offset, changes, events: changes.length, refusal: undefined }
    const begun = performance.now()
    await Effect.runPromise(store.apply(epoch, batch))
    live.push(performance.now() - begun)
    after = offset
    memoryMax = Math.max(memoryMax, process.memoryUsage().rss)
  }
  const seconds = (performance.now() - began) / 1000
  const { system, user } = process.cpuUsage(cpuFrom)
  return {
    seconds: Number(seconds.toFixed(1)),
    resultsPerSecond: Math.round(results / seconds),
    calls: releases.length,
    callMillis: { median: percentile(releases, 0.5), longest: percentile(releases, 1 - 1e-9) },
    liveMillis: { median: percentile(live, 0.5), longest: percentile(live, 1 - 1e-9) },
    clientCpuSeconds: Number(((system + user) / 1e6).toFixed(1)),
    grownMebibytes: Math.round((memoryMax - memoryFrom) / 2 ** 20)
  }
}

const main = async (): Promise<void> => {
  const server = await startServer(kind, { durable: true, progress })
  const scope = Scope.makeUnsafe()
  try {
    const database = await databaseOf(server)
    for (const text of TABLES) await database.run(text)
    await database.migrate()
    await database.run("insert into hr.employee values ('E0', '13900000000')")
    const store = Context.get(Effect.runSync(Layer.buildWithScope(database.layer, scope)), ProfileStore)
    const { epoch } = await Effect.runPromise(store.takeOver)
    progress(`holding ${results} results of as many people`)
    let after: ApplyOffset | undefined
    for (const page of pages(results)) {
      const changes = page.map(heldOf)
      const offset = offsetAt(changes.at(-1)!.sequence)
      const batch = { after, offset, changes, events: changes.length, refusal: undefined }
      const outcome = await Effect.runPromise(store.apply(epoch, batch))
      if (outcome.held !== changes.length) throw new Error(`held ${outcome.held} of ${changes.length}`)
      after = offset
    }
    // Live positions are behind those of the held ones.
    roundOf(1, results)
    for (const page of pages(results))
      await database.run(
        `insert into hr.employee values ${page.map((n) => `('P${n}', '${phoneOf(n)}')`).join(", ")}`
      )
    progress("their people are there")
    const pids = await database.pids()
    const cpuFrom = cpuOf(pids)
    const measured = await measure(store, epoch, after!)
    const serverCpuSeconds = Number((cpuOf(pids) - cpuFrom).toFixed(1))
    publishResult({ bench: `release-${kind}`, results, ...measured, serverCpuSeconds })
    await database.end()
  } finally {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    await server.stop()
  }
}

await main()
