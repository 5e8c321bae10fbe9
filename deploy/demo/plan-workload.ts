/**
 * What people do in the training system, as transactions, endless and the same for the same seed.
 *
 * - A result belongs to one lane; a lane's transactions run in order on one connection, so the order of its changes is known.
 * - A new mark of a result is one it never had, except for `there-and-back`, which returns to the former one.
 * - What a rolled-back transaction did is not remembered: nothing may ever show it.
 */
import type { Exam, Learner } from "./people.ts"
import type { Random } from "./Random.ts"

export interface PlannedResult {
  readonly learner: Learner
  readonly exam: Exam
  /** Set by the writer; as decimal text. */
  id: string | undefined
  /** As planned so far, not yet as written. */
  score: string | null
  readonly used: Set<string>
}

export interface NewResult {
  readonly result: PlannedResult
  readonly score: string | null
  readonly comment: string | null
  readonly note: string | null
  /** seconds before now */
  readonly finishedAgo: number
}

export type Step =
  | { readonly kind: "insert"; readonly rows: ReadonlyArray<NewResult> }
  | {
      readonly kind: "mark"
      readonly result: PlannedResult
      readonly score: string
      readonly comment?: string
    }
  | { readonly kind: "delete"; readonly result: PlannedResult }
  | {
      readonly kind: "rekey"
      readonly result: PlannedResult
      readonly id: string
      readonly score: string | null
    }
  /** only columns that are not mapped */
  | { readonly kind: "note"; readonly result: PlannedResult; readonly note: string }
  /** a table that is not mapped */
  | { readonly kind: "visit"; readonly learner: Learner; readonly page: string; readonly seconds: number }

export interface Transaction {
  readonly lane: number
  readonly steps: ReadonlyArray<Step>
  readonly rollback: boolean
  /** Row changes of the score table that it commits, in mapped columns. */
  readonly changes: number
  /** A large import: reported by itself, not paced. */
  readonly bulk: boolean
}

const COMMENTS: ReadonlyArray<string | null> = [
  null,
  null,
  "掌握扎实,继续保持",
  "场景演练成绩一般,建议补训",
  "补考 👩🏽‍🏫 通过",
  "批注:'; DROP TABLE 成绩; --",
  'He said "well done"\nand meant it',
  "C:\\培训\\2026\t第四季度",
  "全角数字:87.5",
  "𠮷野家案例 — naïve café"
]
const NOTES = ["监考:李老师", "设备:iPad", "第 2 次登录", "网络中断后续考", "🙂"]
const PAGES = ["/course/42/video", "/exam/list", "/me/成绩", "/forum?q=及格线"]

/** Transactions of each kind, by weight; together about 70 % of the changes are new results. */
const KINDS = [
  ["take", 46],
  ["correct", 13],
  ["regrade", 7],
  ["remove", 6],
  ["several", 1.5],
  ["abandon", 4],
  ["annotate", 5],
  ["browse", 9],
  ["rekey", 1],
  ["there-and-back", 1]
] as const
type Kind = (typeof KINDS)[number][0]
const WEIGHT = KINDS.reduce((sum, [, weight]) => sum + weight, 0)

export class WorkloadPlan {
  readonly #random: Random
  readonly #learners: ReadonlyArray<Learner>
  readonly #exams: ReadonlyArray<Exam>
  readonly #live: ReadonlyArray<Array<PlannedResult>>
  /** Below what AUTO_INCREMENT gives, so that a changed key moves no counter. */
  #nextKey = 1

  constructor(random: Random, learners: ReadonlyArray<Learner>, exams: ReadonlyArray<Exam>, lanes: number) {
    this.#random = random
    this.#learners = learners
    this.#exams = exams
    this.#live = Array.from({ length: lanes }, () => [])
  }

  /** What happens next: one transaction, or a few that follow each other in one lane. */
  next(): ReadonlyArray<Transaction> {
    const lane = this.#random.whole(0, this.#live.length - 1)
    return this.#ofKind(this.#kind(), lane)
  }

  /** One transaction of `rows` new results. */
  bulk(rows: number): Transaction {
    return this.#transaction(0, [this.#insert(0, rows)], { bulk: true })
  }

  /** A score of somebody whom HR knows by phone. */
  single(): Transaction {
    const known = this.#learners.filter((learner) => learner.kind === "phone")
    const row = this.#newResult(this.#random.pick(known))
    this.#live[0]!.push(row.result)
    return this.#transaction(0, [{ kind: "insert", rows: [row] }])
  }

