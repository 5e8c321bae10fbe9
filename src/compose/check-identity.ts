/**
 * `gradewire check identity`: learners straight from the training database, judged by the HR database as apply would judge
 * them. Nothing is stored, and nobody needs to run. Keys of people leave here masked unless revealed (G9).
 */
import { Clock, Effect, Schema } from "effect"
import { epochMicrosToUtc } from "../../schemas/civil-time.ts"
import type { Fate, Failure } from "../../schemas/failure.ts"
import type { IdentityCoverage } from "../../schemas/identity-coverage.ts"
import { maskKey } from "../apply/mask-event.ts"
import type { IdentityRequest, IdentityWatch, LearnerOutcome } from "../cli/IdentityCheck.ts"
import { Coverage, percentOf, type Outcome } from "../identity/Coverage.ts"
import type { IdentityJudge, Judged, Learner } from "../identity/IdentityJudge.ts"
import type { KeyKind } from "../identity/key-rules.ts"
import { SourceRows, type SourceCursor } from "../reconcile/SourceRows.ts"
import { loadConfig, type LoadedConfig } from "../runtime/load-config.ts"
import { effectiveConfig } from "./effective-config.ts"
import { keepHeapSmall } from "./small-heap.ts"
import { SeenLearners } from "./SeenLearners.ts"
import { layerSourceRows } from "./source-rows.ts"
import { targetOf } from "./target-of.ts"

export class IdentityUnaskable extends Schema.TaggedError<IdentityUnaskable>()("IdentityUnaskable", {
  message: Schema.String,
  fix: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return this.fix
  }
}

const EVERY_ROW = { since: undefined, assessment: undefined, learners: undefined }
const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/
/** A batch of apply's own size, so that the server plans it alike. */
const JUDGED_AT_ONCE = 1000

export const checkIdentity = Effect.fnUntraced(
  function* (file: string, request: IdentityRequest, watch: IdentityWatch) {
    const loaded = yield* loadConfig(file)
    const day = yield* dayOf(request.day)
    const tables = yield* learnerTables(loaded)
    const target = yield* targetOf(loaded)
    const judge = yield* target.identity
    const { employees, oddSpellings } = yield* judge.prepare((rows) => watch.progress("employees", rows))
    const check = new IdentityCheck(loaded, judge, day, request, watch)
    for (const table of tables) yield* Effect.provide(check.table(table), layerSourceRows(loaded))
    return { connector: loaded.config.connector, day, tables, employees, oddSpellings, ...check.report }
  },
  Effect.scoped,
  (asked) => Effect.raceFirst(asked, keepHeapSmall)
)

const dayOf = Effect.fnUntraced(function* (given: string | undefined) {
  if (given === undefined) return epochMicrosToUtc((yield* Clock.currentTimeMillis) * 1000, 3).slice(0, 10)
  if (!DAY.test(given)) {
    return yield* new IdentityUnaskable({
      message: `${given} is no day`,
      fix: "Give it as in --on 2026-11-22."
    })
  }
  return given
})

/** Learners' own tables, and score tables whose rows say themselves who it was. */
const learnerTables = ({ config }: LoadedConfig) => {
  const own = config.tables.filter((table) => table.as === "learner")
  const scores = config.tables.filter((table) => table.as === "score" && table.fields.learner === undefined)
  const tables = [...own, ...scores].map(({ table }) => table)
  return tables.length > 0
    ? Effect.succeed(tables)
    : Effect.fail(
        new IdentityUnaskable({
          message: "no table of the configuration names learners",
          fix: "Map the learners' table (as: learner) or a score table (as: score)."
        })
      )
}

interface LearnerEvent {
  readonly data: Readonly<Record<string, unknown>>
}

const textOrNull = (value: unknown): string | null =>
  typeof value === "string" && value !== "" ? value : null

class IdentityCheck {
  private readonly loaded: LoadedConfig
  private readonly judge: IdentityJudge
  private readonly day: string
  private readonly request: IdentityRequest
  private readonly watch: IdentityWatch
  private readonly coverage: Coverage
  private readonly kinds: ReadonlyArray<KeyKind>
  private readonly seen = new SeenLearners()

  constructor(
    loaded: LoadedConfig,
    judge: IdentityJudge,
    day: string,
    request: IdentityRequest,
    watch: IdentityWatch
  ) {
    const { employees } = loaded.config
    this.loaded = loaded
    this.judge = judge
    this.day = day
    this.request = request
    this.watch = watch
    this.coverage = new Coverage(employees)
    this.kinds = [
      ...new Set([...employees.match, ...(employees.exclude ?? [])].map(({ learner }) => learner))
    ]
  }

