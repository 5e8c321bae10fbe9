/**
 * Counts how learners would be matched: by situation, rule and reason, by what their keys are worth, and by the keys that
 * several employees share. Memory does not grow with the learners (G8).
 */
import type { EmployeesConfig } from "../../schemas/employees-config.ts"
import { excludedBy, exclusionsOf, type Exclusion } from "./exclusions.ts"
import { unusableReason } from "./KeyNormaliser.ts"
import type { Judged, Learner } from "./IdentityJudge.ts"
import type { KeyKind } from "./key-rules.ts"

export type Situation = "CONFIRMED" | "FOUND" | "AMBIGUOUS" | "CONFLICT" | "ABSENT" | "UNQUALIFIED"

export interface Outcome {
  readonly situation: Situation
  /** Place in `employees.match`. */
  readonly rule: number | undefined
  /** Of those who are not matched. */
  readonly why: string | undefined
}

export interface SharedKey {
  readonly rule: number
  /** Canonical. */
  readonly key: string
  readonly employees: ReadonlyArray<string>
  learners: number
}

/** Different shared keys that are kept. */
const SHARED_MAX = 10_000
/** Employees of one key that are named. */
const NAMED_MAX = 20

/** A key that proves nobody, with what it was for people to read, or none. */
const usable = (key: string | null | undefined): boolean =>
  key != null && key !== "" && unusableReason(key) === undefined

export class Coverage {
  learners = 0
  matched = 0
  /** Whether some shared keys could not be kept. */
  isCut = false
  private readonly match: EmployeesConfig["match"]
  private readonly kinds: ReadonlyArray<KeyKind>
  private readonly exclusions: ReadonlyArray<Exclusion>
  private readonly hasStatus: boolean
  private readonly counts = new Map<string, { readonly outcome: Outcome; learners: number }>()
  private readonly keys = new Map<string, number>()
  private readonly shared = new Map<string, SharedKey>()

  constructor(employees: EmployeesConfig) {
    const { match, status } = employees
    this.match = match
    this.exclusions = exclusionsOf(employees)
    this.hasStatus = status !== undefined
    this.kinds = [...new Set(match.map(({ learner }) => learner))]
  }

  /** @param wouldHit some rule hits somebody who is not employed on that day */
  take(learner: Learner, judged: Judged, wouldHit: boolean): Outcome {
    const outcome = this.outcomeOf(learner, judged, wouldHit)
    this.learners += 1
    if (outcome.situation === "CONFIRMED" || outcome.situation === "FOUND") this.matched += 1
    const name = JSON.stringify([outcome.situation, outcome.rule, outcome.why])
    const count = this.counts.get(name) ?? { outcome, learners: 0 }
    count.learners += 1
    this.counts.set(name, count)
    for (const kind of this.kinds) {
      const key = learner.keys[kind]
      const worth = key == null || key === "" ? "absent" : (unusableReason(key) ?? "usable")
      const place = `${kind} ${worth}`
      this.keys.set(place, (this.keys.get(place) ?? 0) + 1)
    }
    if (outcome.situation === "AMBIGUOUS") this.noteShared(learner, judged)
    return outcome
  }

  private outcomeOf(learner: Learner, judged: Judged, wouldHit: boolean): Outcome {
    const { hits, isAmbiguous, linked, people } = judged
    const of = (situation: Situation, rule?: number, why?: string): Outcome => ({ situation, rule, why })
    if (linked !== null) return of("CONFIRMED")
    const excluded = excludedBy(this.exclusions, learner.keys)
    if (excluded !== undefined)
      return of("UNQUALIFIED", undefined, `${excluded.learner} like ${excluded.pattern}`)
    if (people === 1) return of("FOUND", hits[0]!.rule)
    if (isAmbiguous) return of("AMBIGUOUS", sharedRules(hits)[0]?.[0], "one key belongs to several employees")
    if (people > 1) {
      const isOne = new Set(hits.map(({ employee }) => employee)).size === 1
      if (isOne) return of("CONFLICT", hits[0]!.rule, "the employee with the phone number has another name")
      return of("CONFLICT", undefined, "keys name different employees")
    }
    if (wouldHit)
      return of(
        "ABSENT",
        undefined,
        `not employed on that day${this.hasStatus ? ", or of another status" : ""}`
      )
    const keys = this.kinds.map((kind) => learner.keys[kind])
    if (keys.some(usable)) return of("ABSENT", undefined, "no employee has any of the keys")
    const spoiled = keys.find((key) => key != null && key !== "")
    if (spoiled == null) return of("ABSENT", undefined, "no key")
    return of("ABSENT", undefined, `no usable key: ${unusableReason(spoiled)}`)
  }

  private noteShared({ keys }: Learner, { hits }: Judged): void {
    for (const [rule, employees] of sharedRules(hits)) {
      const key = keys[this.match[rule]!.learner]
      if (key == null) continue
      const name = `${rule} ${key}`
      const known = this.shared.get(name)
      if (known !== undefined) known.learners += 1
      else if (this.shared.size >= SHARED_MAX) this.isCut = true
      else this.shared.set(name, { rule, key, employees: employees.slice(0, NAMED_MAX), learners: 1 })
    }
  }

  /** The matched ones first, then by how many they are. */
  get situations(): ReadonlyArray<{ readonly outcome: Outcome; readonly learners: number }> {
    const order: ReadonlyArray<Situation> = [
      "CONFIRMED",
      "FOUND",
      "AMBIGUOUS",
      "CONFLICT",
      "ABSENT",
      "UNQUALIFIED"
    ]
    const place = ({ situation }: Outcome) => order.indexOf(situation)
    return [...this.counts.values()].toSorted(
      (a, b) => place(a.outcome) - place(b.outcome) || b.learners - a.learners
    )
  }

  /** What learners have of each kind that some rule asks for. */
  get keyWorth(): ReadonlyArray<{
    readonly kind: KeyKind
    readonly usable: number
    readonly absent: number
    readonly unusable: ReadonlyArray<{ readonly why: string; readonly learners: number }>
  }> {
    return this.kinds.map((kind) => {
      const of = (worth: string) => this.keys.get(`${kind} ${worth}`) ?? 0
      const unusable = [...this.keys].flatMap(([place, learners]) => {
        const [name, why = ""] = place.split(" ")
        return name === kind && why !== "usable" && why !== "absent" ? [{ why, learners }] : []
      })
      return { kind, usable: of("usable"), absent: of("absent"), unusable }
    })
  }

  /** Those of most learners first. */
  get sharedKeys(): ReadonlyArray<SharedKey> {
    return [...this.shared.values()].toSorted((a, b) => b.learners - a.learners || (a.key < b.key ? -1 : 1))
  }
}

/** Rules that hit several employees, with those. */
const sharedRules = (
  hits: Judged["hits"]
): ReadonlyArray<readonly [rule: number, employees: Array<string>]> => {
  const byRule = new Map<number, Set<string>>()
  for (const { employee, rule } of hits) byRule.set(rule, (byRule.get(rule) ?? new Set()).add(employee))
  return [...byRule].flatMap(([rule, employees]) =>
    employees.size > 1 ? [[rule, [...employees].sort()] as const] : []
  )
}

/** `97.42`: two digits, cut off, so that 100 means all. */
export const percentOf = (part: number, whole: number): string => {
  const hundredths = whole === 0 ? 0 : Math.floor((part * 10_000) / whole)
  return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")}`
}
