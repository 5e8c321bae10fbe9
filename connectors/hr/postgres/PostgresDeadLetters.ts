/**
 * DeadLetterDesk on PostgreSQL.
 *
 * Taking anything out of an event un-escapes its texts, and one with a 0x00 or half a character, which is why some letters
 * are here, cannot be; those are read as plain text.
 */
import { Effect, type Scope } from "effect"
import {
  UNRESOLVED,
  type LastWriter,
  type LetterDecision,
  type LetterFilter
} from "../../../schemas/dead-letter.ts"
import type { DeadLetterDesk } from "../../../src/apply/DeadLetterDesk.ts"
import { letterOf, statesFor, type LetterRow } from "../stored-letters.ts"
import { utc } from "./offset-statements.ts"
import { openDesk } from "./open-desk.ts"
import type { PostgresOptions } from "./postgres-client.ts"
import { literal } from "./sql-text.ts"

const LETTER = "gradewire.dead_letter"
const DECISION = "gradewire.dead_letter_decision"
const OPEN_STATES = UNRESOLVED.map(literal).join(", ")
/** JSON text, quotes and all. In an event with such an escape `subject` stands before anything that others wrote. */
const SUBJECT = `case when d.event::text ~* ${literal(String.raw`\\u(0000|d[89a-f])`)}
  then substring(d.event::text from ${literal(String.raw`"subject":("(?:[^"\\]|\\.)*")`)})
  else (d.event -> 'subject')::text end`

/** Filters by parameters that are null where they do not matter; $1 connector. */
const LIST = `select d.position, ${SUBJECT} as subject, d.result_id, d.type, d.event_id, d.reason, d.detail, d.state,
  ${utc("d.at")} as at, ${utc("d.updated_at")} as updated_at,
  extract(epoch from clock_timestamp() - d.at)::double precision as age_seconds,
  (select min(b.position) from ${LETTER} b where b.connector = d.connector and b.result_id = d.result_id
    and b.state in (${OPEN_STATES}) and b.position < d.position) as behind
from ${LETTER} d
where d.connector = $1 and d.state = any($2::text[])
  and ($3::text[] is null or d.position = any($3::text[]))
  and ($4::text is null or d.reason = $4) and ($5::text is null or ${SUBJECT} = $5)
  and ($6::text is null or d.result_id = $6)
  and ($7::double precision is null or d.at < clock_timestamp() - make_interval(secs => $7))
  and ($8::double precision is null or d.at > clock_timestamp() - make_interval(secs => $8))
order by d.position limit $9`

const CONTENT = `select event::text as event from ${LETTER} where connector = $1 and position = $2`

const DECISIONS = `select ${utc("at")} as at, action, by_whom as by, why from ${DECISION}
where connector = $1 and position = $2 order by ${DECISION}.at`

/** $2 positions, $3 states that it may be in, $4 action, $5 who, $6 why */
const DECIDE = `with chosen as (
  update ${LETTER} set state = case $4 when 'replay' then 'replay' else 'discarded' end, updated_at = clock_timestamp()
  where connector = $1 and position = any($2::text[]) and state = any($3::text[])
  returning position
), noted as (
  insert into ${DECISION} (connector, position, at, action, by_whom, why)
  select $1, position, clock_timestamp(), $4, $5, $6 from chosen
)
select position from chosen order by position`

const LAST_WRITER = `select holder, extract(epoch from clock_timestamp() - updated_at)::double precision as idle
from gradewire.apply_offset where connector = $1 order by updated_at desc limit 1`

const grants = (
  user: string
): string => `GRANT SELECT ON ${LETTER}, ${DECISION}, gradewire.apply_offset TO ${user};
GRANT UPDATE ON ${LETTER} TO ${user};
GRANT INSERT ON ${DECISION} TO ${user};`

export const openDeadLetters = (
  options: PostgresOptions,
  connector: string
): Effect.Effect<DeadLetterDesk, never, Scope.Scope> =>
  Effect.gen(function* () {
    const ask = yield* openDesk(options, connector, grants)
    return {
      list: (filter, limit) =>
        Effect.map(ask<LetterRow>(LIST, ...filterValues(filter), limit), (rows) =>
          rows.map((row) => letterOf({ ...row, subject: JSON.parse(row.subject) as string }))
        ),
      content: (position) =>
        Effect.gen(function* () {
          const [found] = yield* ask<{ event: string }>(CONTENT, position)
          if (found === undefined) return undefined
          return { event: found.event, decisions: yield* ask<LetterDecision>(DECISIONS, position) }
        }),
      decide: ({ action, by, positions, why }) =>
        Effect.map(ask<{ position: string }>(DECIDE, positions, statesFor(action), action, by, why), (rows) =>
          rows.map(({ position }) => position)
        ),
      lastWriter: Effect.map(ask<{ holder: string; idle: number }>(LAST_WRITER), ([row]) =>
        row === undefined ? undefined : ({ holder: row.holder, idleSeconds: row.idle } satisfies LastWriter)
      )
    } satisfies DeadLetterDesk
  })

const filterValues = (filter: LetterFilter): ReadonlyArray<unknown> => [
  filter.states,
  filter.positions ?? null,
  filter.reason ?? null,
  filter.table === undefined ? null : JSON.stringify(filter.table),
  filter.result ?? null,
  filter.olderThan ?? null,
  filter.youngerThan ?? null
]
