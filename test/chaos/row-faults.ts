/** Faults of the rows: refused ones, very many in one transaction, people who become known. */
import { setTimeout as pause } from "node:timers/promises"
import type { ResultSetHeader } from "mysql2/promise"
import { EXAMS, type Learner } from "../../deploy/demo/people.ts"
import type { Random } from "../../deploy/demo/Random.ts"
import { refOf } from "../../deploy/demo/Writers.ts"
import type { RowFaultKind } from "./FaultKind.ts"
import type { Fault } from "./faults.ts"
import { type History, until } from "./History.ts"
import { asRoot } from "./source-faults.ts"
import { COMMENT_MAX, POISON_WORD } from "./HrDatabase.ts"

/** Three ways to be refused: by a rule, by a width, by a character that PostgreSQL has no room for. */
const POISONS: ReadonlyArray<string> = [`${POISON_WORD}性评语`, "长".repeat(COMMENT_MAX + 1), "nul \0 byte"]

const INSERT =
  "INSERT INTO training.`成绩` (`学员id`, `考试编号`, `分数`, `满分`, `及格线`, `完成时间`, `评语`) VALUES (?, ?, ?, ?, ?, NOW(3), ?)"
const CORRECT = "UPDATE training.`成绩` SET `分数` = ?, `评语` = ? WHERE id = ?"

class PoisonHand {
  readonly #history: History
  readonly #random: Random

  constructor(history: History, random: Random) {
    this.#history = history
    this.#random = random
  }

  async insert(learner: Learner, comment: string | null): Promise<string> {
    const exam = this.#random.pick(EXAMS)
    const values = [learner.id, exam.no, this.#score(), exam.fullMark, exam.passMark, comment]
    return asRoot(this.#history, async (connection) => {
      const [outcome] = await connection.query<ResultSetHeader>(INSERT, values)
      const id = String(outcome.insertId)
      this.#history.poisoned.add(refOf(id))
      return id
    })
  }

  async correct(id: string, comment: string | null): Promise<void> {
    const values = [this.#score(), comment, id]
    await asRoot(this.#history, (connection) => connection.query(CORRECT, values))
  }

  #score(): string {
    return (this.#random.whole(2, 4999) / 100).toFixed(2)
  }
}

/** Refused from the beginning; sound, then refused, then mended; and of somebody whom HR enters later. */
const poison = async (history: History, random: Random): Promise<void> => {
  const hand = new PoisonHand(history, random)
  const known = history.people.learners.filter(({ kind }) => kind === "phone")
  const late = history.people.learners.filter(({ kind }) => kind === "late")
  const rounds = random.whole(2, 6)
  for (let round = 0; round < rounds; round++) {
    const bad = random.pick(POISONS)
    await hand.insert(random.pick(known), bad)
    const id = await hand.insert(
      random.pick(random.chance(0.75) ? known : late),
      random.chance(0.5) ? null : bad
    )
    await pause(random.whole(0, 300))
    await hand.correct(id, bad)
    await pause(random.whole(0, 300))
    if (random.chance(0.7)) await hand.correct(id, "again sound")
  }
}

const HUGE =
  "INSERT INTO training.`成绩` (`学员id`, `考试编号`, `分数`, `满分`, `及格线`, `完成时间`) " +
  "SELECT a.id, e.`考试编号`, MOD(a.id + b.id, 50), e.`满分`, e.`及格线`, NOW(3) " +
  "FROM training.learner a, training.learner b, training.exam e LIMIT "

/** For a transaction as slow as this machine may be: 2 ms a row. */
const limitMs = (rows: number): number => 60_000 + 2 * rows

/** Both roles are killed twice while they work on it. */
const huge = async (history: History, random: Random): Promise<void> => {
  await asRoot(history, (connection) => connection.query(HUGE + history.hugeRows))
  history.note(`  ${history.hugeRows} rows are committed`)
  const filed = (): Promise<number> =>
    history
      .hr(async (session) => {
        const [row] = await session.rows<{ events: string | null }>(
          "SELECT sum(events) AS events FROM gradewire.apply_offset"
        )
        return Number(row?.events ?? 0)
      })
      .catch(() => 0)
  const before = await filed()
  for (const share of [random.next() * 0.4, 0.4 + random.next() * 0.5]) {
    await until(
      async () => (await filed()) - before > share * history.hugeRows,
      limitMs(history.hugeRows),
      50
    )
    history.note(`  killed with ${(await filed()) - before} of ${history.hugeRows} rows filed`)
    await Promise.all(history.roles.map((role) => role.kill()))
  }
  const isThere = await until(
    async () => (await filed()) - before >= history.hugeRows * 0.98,
    limitMs(history.hugeRows),
    100
  )
  history.note(`  ${(await filed()) - before} rows filed: ${isThere}`)
}

/** People nobody could prove until then; their held scores are filed. */
const findLearners = async (history: History, random: Random): Promise<void> => {
  const absent = history.people.learners.filter(({ kind }) => kind === "absent")
  const taken = new Set(history.people.learners.map(({ phone }) => phone))
  const free = history.people.employees.filter(({ phone }) => phone !== null && !taken.has(phone))
  for (const learner of absent.slice(0, 6)) {
    const { phone } = free[absent.indexOf(learner)]!
    await asRoot(history, (connection) =>
      connection.query("UPDATE training.learner SET `手机号` = ? WHERE id = ?", [phone, learner.id])
    )
    await pause(random.whole(0, 200))
  }
}

export const rowFaults: Readonly<Record<RowFaultKind, Fault>> = {
  "poison-rows": poison,
  "huge-transaction": huge,
  "learners-found": findLearners
}
