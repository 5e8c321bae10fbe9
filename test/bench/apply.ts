/**
 * Rows applied to PostgreSQL per second, and the client's CPU time per row: our batch statement, which matches persons,
 * guards, fences and moves the offset, against two baselines that only write the same rows to the same two tables in a
 * transaction: drizzle's insert builder, and a bare prepared insert of many rows. Alternating rounds on one durable
 * server. Progress goes to stderr; the last line of stdout is the result as JSON.
 *
 *   node test/bench/apply.ts
 */
import { Effect } from "effect"
import { sql } from "drizzle-orm"
import { drizzle } from "drizzle-orm/node-postgres"
import { numeric, pgSchema, text, timestamp } from "drizzle-orm/pg-core"
import { Client } from "pg"
import { migrate } from "../../connectors/hr/postgres/migrate.ts"
import { layer } from "../../connectors/hr/postgres/PostgresProfileStore.ts"
import { startServer } from "../../deploy/servers/server.ts"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import { resultLedger } from "../../schemas/hr/tables.ts"
import { ordinalOf, positionIn, transactionPrefix } from "../../schemas/position.ts"
import { ProfileStore } from "../../src/apply/ProfileStore.ts"
import { MIGRATIONS, postgresOptions } from "../conformance/postgresql-hr-world.ts"
import { publishResult } from "./result-file.ts"

const BATCH_ROWS = 1000
const ROUNDS = 25
const WARM_UP_ROUNDS = 6
const EMPLOYEES = 20_000
/** Results that stand there already. */
const OLD_RESULTS = 300_000

const progress = (line: string): void => void process.stderr.write(`${line}\n`)

const TABLES = `
create schema hr;
create table hr.employee (no text primary key, phone text);
create index on hr.employee (phone);
insert into hr.employee select 'E' || i, '138' || i from generate_series(1, ${EMPLOYEES}) i;
create table hr.training_record (
  employee_no text not null, exam_score numeric(5,2), result_id text primary key, finish_timestamp timestamptz)`

const FILL = `
insert into gradewire.learner_directory (connector, learner_id, position, phone)
  select 'bench', i::text, '0', '138' || i from generate_series(1, ${EMPLOYEES}) i;
insert into gradewire.person_link
  select 'bench', i::text, 'E' || i, 'phone', now() from generate_series(1, ${EMPLOYEES}) i;
insert into gradewire.result_ledger (connector, result_id, position, event_id, state, employee_key, applied_at)
  select 'bench', 'lms.exam:old' || i, '0', 'x', 'recorded', 'E' || (i % ${EMPLOYEES} + 1), now()
  from generate_series(1, ${OLD_RESULTS}) i;
insert into hr.training_record
  select 'E' || (i % ${EMPLOYEES} + 1), 50, 'lms.exam:old' || i, now() from generate_series(1, ${OLD_RESULTS}) i;
analyze`

const trainingRecord = pgSchema("hr").table("training_record", {
  employeeNo: text("employee_no").notNull(),
  examScore: numeric("exam_score"),
  resultId: text("result_id").primaryKey(),
  finishTimestamp: timestamp("finish_timestamp", { withTimezone: true, mode: "string" })
})

let change = 0
const nextPosition = (): string => positionIn(transactionPrefix(1, 1, ++change), ordinalOf(1, 0, 0))

interface Score {
  readonly position: string
  readonly resultId: string
  readonly learner: number
  readonly raw: string
}

/** Half of a round's results are new, half are corrections of old ones. */
const roundOf = (): ReadonlyArray<Score> =>
  Array.from({ length: BATCH_ROWS }, (_, index) => {
    const position = nextPosition()
    const isNew = index % 2 === 0
    const old = 1 + ((change * 7919) % OLD_RESULTS)
    return {
      position,
      resultId: isNew ? `lms.exam:${change}` : `lms.exam:old${old}`,
      learner: 1 + ((change * 31) % EMPLOYEES),
      raw: `${change % 100}.50`
    }
  })

const SUBMITTED = "2026-11-22T08:00:00.123Z"

