/**
 * The people of the training system: several connections that write as planned, at the rate that was asked for.
 *
 * A clock decides when a transaction is due, not the end of the one before; where the server cannot keep up, transactions
 * queue, and the achieved rate says so. The row a change leaves behind is entered in the book when its COMMIT returned.
 */
import type { Connection, ResultSetHeader } from "mysql2/promise"
import type { ArrivalBook, Committed, ResultState } from "./ArrivalBook.ts"
import type { LearnerKind } from "./people.ts"
import type { NewResult, PlannedResult, Step, Transaction, WorkloadPlan } from "./plan-workload.ts"

export const SCORE_TABLE = "training.成绩"
export const refOf = (id: string): string => `${SCORE_TABLE}:${id}`

const EXPECTATION: Readonly<Record<LearnerKind, Committed["expectation"]>> = {
  phone: "now",
  email: "now",
  late: "later",
  absent: "never",
  ambiguous: "never",
  conflict: "never"
}

const stateOf = (score: string | null): ResultState => score ?? "NULL"

interface Effect {
  readonly ref: string
  readonly state: ResultState
  readonly result: PlannedResult
  readonly weight: number
}

export interface BulkTimes {
  readonly rows: number
  readonly committedAt: number
}

export class Writers {
  readonly bulks: Array<BulkTimes> = []
  /** committed score changes of the paced workload */
  paced = 0
  rolledBack = 0
  transactions = 0
  readonly #lanes: ReadonlyArray<Lane>
  readonly #plan: WorkloadPlan
  readonly #book: ArrivalBook

  constructor(connections: ReadonlyArray<Connection>, plan: WorkloadPlan, book: ArrivalBook) {
    this.#lanes = connections.map((connection) => ({ connection, queue: [], busy: Promise.resolve() }))
    this.#plan = plan
    this.#book = book
  }

  /** Transactions that are due and not begun. */
  get queued(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.queue.length, 0)
  }

  /**
   * Hands out what is due at `rate` changes per second until `seconds` are over; then waits for what is under way. What
   * is queued by then is `dropped`, or `written`, so that the plan can be gone on with.
   */
  async run(
    rate: number,
    seconds: number,
    abort: AbortSignal,
    queued: "dropped" | "written" = "dropped"
  ): Promise<void> {
    const start = performance.now()
    let planned = 0
    const failed = Promise.withResolvers<never>()
    failed.promise.catch(() => undefined)
    for (;;) {
      const elapsed = (performance.now() - start) / 1000
      if (elapsed >= seconds || abort.aborted) break
      // a server that is far behind would only pile them up here
      while (planned < elapsed * rate && this.queued < rate) {
        for (const transaction of this.#plan.next()) {
          planned += transaction.changes
          this.#hand(transaction).catch(failed.reject)
        }
      }
      await Promise.race([failed.promise, new Promise((done) => setTimeout(done, 2))])
    }
    if (queued === "dropped") for (const lane of this.#lanes) lane.queue.length = 0
    await Promise.all(this.#lanes.map((lane) => lane.busy))
  }

  /** One large import, beside the paced workload. */
  async bulk(rows: number): Promise<void> {
    await this.#hand(this.#plan.bulk(rows))
  }

  /** One score of somebody HR knows; resolves with its ref once committed. */
  async single(): Promise<string> {
    const transaction = this.#plan.single()
    await this.#hand(transaction)
    const [step] = transaction.steps
    if (step?.kind !== "insert") throw new Error("a single score is an insert")
    return refOf(step.rows[0]!.result.id!)
  }

  async close(): Promise<void> {
    for (const { connection } of this.#lanes) connection.destroy()
  }

  /** Queues it; resolves when it is committed or rolled back. */
  #hand(transaction: Transaction): Promise<void> {
    const lane = this.#lanes[transaction.lane]!
    lane.queue.push(transaction)
    lane.busy = this.#inTurn(lane, lane.busy, transaction)
    return lane.busy
  }

  async #inTurn(lane: Lane, before: Promise<void>, transaction: Transaction): Promise<void> {
    await before
    // what is still queued when the time is over is not written at all
    if (lane.queue.shift() !== undefined) await this.#execute(lane.connection, transaction)
  }

  async #execute(connection: Connection, transaction: Transaction): Promise<void> {
    const { rollback, steps } = transaction
    const effects = new Map<string, Effect>()
    const alone = steps.length === 1 && !rollback
    if (!alone) await connection.query("BEGIN")
    let sentAt = performance.now()
    for (const step of steps) {
      for (const effect of await write(connection, step)) effects.set(effect.ref, effect)
    }
    if (!alone) {
      sentAt = performance.now()
      await connection.query(rollback ? "ROLLBACK" : "COMMIT")
    }
    const returnedAt = performance.now()
    this.transactions += 1
    if (rollback) {
      this.rolledBack += 1
      return
    }
    for (const { ref, result, state, weight } of effects.values()) {
      const expectation = EXPECTATION[result.learner.kind]
      this.#book.committed({ ref, state, sentAt, returnedAt, expectation, weight, bulk: transaction.bulk })
    }
    if (transaction.bulk) this.bulks.push({ rows: effects.size, committedAt: returnedAt })
    else this.paced += transaction.changes
  }
}

