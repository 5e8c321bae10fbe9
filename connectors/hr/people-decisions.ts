/**
 * What people decide about held scores and wrong links, as one transaction on any kind of server.
 *
 * The connector's rows of `apply_offset` are locked and written first, so no batch commits in between, and one that
 * waited there reads everything anew: its session runs REPEATABLE READ on PostgreSQL (a written row fails it with 40001,
 * manual 13.2.2), and reads after the lock on MySQL.
 */
import { Effect } from "effect"
import { HeldRefused, type HeldDesk, type Relink, type Resolved } from "../../src/apply/HeldDesk.ts"
import {
  employeeProblem,
  planResolve,
  type EmployeeState,
  type HeldKey
} from "../../src/apply/plan-resolve.ts"
import type { ProfileStoreError } from "../../src/apply/ProfileStore.ts"
import type { PersonDecision } from "../../schemas/held.ts"
import { PAGE_RESULTS } from "./release-held.ts"

type Asked<A, E = never> = Effect.Effect<A, ProfileStoreError | E>

export interface Whose {
  /** A learner, or a result that names none. */
  readonly subject: string
  readonly employee: string
}

export interface NotedDecision extends Omit<PersonDecision, "at"> {
  readonly subject: string
}

/** What one kind of server does for it, within one transaction but for `alone`. */
export interface PeopleBench {
  /** The transaction, while nobody applies; hands over the epoch of the first lane. */
  readonly alone: <A, E>(work: (epoch: number) => Asked<A, E>) => Asked<A, E>
  /** Held results that are named, or whose learner is; in position order. */
  readonly heldOf: (subjects: ReadonlyArray<string>) => Asked<ReadonlyArray<HeldKey>>
  readonly linksOf: (learners: ReadonlyArray<string>) => Asked<ReadonlyArray<Whose>>
  /** Results that stand in a profile. */
  readonly filedOf: (results: ReadonlyArray<string>) => Asked<ReadonlyArray<Whose>>
  /** Those that the employee table has. */
  readonly employeesOf: (keys: ReadonlyArray<string>) => Asked<ReadonlyMap<string, EmployeeState>>
  readonly link: (pairs: ReadonlyArray<Whose>, rule: "resolve" | "relink") => Asked<unknown>
  /** Results without a learner: the ledger says whose they are before anything of them is filed. */
  readonly claim: (pairs: ReadonlyArray<Whose>) => Asked<unknown>
  readonly file: (epoch: number, results: ReadonlyArray<string>) => Asked<unknown>
  readonly note: (decisions: ReadonlyArray<NotedDecision>) => Asked<unknown>
  readonly putAside: (results: ReadonlyArray<string>, by: string, why: string) => Asked<number>
  readonly takeBack: (results: ReadonlyArray<string>) => Asked<number>
  /** Whether something is filed for the learner from a table that is not mapped any more. */
  readonly hasStrays: (learner: string) => Asked<boolean>
  /** Rows of the targets, own history and ledger; how many results. */
  readonly move: (learner: string, to: string) => Asked<number>
}

const NAMED_MAX = 20

const refused = (orders: HeldRefused["orders"]): HeldRefused => {
  const named = orders
    .slice(0, NAMED_MAX)
    .map(({ place, problem }) => (place === 0 ? problem : `line ${place} ${problem}`))
  const more = orders.length > NAMED_MAX ? `, and ${orders.length - NAMED_MAX} more` : ""
  return new HeldRefused({ message: `nothing was changed: ${named.join(", ")}${more}`, orders })
}

const pages = <A>(all: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / PAGE_RESULTS) }, (_, page) =>
    all.slice(page * PAGE_RESULTS, (page + 1) * PAGE_RESULTS)
  )

const asMap = (pairs: ReadonlyArray<Whose>): ReadonlyMap<string, string> =>
  new Map(pairs.map(({ employee, subject }) => [subject, employee]))

/** Held results of the named ones and of their learners. */
const allHeld = Effect.fnUntraced(function* (bench: PeopleBench, subjects: ReadonlyArray<string>) {
  const named = yield* bench.heldOf(subjects)
  const learners = named.flatMap(({ learner }) => (learner === null ? [] : [learner]))
  return yield* bench.heldOf([...new Set([...subjects, ...learners])])
})

