/**
 * Port: results whose person is not proven, and people's word about whose they are. Answered from the HR database alone.
 *
 * - What is decided is one transaction, with who, when and why, while no apply of the connector writes: all of it
 *   takes effect or nothing does, and a running apply goes on behind it, under its own epoch (G6, G7).
 * - `HeldRefused` names every order that cannot be carried out; nothing is done then.
 */
import { Schema, type Effect } from "effect"
import type { Fate } from "../../schemas/failure.ts"
import type {
  HeldContent,
  HeldCounts,
  HeldFilter,
  HeldPerson,
  HeldResult,
  PersonDecision
} from "../../schemas/held.ts"
import type { ProfileStoreError } from "./ProfileStore.ts"

/** Why an order cannot be carried out, and what to do about it. */
export const HELD_PROBLEMS = {
  NOT_HELD: "nothing is held for it: see gradewire held list --reveal",
  EMPLOYEE_UNKNOWN: "the employee table has nobody with this key, written exactly so",
  EMPLOYEE_LEFT: "this employee has left (employees.leftOn)",
  EMPLOYEE_MERGED: "this employee was merged into another one (employees.mergedInto): name that one",
  EMPLOYEE_UNQUALIFIED: "the employee table gives them a status that does not count (employees.status)",
  LINKED_ELSEWHERE: "it is linked to somebody else already: gradewire held relink",
  CONTRADICTION: "the same learner is given to two employees",
  NOT_LINKED: "this learner is linked to nobody yet: gradewire held resolve",
  SAME_EMPLOYEE: "this learner is linked to this employee already",
  NOT_IGNORED: "it is not put aside",
  TABLE_NOT_MAPPED:
    "a result stands in a table that the configuration no longer maps; add it for the time of the move",
  LINE: "the line has not the columns of an export, or no employee"
} as const
export type HeldProblem = keyof typeof HELD_PROBLEMS

/** An order by its line in a file; 0: given by itself. No keys: they may be a phone number (G9). */
const Refused = Schema.Struct({
  place: Schema.Number,
  problem: Schema.Literals(Object.keys(HELD_PROBLEMS) as ReadonlyArray<HeldProblem>)
})
export type RefusedOrder = typeof Refused.Type

export class HeldRefused extends Schema.TaggedError<HeldRefused>()("HeldRefused", {
  message: Schema.String,
  orders: Schema.Array(Refused)
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    const problems = [...new Set(this.orders.map(({ problem }) => problem))]
    return problems.map((problem) => `${problem}: ${HELD_PROBLEMS[problem]}`).join("\n       ")
  }
}

export interface ResolveOrder {
  /** Its line in a file; 0: given by itself. */
  readonly place: number
  /** A held result, or a learner with held results. */
  readonly subject: string
  readonly employee: string
  readonly why: string
}

export interface Resolved {
  readonly place: number
  readonly result: string
  readonly learner: string | null
  /** Results that were filed now. */
  readonly filed: number
  /** Results that wait for something else: their assessment's row. */
  readonly held: number
}

export interface Aside {
  readonly subject: string
  /** False: takes back what was put aside. */
  readonly ignore: boolean
  readonly by: string
  readonly why: string
}

export interface Relink {
  readonly learner: string
  readonly to: string
  readonly by: string
  readonly why: string
}

export interface Relinked {
  /** Results that were filed for the learner and moved. */
  readonly moved: number
  readonly from: string
  readonly to: string
}

type Asked<A, E = never> = Effect.Effect<A, ProfileStoreError | E>

export interface HeldDesk {
  /** Oldest first, at most `limit`. */
  readonly list: (filter: HeldFilter, limit: number) => Asked<ReadonlyArray<HeldResult>>
  readonly counts: Asked<HeldCounts>
  /** `undefined` where the result is not held. */
  readonly content: (result: string) => Asked<HeldContent | undefined>
  /** About learners and results, oldest first. */
  readonly decisions: (subjects: ReadonlyArray<string>) => Asked<ReadonlyArray<PersonDecision>>
  /** One row a learner, oldest first. */
  readonly people: (filter: HeldFilter, limit: number) => Asked<ReadonlyArray<HeldPerson>>
  readonly resolve: (
    orders: ReadonlyArray<ResolveOrder>,
    by: string
  ) => Asked<ReadonlyArray<Resolved>, HeldRefused>
  /** How many results it put aside or took back. */
  readonly setAside: (order: Aside) => Asked<number, HeldRefused>
  /** Everything that was ever filed for the learner moves, and what comes follows. */
  readonly relink: (order: Relink) => Asked<Relinked, HeldRefused>
}
