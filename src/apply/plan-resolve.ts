/** Whose held results are filed by an operator's word, decided over what the HR database says about them. */
import type { RefusedOrder, ResolveOrder } from "./HeldDesk.ts"

export interface HeldKey {
  readonly result: string
  readonly learner: string | null
}

/** What stands in the HR database, read while nobody applies. */
export interface Known {
  /** In position order. */
  readonly held: ReadonlyArray<HeldKey>
  /** Learner: employee. */
  readonly links: ReadonlyMap<string, string>
  /** Result or learner that is filed already: employee. */
  readonly filed: ReadonlyMap<string, string>
  /** Employees that are named, by key; without those that the employee table has not. */
  readonly employees: ReadonlyMap<string, EmployeeState>
}

/** What HR's row says, where columns are named for it. */
export type EmployeeState = "employed" | "left" | "merged" | "unqualified"

/** Why nothing can be filed for the employee; `undefined`: it can. */
export const employeeProblem = (state: EmployeeState | undefined): RefusedOrder["problem"] | undefined => {
  if (state === undefined) return "EMPLOYEE_UNKNOWN"
  if (state === "employed") return undefined
  if (state === "unqualified") return "EMPLOYEE_UNQUALIFIED"
  return state === "left" ? "EMPLOYEE_LEFT" : "EMPLOYEE_MERGED"
}

interface Person {
  readonly learner: string | null
  readonly employee: string
  readonly order: ResolveOrder
  readonly results: ReadonlyArray<string>
}

export interface ResolvePlan {
  readonly refused: ReadonlyArray<RefusedOrder>
  readonly people: ReadonlyArray<Person>
}

/** Every order is looked at, so that all that is wrong is said at once; one that is carried out already is passed over. */
export const planResolve = (orders: ReadonlyArray<ResolveOrder>, known: Known): ResolvePlan => {
  const byResult = new Map(known.held.map((row) => [row.result, row]))
  const byLearner = new Map<string, Array<string>>()
  for (const { learner, result } of known.held) {
    if (learner === null) continue
    const results = byLearner.get(learner)
    if (results === undefined) byLearner.set(learner, [result])
    else results.push(result)
  }
  const refused: Array<RefusedOrder> = []
  const people = new Map<string, Person>()
  for (const order of orders) {
    const { employee, place, subject } = order
    const row = byResult.get(subject)
    const learner = row === undefined ? (byLearner.has(subject) ? subject : null) : row.learner
    const results = learner === null ? (row === undefined ? [] : [subject]) : byLearner.get(learner)!
    const linked =
      learner === null ? (known.filed.get(subject) ?? known.links.get(subject)) : known.links.get(learner)
    const refuse = (problem: RefusedOrder["problem"]) => refused.push({ place, problem })
    const problem = employeeProblem(known.employees.get(employee))
    if (problem !== undefined) refuse(problem)
    else if (linked !== undefined && linked !== employee) refuse("LINKED_ELSEWHERE")
    else if (results.length === 0) {
      if (linked === undefined) refuse("NOT_HELD")
    } else {
      const key = learner ?? subject
      const before = people.get(key)
      if (before === undefined) people.set(key, { learner, employee, order, results })
      else if (before.employee !== employee) refuse("CONTRADICTION")
    }
  }
  return { refused, people: [...people.values()] }
}
