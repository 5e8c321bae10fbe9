/**
 * Rows applied per second, and the client's CPU time per row: our batch, which matches persons, guards, keeps a history,
 * fences and moves the offset, against two baselines that only write the same rows to one unguarded table: drizzle's
 * insert builder, and a bare prepared insert of many rows. Alternating rounds on one durable server. Progress goes to
 * stderr; the last line of stdout is the result as JSON.
 *
 *   node test/bench/apply.ts [postgresql|mysql|mariadb] [--results 300000] [--seconds 40] [--server --shared_buffers=6GB]...
 *
 * `--results` is how many results the ledger holds already, `--server` a flag of the server's program.
 *
 * Where the server's CPU time of a batch in our own table goes on PostgreSQL (61 ms for 1,000 rows, half of them
 * corrections, 100,000 in the ledger; each part run by itself): a tenth parses the events, a quarter looks up ledger, link
 * and held change of each and judges; 15 % writes the ledger, a quarter the record, a tenth the history, the rest computes
 * values and passes rows on. Only the record is what the bare insert writes too, in 19 ms. Writing known rows of the ledger
 * by their place showed no gain. Updates that stay on their page (fillfactor 85: two in three of the
 * ledger instead of one, half of the record's instead of a fifth) showed no gain in rows above the noise of a busy machine.
 */
import { Effect } from "effect"
import { parseArgs } from "node:util"
import { startServer } from "../../deploy/servers/server.ts"
import { ProfileStore } from "../../src/apply/ProfileStore.ts"
import { mysqlBench } from "./apply-mysql.ts"
import { postgresBench } from "./apply-postgresql.ts"
import { BATCH_ROWS, lone, ours, progress, race, type Contender } from "./apply-rounds.ts"
import { publishResult } from "./result-file.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    results: { type: "string", default: "300000" },
    seconds: { type: "string", default: "40" },
    server: { type: "string", multiple: true, default: [] }
  }
})
const kind = positionals[0] ?? "postgresql"
if (kind !== "postgresql" && kind !== "mysql" && kind !== "mariadb")
  throw new Error(`no such server: ${kind}; postgresql, mysql or mariadb`)
const oldResults = Number(values.results)

/** A store of its own for each mode, so that both may take part in one race: the one who took over last may write. */
const withStore = <A>(
  bench: Awaited<ReturnType<typeof postgresBench>>,
  mode: "own" | "mapped",
  use: (contender: Contender) => Promise<A>
): Promise<A> =>
  Effect.runPromise(
    Effect.provide(
      Effect.gen(function* () {
        const profile = yield* ProfileStore
        const { epoch, offset } = yield* profile.takeOver
        return yield* Effect.promise(() => use(ours(profile, epoch, offset)))
      }),
      bench.store(mode)
    )
  )

const main = async (): Promise<void> => {
  const server = await startServer(kind, { durable: true, progress, settings: values.server })
  try {
    progress(`filling ${oldResults} results`)
    const bench = await (kind === "postgresql" ? postgresBench : mysqlBench)(server, oldResults)
    const limits = { rounds: 25, warmUp: 5, seconds: Number(values.seconds) }
    const own = await withStore(bench, "own", async (contender) => {
      const { drizzle, prepared } = bench
      const raced = await race({ own: contender, drizzle, prepared }, oldResults, limits)
      return { ...raced, loneMillis: await lone(contender, oldResults) }
    })
    const { mapped } = await withStore(bench, "mapped", (contender) =>
      race({ mapped: contender }, oldResults, { ...limits, seconds: limits.seconds / 4 })
    )
    const ratio = (a: number, b: number) => Number((a / b).toFixed(2))
    const found = {
      batchRows: BATCH_ROWS,
      own: own.own,
      mapped,
      loneMillis: own.loneMillis,
      drizzle: own.drizzle,
      prepared: own.prepared,
      timesDrizzle: ratio(own.own.rowsPerSecond, own.drizzle.rowsPerSecond),
      preparedTimesOurs: ratio(own.prepared.rowsPerSecond, own.own.rowsPerSecond)
    }
    const name = [`ledgerOf${oldResults}`, ...values.server].join(" ")
    publishResult({ bench: `apply-${kind}`, [name]: found })
    await bench.stop()
  } finally {
    await server.stop()
  }
}

await main()