interface Lane {
  readonly connection: Connection
  readonly queue: Array<Transaction>
  busy: Promise<void>
}

/** Runs one step; returns what it does to the profile once committed. */
const write = async (connection: Connection, step: Step): Promise<ReadonlyArray<Effect>> => {
  switch (step.kind) {
    case "insert":
      return insert(connection, step.rows)
    case "mark": {
      const { comment, result, score } = step
      const sql =
        comment === undefined
          ? "UPDATE training.`成绩` SET `分数` = ? WHERE id = ?"
          : "UPDATE training.`成绩` SET `分数` = ?, `评语` = ? WHERE id = ?"
      await changeOne(connection, sql, [score, ...(comment === undefined ? [] : [comment]), result.id!])
      return [{ ref: refOf(result.id!), state: stateOf(score), result, weight: 1 }]
    }
    case "delete":
      await changeOne(connection, "DELETE FROM training.`成绩` WHERE id = ?", [step.result.id!])
      return [{ ref: refOf(step.result.id!), state: null, result: step.result, weight: 1 }]
    case "rekey": {
      const { id, result, score } = step
      const former = result.id!
      await changeOne(connection, "UPDATE training.`成绩` SET id = ? WHERE id = ?", [id, former])
      result.id = id
      return [
        { ref: refOf(former), state: null, result, weight: 0 },
        { ref: refOf(id), state: stateOf(score), result, weight: 1 }
      ]
    }
    case "note":
      await connection.query("UPDATE training.`成绩` SET `备注` = ? WHERE id = ?", [
        step.note,
        step.result.id!
      ])
      return []
    case "visit":
      await connection.query(
        "INSERT INTO training.`学习日志` (`学员id`, `页面`, `停留秒数`, `时间`) VALUES (?, ?, ?, NOW(3))",
        [step.learner.id, step.page, step.seconds]
      )
      return []
  }
}

const changeOne = async (connection: Connection, sql: string, values: Array<string>): Promise<void> => {
  const [outcome] = await connection.query<ResultSetHeader>(sql, values)
  if (outcome.affectedRows !== 1) throw new Error(`${outcome.affectedRows} rows instead of one: ${sql}`)
}

const INSERT =
  "INSERT INTO training.`成绩` (`学员id`, `考试编号`, `分数`, `满分`, `及格线`, `完成时间`, `评语`, `备注`) VALUES ?"

/** The training system lives at UTC+8 and stores times without a zone. */
const localTime = (secondsAgo: number): string =>
  new Date(Date.now() - secondsAgo * 1000 + 8 * 3_600_000).toISOString().slice(0, 23).replace("T", " ")

/** Ids of one INSERT with a known number of rows are consecutive (MySQL manual, 17.6.1.6 AUTO_INCREMENT Handling in InnoDB). */
const insert = async (
  connection: Connection,
  rows: ReadonlyArray<NewResult>
): Promise<ReadonlyArray<Effect>> => {
  const values = rows.map(({ comment, finishedAgo, note, result: { exam, learner }, score }) => [
    learner.id,
    exam.no,
    score,
    exam.fullMark,
    exam.passMark,
    localTime(finishedAgo),
    comment,
    note
  ])
  const [outcome] = await connection.query<ResultSetHeader>(INSERT, [values])
  return rows.map(({ result, score }, place) => {
    result.id = String(outcome.insertId + place)
    return { ref: refOf(result.id), state: stateOf(score), result, weight: 1 }
  })
}
