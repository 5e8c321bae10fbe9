/** TraceDesk on MySQL and MariaDB. */
import { Effect, type Scope } from "effect"
import type { PersonDecision } from "../../../schemas/held.ts"
import type {
  HistoryEntry,
  LanePlace,
  LedgerEntry,
  PersonLink,
  TraceDesk
} from "../../../src/apply/TraceDesk.ts"
import type { MySqlOptions } from "./mysql-client.ts"
import { openDesk } from "./open-desk.ts"
import { instantOf } from "./offset-statements.ts"
import { literal } from "./sql-text.ts"

/** Columns that are times, in the form of events. */
const withTimes = <R extends object>(rows: ReadonlyArray<R>): ReadonlyArray<R> =>
  rows.map(
    (row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          /At$|^at$/.test(name) && typeof value === "string" ? instantOf(value) : (value as unknown)
        ])
      ) as R
  )

export const openTrace = (
  options: MySqlOptions,
  connector: string
): Effect.Effect<TraceDesk, never, Scope.Scope> =>
  Effect.gen(function* () {
    const desk = yield* openDesk(options)
    const here = `connector = ${literal(connector)}`
    const ask = <R extends object>(text: string) => Effect.map(desk.rows<R>(text), withTimes)
    const entries = (where: string) =>
      ask<LedgerEntry>(`select result_id as result, state, position, event_id as eventId, learner_id as learner,
  employee_key as employee, match_rule as rule, applied_at as appliedAt from \`gradewire\`.\`result_ledger\` where ${here} and ${where}`)
    const links = (where: string) =>
      ask<PersonLink>(`select learner_id as learner, employee_key as employee, rule, linked_at as linkedAt
from \`gradewire\`.\`person_link\` where ${here} and ${where} order by learner_id`)
    return {
      result: (result) =>
        Effect.gen(function* () {
          const [ledger] = yield* entries(`result_id = ${literal(result)}`)
          const history =
            yield* ask<HistoryEntry>(`select position, state, event_type as type, event_id as eventId,
  employee_key as employee, match_rule as rule, event_time as committedAt, applied_at as appliedAt
from \`gradewire\`.\`training_record_history\` where ${here} and result_id = ${literal(result)}
order by position, applied_at, state desc`)
          return { ledger: ledger ?? null, history }
        }),
      linkOf: (learner) => Effect.map(links(`learner_id = ${literal(learner)}`), ([link]) => link),
      employee: (employee, limit) =>
        Effect.gen(function* () {
          const key = literal(employee)
          return {
            results: yield* entries(`employee_key = ${key} order by position desc limit ${limit}`),
            links: yield* links(`employee_key = ${key}`),
            decisions: yield* ask<PersonDecision & { readonly subject: string }>(`select subject, at, action,
  from_employee as \`from\`, to_employee as \`to\`, results, by_whom as \`by\`, why
from \`gradewire\`.\`person_decision\` where ${here} and (from_employee = ${key} or to_employee = ${key}) order by at`)
          }
        }),
      lanes: ask<LanePlace>(`select lane, position, anchor_file as file, committed_at as committedAt,
  updated_at as updatedAt from \`gradewire\`.\`apply_offset\` where ${here} order by lane`)
    } satisfies TraceDesk
  })
