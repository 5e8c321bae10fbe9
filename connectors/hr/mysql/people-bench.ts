/** What decisions about people do in one transaction on MySQL and MariaDB; in which order is in ../people-decisions.ts. */
import { Effect } from "effect"
import { START } from "../../../schemas/position.ts"
import type { EmployeeState, HeldKey } from "../../../src/apply/plan-resolve.ts"
import { RowRefused, type ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import type { PeopleBench, Whose } from "../people-decisions.ts"
import type { ColumnShape } from "./catalog.ts"
import { withinTransaction } from "./decide-sql.ts"
import { readHeld } from "./held-changes.ts"
import type { HrMapping } from "./mapping.ts"
import { isQualified } from "./match-sql.ts"
import { isOf, moveStatements } from "./move-statements.ts"
import { identifier, literal } from "./sql-text.ts"
import type { StoreParts } from "./store-parts.ts"
import { holds } from "./value-sql.ts"

const NOW = "utc_timestamp(6)"
const HELD = "`gradewire`.`held_change`"
const LEDGER = "`gradewire`.`result_ledger`"
const ASIDE = "`gradewire`.`ignored_change`"

const listed = (texts: ReadonlyArray<string>): string =>
  texts.length === 0 ? "null" : texts.map(literal).join(", ")

type Mapping = Effect.Effect<HrMapping, ProfileStoreError>
type Reads = "heldOf" | "linksOf" | "filedOf" | "employeesOf" | "hasStrays"
type Writes = "link" | "claim" | "note" | "putAside" | "takeBack"

const reads = ({ connector: name, rows }: StoreParts, mapping: Mapping): Pick<PeopleBench, Reads> => {
  const here = `connector = ${literal(name)}`
  return {
    heldOf: (subjects) =>
      rows<HeldKey>(`select result_id as result, learner_id as learner from ${HELD}
where ${here} and (result_id in (${listed(subjects)}) or learner_id in (${listed(subjects)})) order by position`),
    linksOf: (learners) =>
      rows<Whose>(`select learner_id as subject, employee_key as employee from \`gradewire\`.\`person_link\`
where ${here} and learner_id in (${listed(learners)})`),
    filedOf: (results) =>
      rows<Whose>(`select result_id as subject, employee_key as employee from ${LEDGER}
where ${here} and result_id in (${listed(results)}) and state = 'recorded'`),
    employeesOf: (keys) =>
      Effect.gen(function* () {
        const { key, leftOn, mergedInto, relation, status } = (yield* mapping).employees
        const column = `e.${identifier(key.name)}`
        const all = (shape: ColumnShape | undefined, test: (name: string) => string) =>
          shape === undefined ? "0" : `coalesce(min(${test(`e.${identifier(shape.name)}`)}), 0)`
        const found = new Map<string, EmployeeState>()
        for (const one of keys) {
          const [row] = yield* rows<
            Readonly<Record<"n" | "has_left" | "is_merged" | "is_other", string | number>>
          >(
            `select count(*) as n, ${all(leftOn, (name) => `coalesce(cast(${name} as date) < utc_date(), 0)`)} as has_left,
  ${all(mergedInto, (name) => `coalesce(${name}, '') <> ''`)} as is_merged,
  ${all(status?.column, () => `not ${isQualified(status!)}`)} as is_other
from ${relation} e where ${holds(column, key, literal(one))}`
          )
          if (Number(row!.n) === 0) continue
          found.set(
            one,
            Number(row!.is_merged) === 1
              ? "merged"
              : Number(row!.has_left) === 1
                ? "left"
                : Number(row!.is_other) === 1
                  ? "unqualified"
                  : "employed"
          )
        }
        return found
      }),
    hasStrays: (learner) =>
      Effect.flatMap(mapping, ({ targets }) => {
        const known = targets.map((target) => ` and not ${isOf(target, "result_id")}`)
        return Effect.map(
          rows(`select 1 as found from ${LEDGER} where ${here} and learner_id = ${literal(learner)}
  and position > ${literal(START)}${known.join("")} limit 1`),
          (found) => found.length > 0
        )
      })
  }
}

const writes = ({ connector: name, rows }: StoreParts): Pick<PeopleBench, Writes> => {
  const connector = literal(name)
  const each = (pairs: ReadonlyArray<Whose>, row: (pair: Whose) => string): string =>
    pairs.map(row).join(", ")
  /** A write, where there is something to be written. */
  const put = (given: ReadonlyArray<unknown>, text: string) =>
    given.length === 0 ? Effect.void : Effect.asVoid(rows(text))
  return {
    link: (pairs, rule) =>
      put(
        pairs,
        `insert into \`gradewire\`.\`person_link\` (connector, learner_id, employee_key, rule, linked_at)
values ${each(pairs, ({ employee, subject }) => `(${connector}, ${literal(subject)}, ${literal(employee)}, ${literal(rule)}, ${NOW})`)}
on duplicate key update rule = if(employee_key = values(employee_key), rule, values(rule)),
  linked_at = if(employee_key = values(employee_key), linked_at, values(linked_at)), employee_key = values(employee_key)`
      ),
    claim: (pairs) =>
      put(
        pairs,
        `insert into ${LEDGER} (connector, result_id, position, event_id, state, employee_key, match_rule, applied_at)
values ${each(pairs, ({ employee, subject }) => `(${connector}, ${literal(subject)}, ${literal(START)}, '', 'recorded', ${literal(employee)}, 'resolve', ${NOW})`)}
on duplicate key update state = 'recorded', employee_key = values(employee_key), match_rule = values(match_rule), row_key = null,
  applied_at = ${NOW}`
      ),
    note: (decisions) =>
      put(
        decisions,
        `insert into \`gradewire\`.\`person_decision\`
  (connector, subject, at, action, from_employee, to_employee, results, by_whom, why) values ${decisions
    .map(
      (one) =>
        `(${connector}, ${literal(one.subject)}, ${NOW}, ${literal(one.action)}, ${literal(one.from)}, ${literal(one.to)}, ${literal(one.results)}, ${literal(one.by)}, ${literal(one.why)})`
    )
    .join(", ")}`
      ),
    putAside: (results, by, why) =>
      Effect.as(
        put(
          results,
          `insert into ${ASIDE} (connector, result_id, at, by_whom, why)
values ${results.map((result) => `(${connector}, ${literal(result)}, ${NOW}, ${literal(by)}, ${literal(why)})`).join(", ")}
on duplicate key update at = values(at), by_whom = values(by_whom), why = values(why)`
        ),
        results.length
      ),
    takeBack: (results) =>
      Effect.gen(function* () {
        const chosen = `connector = ${connector} and result_id in (${listed(results)})`
        const [found] = yield* rows<{ n: string | number }>(
          `select count(*) as n from ${ASIDE} where ${chosen}`
        )
        yield* rows(`delete from ${ASIDE} where ${chosen}`)
        return Number(found!.n)
      })
  }
}

export const peopleBench = (store: StoreParts, mapping: Mapping): PeopleBench => {
  const here = `connector = ${literal(store.connector)}`
  const { rows } = store
  return {
    ...reads(store, mapping),
    ...writes(store),
    alone: (work) =>
      Effect.gen(function* () {
        yield* rows("start transaction")
        const [first] = yield* rows<{ epoch: string | number }>(
          `select lane, epoch from \`gradewire\`.\`apply_offset\` where ${here} order by lane for update`
        )
        const done = yield* work(Number(first?.epoch ?? 0))
        yield* rows("commit")
        return done
      }).pipe(Effect.tapError(() => Effect.ignore(rows("rollback")))),
    file: (epoch, results) =>
      Effect.gen(function* () {
        const scripts = yield* store.scripts
        const changes = yield* readHeld(store, results)
        const refusal = scripts.refusalOf(changes)
        if (refusal !== null)
          return yield* new RowRefused({
            message: "a value cannot be converted",
            code: "CONVERSION",
            detail: refusal
          })
        yield* store.script(withinTransaction(scripts.batch(epoch, changes, undefined)))
      }),
    move: (learner, to) =>
      Effect.gen(function* () {
        const statements = moveStatements(yield* mapping, store.connector, learner, to)
        const [moved] = yield* rows<{ n: string | number }>(statements.count)
        for (const text of statements.writes) yield* rows(text)
        return Number(moved!.n)
      })
  }
}