  /** A chunk at a time, no faster than the configuration or the request allows. */
  table(name: string): Effect.Effect<void, Failure, SourceRows> {
    return Effect.gen({ self: this }, function* () {
      const source = yield* SourceRows
      const { limits } = effectiveConfig(this.loaded.config)
      const rowsPerSecond = this.request.rowsPerSecond ?? limits.snapshotRowsPerSecond
      const isScores = this.loaded.config.tables.some(({ as, table }) => table === name && as === "score")
      let after: SourceCursor | undefined
      let rows = 0
      while (true) {
        const begun = yield* Clock.currentTimeMillis
        const page = yield* source.page(name, after, limits.snapshotRows, EVERY_ROW)
        const learners = page.rows.flatMap(({ event }) => this.learnerOf(event, isScores) ?? [])
        for (let from = 0; from < learners.length; from += JUDGED_AT_ONCE)
          yield* this.take(name, learners.slice(from, from + JUDGED_AT_ONCE))
        rows += page.rows.length
        yield* this.watch.progress(name, rows)
        if (page.isEnd) return
        after = page.last ?? after
        if (rowsPerSecond === undefined) continue
        const due = begun + Math.ceil((page.rows.length * 1000) / rowsPerSecond)
        const now = yield* Clock.currentTimeMillis
        if (due > now) yield* Effect.sleep(due - now)
      }
    })
  }

  /** Of the rows of a score table the first of each learner; nothing for the others. */
  private learnerOf(text: string, isScores: boolean): Learner | undefined {
    const { data } = JSON.parse(text) as LearnerEvent
    const of = (isScores ? (data["learner"] ?? {}) : data) as Readonly<Record<string, unknown>>
    const keys = Object.fromEntries(this.kinds.map((kind) => [kind, textOrNull(of[kind])]))
    const id = textOrNull(of[isScores ? "id" : "learnerId"])
    if (isScores && !this.seen.add(JSON.stringify([id, keys]))) return undefined
    return { id, keys, name: isScores ? null : textOrNull(of["name"]) }
  }

  private take(table: string, learners: ReadonlyArray<Learner>): Effect.Effect<void, Failure> {
    return Effect.gen({ self: this }, function* () {
      const judged = yield* this.judge.judge(learners, this.day)
      const wouldHit = yield* this.hitOnAnotherDay(learners, judged)
      yield* this.watch.judged(
        learners.map((learner, n) =>
          this.outcomeOf(table, learner, judged[n]!, this.coverage.take(learner, judged[n]!, wouldHit.has(n)))
        )
      )
    })
  }

  /** Those whom nobody's keys fit today, and somebody's do on another day. */
  private hitOnAnotherDay(
    learners: ReadonlyArray<Learner>,
    judged: ReadonlyArray<Judged>
  ): Effect.Effect<ReadonlySet<number>, Failure> {
    const { hiredOn, leftOn, status } = this.loaded.config.employees
    const absent = judged.flatMap(({ linked, people }, n) => (linked === null && people === 0 ? [n] : []))
    if ([hiredOn, leftOn, status].every((one) => one === undefined) || absent.length === 0)
      return Effect.succeed(new Set())
    const asked = this.judge.judge(
      absent.map((n) => learners[n]!),
      undefined
    )
    return Effect.map(asked, (ever) => new Set(absent.filter((_, place) => ever[place]!.people > 0)))
  }

  private shown(key: string): string {
    return this.request.reveal ? key : maskKey(key)
  }

  private ruleOf({ rule }: Pick<Outcome, "rule">) {
    return rule === undefined ? null : this.loaded.config.employees.match[rule]!
  }

  private outcomeOf(table: string, { id }: Learner, judged: Judged, outcome: Outcome): LearnerOutcome {
    const rule = this.ruleOf(outcome)
    const employees = judged.linked === null ? judged.hits.map(({ employee }) => employee) : [judged.linked]
    return {
      learner: id === null ? null : this.shown(id),
      table,
      situation: outcome.situation,
      rule: rule === null ? null : `${rule.learner} = ${rule.employee}`,
      why: outcome.why ?? null,
      employees: [...new Set(employees)].map((employee) => this.shown(employee))
    }
  }

  get report(): Omit<IdentityCoverage, "connector" | "day" | "tables" | "employees" | "oddSpellings"> {
    const { coverage } = this
    const { learners, matched } = coverage
    const { limit, reveal } = this.request
    const shared = coverage.sharedKeys
    return {
      learners,
      matched,
      percent: learners === 0 ? null : percentOf(matched, learners),
      situations: coverage.situations.map(({ learners: count, outcome }) => ({
        situation: outcome.situation,
        rule: this.ruleOf(outcome),
        why: outcome.why ?? null,
        learners: count,
        percent: percentOf(count, learners)
      })),
      keys: coverage.keyWorth.map(({ kind, ...worth }) => ({ learner: kind, ...worth })),
      duplicates: shared.slice(0, limit).map((one) => ({
        rule: this.ruleOf(one)!,
        key: this.shown(one.key),
        employees: one.employees.map((employee) => this.shown(employee)),
        learners: one.learners
      })),
      moreDuplicates: coverage.isCut || shared.length > limit,
      revealed: reveal
    }
  }
}
