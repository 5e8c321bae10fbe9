/** TraceDesk on PostgreSQL. */
import { Effect, type Scope } from "effect"
import type { PersonDecision } from "../../../schemas/held.ts"
import type {
  HistoryEntry,
  LanePlace,
  LedgerEntry,
  PersonLink,
  TraceDesk
} from "../../../src/apply/TraceDesk.ts"
import { utc } from "./offset-statements.ts"
import { openDesk } from "./open-desk.ts"
import type { PostgresOptions } from "./postgres-client.ts"

const ENTRY = `select result_id as result, state, position, event_id as "eventId", learner_id as learner,
  employee_key as employee, match_rule as rule, ${utc("applied_at")} as "appliedAt"
from gradewire.result_ledger where connector = $1`

const HISTORY = `select position, state, event_type as type, event_id as "eventId", employee_key as employee,
  match_rule as rule, ${utc("event_time")} as "committedAt", ${utc("applied_at")} as "appliedAt"
from gradewire.training_record_history h where connector = $1 and result_id = $2
order by h.position, h.applied_at, state desc`

const LINKS = `select learner_id as learner, employee_key as employee, rule, ${utc("linked_at")} as "linkedAt"
from gradewire.person_link where connector = $1`

const DECISIONS = `select subject, ${utc("at")} as at, action, from_employee as "from", to_employee as "to", results,
  by_whom as by, why
from gradewire.person_decision p where connector = $1 and (from_employee = $2 or to_employee = $2) order by p.at`

const LANES = `select lane::integer, position, anchor_file as file, ${utc("committed_at")} as "committedAt",
  ${utc("updated_at")} as "updatedAt"
from gradewire.apply_offset where connector = $1 order by lane`

const TABLES = ["result_ledger", "training_record_history", "person_link", "person_decision", "apply_offset"]

export const openTrace = (
  options: PostgresOptions,
  connector: string
): Effect.Effect<TraceDesk, never, Scope.Scope> =>
  Effect.gen(function* () {
    const ask = yield* openDesk(
      options,
      connector,
      (user) => `GRANT SELECT ON ${TABLES.map((table) => `gradewire.${table}`).join(", ")} TO ${user};`
    )
    return {
      result: (result) =>
        Effect.gen(function* () {
          const [ledger] = yield* ask<LedgerEntry>(`${ENTRY} and result_id = $2`, result)
          return { ledger: ledger ?? null, history: yield* ask<HistoryEntry>(HISTORY, result) }
        }),
      linkOf: (learner) =>
        Effect.map(ask<PersonLink>(`${LINKS} and learner_id = $2`, learner), ([link]) => link),
      employee: (employee, limit) =>
        Effect.gen(function* () {
          return {
            results: yield* ask<LedgerEntry>(
              `${ENTRY} and employee_key = $2 order by position desc limit $3`,
              employee,
              limit
            ),
            links: yield* ask<PersonLink>(`${LINKS} and employee_key = $2 order by learner_id`, employee),
            decisions: yield* ask<PersonDecision & { readonly subject: string }>(DECISIONS, employee)
          }
        }),
      lanes: ask<LanePlace>(LANES)
    } satisfies TraceDesk
  })