const resolve =
  (bench: PeopleBench): HeldDesk["resolve"] =>
  (orders, by) =>
    bench.alone((epoch) =>
      Effect.gen(function* () {
        const subjects = [...new Set(orders.map(({ subject }) => subject))]
        const held = yield* allHeld(bench, subjects)
        const learners = held.flatMap(({ learner }) => (learner === null ? [] : [learner]))
        const { people, refused: wrong } = planResolve(orders, {
          held,
          links: asMap(yield* bench.linksOf([...new Set([...learners, ...subjects])])),
          filed: asMap(yield* bench.filedOf(subjects)),
          employees: yield* bench.employeesOf([...new Set(orders.map(({ employee }) => employee))])
        })
        if (wrong.length > 0) return yield* refused(wrong)
        const whose = (hasLearner: boolean): ReadonlyArray<Whose> =>
          people.flatMap(({ employee, learner, order }) =>
            (learner !== null) === hasLearner ? [{ subject: learner ?? order.subject, employee }] : []
          )
        yield* bench.link(whose(true), "resolve")
        yield* bench.claim(whose(false))
        const results = people.flatMap((person) => person.results)
        for (const page of pages(results)) yield* bench.file(epoch, page)
        const left = new Set((yield* bench.heldOf(results)).map(({ result }) => result))
        const done: Array<Resolved> = people.map((person) => {
          const waiting = person.results.filter((result) => left.has(result)).length
          return {
            place: person.order.place,
            result: person.results[0]!,
            learner: person.learner,
            filed: person.results.length - waiting,
            held: waiting
          }
        })
        yield* bench.note(
          people.map(({ employee, learner, order }, index) => ({
            subject: learner ?? order.subject,
            action: "resolve",
            from: null,
            to: employee,
            results: done[index]!.filed,
            by,
            why: order.why
          }))
        )
        return done
      })
    )

const setAside =
  (bench: PeopleBench): HeldDesk["setAside"] =>
  ({ by, ignore, subject, why }) =>
    bench.alone(() =>
      Effect.gen(function* () {
        const found = yield* bench.heldOf([subject])
        // A result that is named is meant alone.
        const named = found.filter(({ result }) => result === subject)
        const results = (named.length > 0 ? named : found).map(({ result }) => result)
        if (results.length === 0) return yield* refused([{ place: 0, problem: "NOT_HELD" }])
        const count = yield* ignore ? bench.putAside(results, by, why) : bench.takeBack(results)
        if (count === 0 && !ignore) return yield* refused([{ place: 0, problem: "NOT_IGNORED" }])
        const action = ignore ? "ignore" : "restore"
        yield* bench.note([{ subject, action, from: null, to: null, results: count, by, why }])
        return count
      })
    )

const relink =
  (bench: PeopleBench): HeldDesk["relink"] =>
  ({ by, learner, to, why }: Relink) =>
    bench.alone(() =>
      Effect.gen(function* () {
        const [link] = yield* bench.linksOf([learner])
        if (link === undefined) return yield* refused([{ place: 0, problem: "NOT_LINKED" }])
        if (link.employee === to) return yield* refused([{ place: 0, problem: "SAME_EMPLOYEE" }])
        const problem = employeeProblem((yield* bench.employeesOf([to])).get(to))
        if (problem !== undefined) return yield* refused([{ place: 0, problem }])
        if (yield* bench.hasStrays(learner))
          return yield* refused([{ place: 0, problem: "TABLE_NOT_MAPPED" }])
        const moved = yield* bench.move(learner, to)
        yield* bench.link([{ subject: learner, employee: to }], "relink")
        yield* bench.note([
          { subject: learner, action: "relink", from: link.employee, to, results: moved, by, why }
        ])
        return { moved, from: link.employee, to }
      })
    )

export const decisionsOf = (bench: PeopleBench): Pick<HeldDesk, "resolve" | "setAside" | "relink"> => ({
  resolve: resolve(bench),
  setAside: setAside(bench),
  relink: relink(bench)
})