const eventOf = ({ learner, position, raw, resultId }: Score): ChangeEvent => ({
  specversion: "1.0",
  id: `binlog.000001:${position}`,
  source: "urn:gradewire:bench",
  type: "gradewire.score.recorded.v1",
  subject: "lms.exam",
  time: SUBMITTED,
  datacontenttype: "application/json",
  sequence: position,
  data: {
    resultId,
    origin: "binlog",
    learner: { id: String(learner) },
    score: { raw },
    attempt: { submittedAt: SUBMITTED }
  }
})

const offsetAt = (position: string): ApplyOffset => ({
  position,
  generation: 0,
  streamSequence: change,
  anchor: { file: "binlog.000001", position: 4, gtid: null, server: "mysql:bench", timeline: 1 },
  committedAt: SUBMITTED
})

type Contender = (scores: ReadonlyArray<Score>) => Promise<void>

const ours = (store: ProfileStore["Service"], epoch: number): Contender => {
  let after: ApplyOffset | undefined
  return async (scores) => {
    const offset = offsetAt(scores.at(-1)!.position)
    const changes = scores.map(eventOf)
    const outcome = await Effect.runPromise(
      store.apply(epoch, { after, offset, changes, events: changes.length, refusal: undefined })
    )
    if (outcome.applied !== scores.length) throw new Error(`applied ${outcome.applied} of ${scores.length}`)
    after = offset
  }
}

const builder = (client: Client): Contender => {
  const database = drizzle(client)
  return async (scores) => {
    await database.transaction(async (transaction) => {
      const ledger = scores.map((score) => ({
        connector: "drizzle",
        resultId: score.resultId,
        position: score.position,
        eventId: score.position,
        state: "recorded" as const,
        employeeKey: `E${score.learner}`,
        appliedAt: SUBMITTED
      }))
      await transaction
        .insert(resultLedger)
        .values(ledger)
        .onConflictDoUpdate({
          target: [resultLedger.connector, resultLedger.resultId],
          set: { position: sql`excluded.position`, eventId: sql`excluded.event_id` },
          setWhere: sql`${resultLedger.position} < excluded.position`
        })
      const rows = scores.map((score) => ({
        employeeNo: `E${score.learner}`,
        examScore: score.raw,
        resultId: score.resultId,
        finishTimestamp: SUBMITTED
      }))
      await transaction
        .insert(trainingRecord)
        .values(rows)
        .onConflictDoUpdate({
          target: trainingRecord.resultId,
          set: { examScore: sql`excluded.exam_score`, finishTimestamp: sql`excluded.finish_timestamp` }
        })
    })
  }
}

const placeholders = (columns: number): string =>
  Array.from(
    { length: BATCH_ROWS },
    (_, row) =>
      `(${Array.from({ length: columns }, (__, column) => `$${row * columns + column + 1}`).join(",")})`
  ).join(",")

const prepared = (client: Client): Contender => {
  const ledger = `insert into gradewire.result_ledger as t
    (connector, result_id, position, event_id, state, employee_key, applied_at) values ${placeholders(7)}
    on conflict (connector, result_id) do update set position = excluded.position, event_id = excluded.event_id
    where t.position < excluded.position`
  const target = `insert into hr.training_record values ${placeholders(4)}
    on conflict (result_id) do update set exam_score = excluded.exam_score, finish_timestamp = excluded.finish_timestamp`
  return async (scores) => {
    await client.query("begin")
    const entries = scores.flatMap(({ learner, position, resultId }) => [
      "prepared",
      resultId,
      position,
      position,
      "recorded",
      `E${learner}`,
      SUBMITTED
    ])
    await client.query({ name: "ledger", text: ledger, values: entries })
    const rows = scores.flatMap(({ learner, raw, resultId }) => [`E${learner}`, raw, resultId, SUBMITTED])
    await client.query({ name: "target", text: target, values: rows })
    await client.query("commit")
  }
}

interface Sample {
  readonly seconds: number
  readonly cpuMicros: number
}

const measure = async (contender: Contender): Promise<Sample> => {
  const scores = roundOf()
  const before = process.cpuUsage()
  const from = performance.now()
  await contender(scores)
  const used = process.cpuUsage(before)
  return { seconds: (performance.now() - from) / 1000, cpuMicros: used.user + used.system }
}

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

