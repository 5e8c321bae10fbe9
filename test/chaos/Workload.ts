/**
 * People who take exams while faults happen, as the demo's plan and writers have it; may be interrupted and gone on with.
 *
 * Every commit is known, unless the training database itself is killed: people stop before that and go on after.
 */
import type { Connection } from "mysql2/promise"
import { ArrivalBook } from "../../deploy/demo/ArrivalBook.ts"
import { EXAMS, type People } from "../../deploy/demo/people.ts"
import { WorkloadPlan } from "../../deploy/demo/plan-workload.ts"
import type { Random } from "../../deploy/demo/Random.ts"
import { connectTraining } from "../../deploy/demo/training-database.ts"
import { Writers } from "../../deploy/demo/Writers.ts"
import type { RunningServer } from "../../deploy/servers/server.ts"

const LANES = 3
const FOR_EVER_SECONDS = 3600

export class Workload {
  readonly book = new ArrivalBook()
  readonly #server: RunningServer
  readonly #plan: WorkloadPlan
  readonly #rate: number
  #writers: Writers | undefined
  #connections: ReadonlyArray<Connection> = []
  #abort = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #failure: unknown

  constructor(server: RunningServer, people: People, random: Random, rate: number) {
    this.#server = server
    this.#plan = new WorkloadPlan(random, people.learners, EXAMS, LANES)
    this.#rate = rate
  }

  async begin(): Promise<void> {
    this.#abort = new AbortController()
    const connections: Array<Connection> = []
    for (let lane = 0; lane < LANES; lane++) connections.push(await connectTraining(this.#server))
    const writers = new Writers(connections, this.#plan, this.book)
    this.#connections = connections
    this.#writers = writers
    this.#running = writers
      .run(this.#rate, FOR_EVER_SECONDS, this.#abort.signal, "written")
      .catch((error: unknown) => {
        this.#failure = error
      })
  }

  /** Everything begun is written. */
  async end(): Promise<void> {
    this.#abort.abort()
    await this.#running
    await this.#writers?.close()
    this.#writers = undefined
    if (this.#failure !== undefined) throw this.#failure
  }

  /** What the sessions of these people take for the time, in seconds away from the true one; it stands still unless 0. */
  async setClock(seconds: number): Promise<void> {
    const time = seconds === 0 ? "DEFAULT" : `UNIX_TIMESTAMP(SYSDATE(3)) + ${seconds}`
    // the server may be down, and people with it
    await Promise.allSettled(
      this.#connections.map((connection) => connection.query(`SET timestamp = ${time}`))
    )
  }

  /** One transaction of `rows` new results, beside the others. */
  async bulk(rows: number): Promise<void> {
    await this.#writers?.bulk(rows)
  }

  /** The last score of all, of somebody whom HR knows; people must have ended. Resolves with its ref. */
  async last(): Promise<string> {
    const connections: Array<Connection> = []
    for (let lane = 0; lane < LANES; lane++) connections.push(await connectTraining(this.#server))
    const writers = new Writers(connections, this.#plan, this.book)
    try {
      return await writers.single()
    } finally {
      await writers.close()
    }
  }
}
