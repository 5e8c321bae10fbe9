/** DeadLetterDesk on MySQL and MariaDB. */
import { Effect, type Scope } from "effect"
import {
  UNRESOLVED,
  type LastWriter,
  type LetterDecision,
  type LetterFilter
} from "../../../schemas/dead-letter.ts"
import type { DeadLetterDesk, Decision } from "../../../src/apply/DeadLetterDesk.ts"
import { letterOf, statesFor, type LetterRow } from "../stored-letters.ts"
import type { MySqlOptions } from "./mysql-client.ts"
import { openDesk } from "./open-desk.ts"
import { instantOf } from "./offset-statements.ts"
import { literal } from "./sql-text.ts"

const LETTER = "`gradewire`.`dead_letter`"
const DECISION = "`gradewire`.`dead_letter_decision`"

const listed = (texts: ReadonlyArray<string>): string =>
  texts.length === 0 ? "null" : texts.map(literal).join(", ")

/** An event with a lone surrogate is no JSON to the server; there `subject` stands before anything that others wrote. */
const SUBJECT = `json_unquote(if(json_valid(d.event), json_extract(d.event, '$.subject') collate utf8mb4_bin,
  substring(regexp_substr(d.event collate utf8mb4_bin, '"subject":"([^"\\\\\\\\]|\\\\\\\\.)*"'), 11)))`

const age = (seconds: number): string =>
  `utc_timestamp(6) - interval ${Math.round(seconds * 1e6)} microsecond`

const list = (connector: string, filter: LetterFilter, limit: number): string => {
  const { olderThan, positions, reason, result, states, table, youngerThan } = filter
  const conditions = [
    `d.connector = ${literal(connector)}`,
    `d.state in (${listed(states)})`,
    ...(positions === undefined ? [] : [`d.position in (${listed(positions)})`]),
    ...(reason === undefined ? [] : [`d.reason = ${literal(reason)}`]),
    ...(table === undefined ? [] : [`${SUBJECT} = ${literal(table)}`]),
    ...(result === undefined ? [] : [`d.result_id = ${literal(result)}`]),
    ...(olderThan === undefined ? [] : [`d.at < ${age(olderThan)}`]),
    ...(youngerThan === undefined ? [] : [`d.at > ${age(youngerThan)}`])
  ]
  return `select d.position, ${SUBJECT} as subject, d.result_id, d.type, d.event_id, d.reason, d.detail, d.state, d.at,
  d.updated_at, timestampdiff(microsecond, d.at, utc_timestamp(6)) / 1e6 as age_seconds,
  (select min(b.position) from ${LETTER} b where b.connector = d.connector and b.result_id = d.result_id
    and b.state in (${listed(UNRESOLVED)}) and b.position < d.position) as behind
from ${LETTER} d where ${conditions.join(" and ")} order by d.position limit ${limit}`
}

/** The letters are locked before they are noted, so that what is noted is what is changed. */
const decide = (connector: string, { action, by, positions, why }: Decision): ReadonlyArray<string> => {
  const chosen = `d.connector = ${literal(connector)} and d.position in (${listed(positions)})
  and d.state in (${listed(statesFor(action))})`
  return [
    "start transaction",
    "set @gradewire_at = utc_timestamp(6)",
    `insert into ${DECISION} (connector, position, at, action, by_whom, why)
select d.connector, d.position, @gradewire_at, ${literal(action)}, ${literal(by)}, ${literal(why)}
from ${LETTER} d where ${chosen} for update`,
    `update ${LETTER} d join ${DECISION} n on n.connector = d.connector and n.position = d.position and n.at = @gradewire_at
set d.state = ${literal(action === "replay" ? "replay" : "discarded")}, d.updated_at = utc_timestamp(6) where ${chosen}`,
    `select n.position from ${DECISION} n where n.connector = ${literal(connector)} and n.at = @gradewire_at
  and n.position in (${listed(positions)}) order by n.position`,
    "commit"
  ]
}

export const openDeadLetters = (
  options: MySqlOptions,
  connector: string
): Effect.Effect<DeadLetterDesk, never, Scope.Scope> =>
  Effect.gen(function* () {
    const desk = yield* openDesk(options)
    const here = (position: string) => `connector = ${literal(connector)} and position = ${literal(position)}`
    return {
      list: (filter, limit) =>
        Effect.map(desk.rows<LetterRow>(list(connector, filter, limit)), (rows) =>
          rows.map((row) =>
            letterOf({ ...row, at: instantOf(row.at), updated_at: instantOf(row.updated_at) })
          )
        ),
      content: (position) =>
        Effect.gen(function* () {
          const [found] = yield* desk.rows<{ event: string }>(
            `select event from ${LETTER} where ${here(position)}`
          )
          if (found === undefined) return undefined
          const decisions = yield* desk.rows<LetterDecision>(
            `select at, action, by_whom as \`by\`, why from ${DECISION} where ${here(position)} order by at`
          )
          return {
            event: found.event,
            decisions: decisions.map((one) => ({ ...one, at: instantOf(one.at) }))
          }
        }),
      decide: (decision) =>
        Effect.map(desk.script<{ position: string }>(decide(connector, decision)), (rows) =>
          rows.map(({ position }) => position)
        ),
      lastWriter: Effect.map(
        desk.rows<{ holder: string; idle: string | number }>(
          `select holder, timestampdiff(microsecond, updated_at, utc_timestamp(6)) / 1e6 as idle
from \`gradewire\`.\`apply_offset\` where connector = ${literal(connector)} order by updated_at desc limit 1`
        ),
        ([row]) =>
          row === undefined
            ? undefined
            : ({ holder: row.holder, idleSeconds: Number(row.idle) } satisfies LastWriter)
      )
    } satisfies DeadLetterDesk
  })