  #kind(): Kind {
    let point = this.#random.next() * WEIGHT
    for (const [kind, weight] of KINDS) {
      point -= weight
      if (point < 0) return kind
    }
    return "take"
  }

  #ofKind(kind: Kind, lane: number): ReadonlyArray<Transaction> {
    const live = this.#live[lane]!
    // nothing to change yet
    if (live.length < 8 && kind !== "browse") return [this.#transaction(lane, [this.#insert(lane, 1)])]
    switch (kind) {
      case "take":
        return [this.#transaction(lane, [this.#insert(lane, 1)])]
      case "correct":
        return [this.#transaction(lane, [this.#correct(this.#random.pick(live))])]
      case "regrade": {
        const open = live.findLast((result) => result.score === null)
        return [this.#transaction(lane, [this.#correct(open ?? this.#random.pick(live))])]
      }
      case "remove":
        return [this.#transaction(lane, [this.#remove(lane)])]
      case "several":
        return [this.#several(lane)]
      case "abandon":
        return [this.#abandoned(lane)]
      case "annotate":
        return [this.#transaction(lane, [this.#annotate(lane)])]
      case "browse":
        return [this.#transaction(lane, [this.#visit()])]
      case "rekey":
        return [this.#transaction(lane, [this.#rekey(lane)])]
      case "there-and-back": {
        const result = this.#random.pick(live)
        const before = result.score
        if (before === null) return [this.#transaction(lane, [this.#correct(result)])]
        const there = this.#correct(result)
        result.score = before
        const back: Step = { kind: "mark", result, score: before }
        return [this.#transaction(lane, [there]), this.#transaction(lane, [back])]
      }
    }
  }

  #transaction(lane: number, steps: ReadonlyArray<Step>, more?: Partial<Transaction>): Transaction {
    let changes = 0
    for (const step of steps) {
      if (step.kind === "insert") changes += step.rows.length
      else if (step.kind !== "note" && step.kind !== "visit") changes += 1
    }
    return { lane, steps, rollback: false, bulk: false, ...more, changes: more?.rollback ? 0 : changes }
  }

  /** A class hands in together: 2 to 50 rows, the odd correction among them. */
  #several(lane: number): Transaction {
    const random = this.#random
    const rows = Math.min(random.whole(2, 50), random.whole(2, 50))
    const steps: Array<Step> = [this.#insert(lane, rows)]
    // each row once only, so that what it looks like after COMMIT is one state
    const live = this.#live[lane]!
    const others = new Set([0, 1].map(() => live[random.whole(0, live.length - rows - 1)]!))
    for (const result of others) if (random.chance(0.4)) steps.push(this.#correct(result))
    if (random.chance(0.5)) steps.push(this.#visit())
    return this.#transaction(lane, steps)
  }

  /** Rolled back: neither its rows nor its marks may ever be seen. */
  #abandoned(lane: number): Transaction {
    const random = this.#random
    const rows = Array.from({ length: random.whole(1, 6) }, () =>
      this.#newResult(random.pick(this.#learners))
    )
    const victim = random.pick(this.#live[lane]!)
    const steps: Array<Step> = [{ kind: "insert", rows }]
    if (random.chance(0.5))
      steps.push({ kind: "mark", result: victim, score: "0.01", comment: "rolled back" })
    else steps.push({ kind: "delete", result: victim })
    return this.#transaction(lane, steps, { rollback: true })
  }

  #insert(lane: number, count: number): Step {
    const rows = Array.from({ length: count }, () => this.#newResult(this.#random.pick(this.#learners)))
    this.#live[lane]!.push(...rows.map((row) => row.result))
    return { kind: "insert", rows }
  }

  #newResult(learner: Learner): NewResult {
    const exam = this.#random.pick(this.#exams)
    const result: PlannedResult = { learner, exam, id: undefined, score: null, used: new Set() }
    // one in sixteen waits for a teacher
    if (!this.#random.chance(1 / 16)) result.score = this.#freshScore(result)
    return {
      result,
      score: result.score,
      comment: this.#random.pick(COMMENTS),
      note: this.#random.chance(0.3) ? this.#random.pick(NOTES) : null,
      finishedAgo: this.#random.chance(0.9) ? 0 : this.#random.whole(1, 200_000)
    }
  }

  #correct(result: PlannedResult): Step {
    result.score = this.#freshScore(result)
    const comment = this.#random.chance(0.3) ? this.#random.pick(COMMENTS) : null
    return { kind: "mark", result, score: result.score, ...(comment === null ? {} : { comment }) }
  }

  #freshScore(result: PlannedResult): string {
    const full = Number(result.exam.fullMark)
    for (;;) {
      const points = Math.min(full, Math.max(0, this.#random.bell(full * 0.78, full * 0.28)))
      // half of all marks are whole or half points
      const text = (this.#random.chance(0.5) ? Math.round(points * 2) / 2 : points).toFixed(2)
      if (result.used.has(text) || text === "0.01") continue
      result.used.add(text)
      return text
    }
  }

  #take(lane: number): PlannedResult {
    const live = this.#live[lane]!
    const index = this.#random.whole(0, live.length - 1)
    const result = live[index]!
    live[index] = live.at(-1)!
    live.pop()
    return result
  }

  #remove(lane: number): Step {
    return { kind: "delete", result: this.#take(lane) }
  }

  /** The result lives on under another key, as a new row for everybody who reads the log. */
  #rekey(lane: number): Step {
    const result = this.#random.pick(this.#live[lane]!)
    return { kind: "rekey", result, id: String(this.#nextKey++), score: result.score }
  }

  #annotate(lane: number): Step {
    return { kind: "note", result: this.#random.pick(this.#live[lane]!), note: this.#random.pick(NOTES) }
  }

  #visit(): Step {
    const random = this.#random
    return {
      kind: "visit",
      learner: random.pick(this.#learners),
      page: random.pick(PAGES),
      seconds: random.whole(1, 900)
    }
  }
}