const summary = (samples: ReadonlyArray<Sample>) => ({
  rowsPerSecond: Math.round(BATCH_ROWS / median(samples.map(({ seconds }) => seconds))),
  clientCpuMicrosPerRow: Number((median(samples.map(({ cpuMicros }) => cpuMicros)) / BATCH_ROWS).toFixed(1))
})

const run = async (contenders: Readonly<Record<string, Contender>>) => {
  const samples = new Map<string, Array<Sample>>(Object.keys(contenders).map((name) => [name, []]))
  for (let round = 1; round <= WARM_UP_ROUNDS + ROUNDS; round++) {
    for (const [name, contender] of Object.entries(contenders)) {
      const sample = await measure(contender)
      if (round > WARM_UP_ROUNDS) samples.get(name)!.push(sample)
    }
    if (round % 5 === 0) progress(`round ${round} of ${WARM_UP_ROUNDS + ROUNDS}`)
  }
  return Object.fromEntries([...samples].map(([name, taken]) => [name, summary(taken)] as const))
}

/** A score that comes alone: milliseconds from call to commit, every one durable. */
const lone = async (store: ProfileStore["Service"], epoch: number, after: ApplyOffset | undefined) => {
  const taken: Array<number> = []
  let at = after
  for (let index = 0; index < 200; index++) {
    const [score] = roundOf()
    const offset = offsetAt(score!.position)
    const from = performance.now()
    const batch = { after: at, offset, changes: [eventOf(score!)], events: 1, refusal: undefined }
    await Effect.runPromise(store.apply(epoch, batch))
    taken.push(performance.now() - from)
    at = offset
  }
  return Number(median(taken).toFixed(2))
}

const main = async (): Promise<void> => {
  const server = await startServer("postgresql", { durable: true, progress })
  const client = new Client(server.url)
  try {
    await client.connect()
    await client.query(TABLES)
    await Effect.runPromise(migrate({ postgres: postgresOptions(server), migrationsFolder: MIGRATIONS }))
    progress(`filling ${OLD_RESULTS} results of ${EMPLOYEES} employees`)
    await client.query(FILL)
    const store = layer({
      connector: "bench",
      holder: "bench",
      postgres: postgresOptions(server),
      mapping: {
        zone: 0,
        employees: { table: "hr.employee", key: "no", match: [{ learner: "phone", employee: "phone" }] },
        scores: [
          {
            table: "lms.exam",
            target: {
              table: "hr.training_record",
              key: ["result_id"],
              columns: {
                employee_no: "employee",
                exam_score: "score.raw",
                result_id: "resultId",
                finish_timestamp: "attempt.submittedAt"
              }
            }
          }
        ]
      }
    })
    const program = Effect.gen(function* () {
      const profile = yield* ProfileStore
      const { epoch } = yield* profile.takeOver
      const contenders = { ours: ours(profile, epoch), drizzle: builder(client), prepared: prepared(client) }
      const results = yield* Effect.promise(() => run(contenders))
      const loneMillis = yield* Effect.flatMap(profile.offset, (offset) =>
        Effect.promise(() => lone(profile, epoch, offset))
      )
      return { results, loneMillis }
    })
    const { loneMillis, results } = await Effect.runPromise(Effect.provide(program, store))
    const { drizzle: byBuilder, ours: own, prepared: bare } = results
    const line = {
      bench: "apply",
      batchRows: BATCH_ROWS,
      ...own,
      loneMillis,
      baseline: "drizzle-orm 0.45.4 insert builder, writes only",
      ratio: Number((own!.rowsPerSecond / byBuilder!.rowsPerSecond).toFixed(2)),
      cpuRatio: Number((byBuilder!.clientCpuMicrosPerRow / own!.clientCpuMicrosPerRow).toFixed(1)),
      drizzle: byBuilder,
      prepared: bare
    }
    publishResult(line)
  } finally {
    await client.end().catch(() => undefined)
    await server.stop()
  }
}

await main()
