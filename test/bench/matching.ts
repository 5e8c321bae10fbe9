/**
 * What matching costs apply: the same batches of new scores, whose persons are linked already, and whose phone numbers are
 * looked up anew; alternating rounds on one durable server with a large employee table. Then what reading that whole table
 * takes, and how much memory. Progress goes to stderr; the last line of stdout is the result as JSON.
 *
 *   node test/bench/matching.ts [--employees 1000000] [--seconds 20]
 */
import { Context, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { Client } from "pg"
import { parseArgs } from "node:util"
import { migrate } from "../../connectors/hr/postgres/migrate.ts"
import { layer } from "../../connectors/hr/postgres/PostgresProfileStore.ts"
import { startServer } from "../../deploy/servers/server.ts"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import { ProfileStore } from "../../src/apply/ProfileStore.ts"
import { keepHeapSmall } from "../../src/compose/small-heap.ts"
import { MIGRATIONS, postgresOptions } from "../conformance/postgresql-hr-world.ts"
import { BATCH_ROWS, eventsOf, mappingFor, offsetAt, progress, roundOf } from "./apply-rounds.ts"
import { publishResult } from "./result-file.ts"

const { values } = parseArgs({
  options: {
    employees: { type: "string", default: "1000000" },
    seconds: { type: "string", default: "20" }
  }
})
const employees = Number(values.employees)

/** One number in a hundred is spelled in a way that only the reading of the table finds. */
const TABLES = `
create schema hr;
create table hr.employee (no text primary key, phone text);
insert into hr.employee select 'E' || i,
  case when i % 100 = 0 then '(+86) 138-' || lpad(i::text, 8, '0') when i % 3 = 0 then '+86138' || lpad(i::text, 8, '0')
    else '138' || lpad(i::text, 8, '0') end
from generate_series(1, ${employees}) i;
create index on hr.employee (phone);
create table hr.training_record (
  employee_no text not null, exam_score numeric(5,2), result_id text primary key, finish_timestamp timestamptz)`

const LINKS = `insert into gradewire.person_link
  select 'bench', i::text, 'E' || i, 'phone', now() from generate_series(1, 20000) i; analyze`

type Mode = "linked" | "matched"

/** New results of linked learners, or of phone numbers alone. */
const changesOf = (mode: Mode): ReadonlyArray<ChangeEvent> =>
  eventsOf(roundOf(1)).map((event, index) => {
    const person =
      1 + ((Number(event.sequence.replace(/\D/g, "").slice(-12)) * 7919 + index * 31) % employees)
    const learner =
      mode === "linked"
        ? { id: String(1 + (person % 20_000)) }
        : { phone: `+86 138${String(person).padStart(8, "0")}` }
    return {
      ...event,
      data: { ...event.data, resultId: `lms.exam:${event.sequence}`, learner }
    } as ChangeEvent
  })

interface Spent {
  readonly wall: Array<number>
  readonly cpu: Array<number>
}

const median = (given: ReadonlyArray<number>): number =>
  given.toSorted((a, b) => a - b)[Math.floor(given.length / 2)] ?? 0

const main = async (): Promise<void> => {
  // As the shipped program does: without it the figure is the garbage that V8 lets lie on a large machine.
  const heap = Effect.runFork(keepHeapSmall)
  const server = await startServer("postgresql", { durable: true, progress })
  const scope = Scope.makeUnsafe()
  try {
    const client = new Client(server.url)
    await client.connect()
    progress(`filling ${employees} employees`)
    await client.query(TABLES)
    await Effect.runPromise(migrate({ postgres: postgresOptions(server), migrationsFolder: MIGRATIONS }))
    await client.query(LINKS)
    await client.end()
    const made = layer({
      connector: "bench",
      holder: "bench",
      postgres: postgresOptions(server),
      mapping: mappingFor("mapped")
    })
    const store = Context.get(Effect.runSync(Layer.buildWithScope(made, scope)), ProfileStore)
    const heapBefore = process.memoryUsage().rss
    const readFrom = performance.now()
    const cpuFrom = process.cpuUsage()
    const { epoch } = await Effect.runPromise(store.takeOver)
    const cpuRead = process.cpuUsage(cpuFrom)
    const readSeconds = (performance.now() - readFrom) / 1000
    const grownMebibytes = (process.memoryUsage().rss - heapBefore) / 2 ** 20
    progress(`read in ${readSeconds.toFixed(1)} s`)
    const spent: Readonly<Record<Mode, Spent>> = {
      linked: { wall: [], cpu: [] },
      matched: { wall: [], cpu: [] }
    }
    let after: ApplyOffset | undefined
    const until = performance.now() + Number(values.seconds) * 1000
    for (let round = 0; performance.now() < until; round++) {
      const mode = round % 2 === 0 ? "linked" : "matched"
      const changes = changesOf(mode)
      const offset = offsetAt(changes.at(-1)!.sequence)
      const from = performance.now()
      const cpu = process.cpuUsage()
      const outcome = await Effect.runPromise(
        store.apply(epoch, { after, offset, changes, events: changes.length, refusal: undefined })
      )
      if (outcome.applied !== changes.length)
        throw new Error(`applied ${outcome.applied} of ${changes.length}`)
      after = offset
      if (round < 6) continue
      const { system, user } = process.cpuUsage(cpu)
      spent[mode].wall.push(performance.now() - from)
      spent[mode].cpu.push((system + user) / 1000)
    }
    const perBatch = (mode: Mode) => ({
      batches: spent[mode].wall.length,
      wallMillis: Number(median(spent[mode].wall).toFixed(1)),
      clientCpuMillis: Number(median(spent[mode].cpu).toFixed(1))
    })
    const [linked, matched] = [perBatch("linked"), perBatch("matched")]
    publishResult({
      bench: "matching-postgresql",
      employees,
      rowsPerBatch: BATCH_ROWS,
      linked,
      matched,
      shareOfWall: Number((1 - linked.wallMillis / matched.wallMillis).toFixed(3)),
      shareOfClientCpu: Number((1 - linked.clientCpuMillis / matched.clientCpuMillis).toFixed(3)),
      reading: {
        seconds: Number(readSeconds.toFixed(1)),
        clientCpuSeconds: Number(((cpuRead.system + cpuRead.user) / 1e6).toFixed(1)),
        grownMebibytes: Number(grownMebibytes.toFixed(0))
      }
    })
  } finally {
    await Effect.runPromise(Fiber.interrupt(heap))
    await Effect.runPromise(Scope.close(scope, Exit.void))
    await server.stop()
  }
}

await main()
