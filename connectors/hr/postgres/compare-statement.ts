/**
 * Statements that compare rows of the source, sent as the events that their copies would be, with what is stored. They
 * write nothing; each sees one moment (PostgreSQL manual, 13.2.1), so that a row and its ledger belong together.
 *
 * A value is compared as what apply would write there: by the very SQL that writes it, in the column's own type.
 * Parameters: $1 connector, $2 events as jsonb array, or ids as text[].
 */
import type { TimeZone } from "../../../schemas/civil-time.ts"
import {
  columnFrom,
  DIRECTORIES,
  idEnd,
  idPrefix,
  isBooked,
  isMark,
  keepsRevoked,
  resultColumn
} from "../compared-tables.ts"
import type { MappedColumn, MappedTarget } from "./mapping.ts"
import { identifier, literal } from "./sql-text.ts"
import { profileValues, summed, summedValues, sumsOver } from "./sum-sql.ts"
import { sameRow, valueSql } from "./target-statement.ts"

/** Types as DDL writes them, by column: `timestamp(0) without time zone`. */
export type DeclaredTypes = ReadonlyMap<string, string>

export const DECLARED_TYPES = `select attname as name, format_type(atttypid, atttypmod) as type
from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped`

const lookUp = (table: string, alias: string, key: string, value: string): string =>
  `left join lateral (
    select * from gradewire.${table} r where r.connector = $1 and r.${key} = ${value} offset 0
  ) ${alias} on true`

/** Refused, and not replaced by anything newer: an operator's last word on it may be that it is discarded. */
const IS_DEAD = `exists (
      select from gradewire.dead_letter x where x.connector = $1 and x.result_id = i.id
        and (x.state in ('open', 'waiting', 'replay') or x.state = 'discarded' and x.position > coalesce(l.position, ''))
    )`

/** Beyond all that was ever applied: nothing could overwrite it, and apply did not write it. */
const IS_AHEAD = `l.position > (select max(o.position) from gradewire.apply_offset o where o.connector = $1)`

const SENT = `sent as materialized (
  select c.event ->> 'id' as event_id, c.event ->> 'time' as event_time, c.event ->> 'type' as type,
    (c.event ->> 'sequence') collate "C" as position, c.event -> 'data' as d,
    c.event -> 'data' ->> 'resultId' as result_id
  from jsonb_array_elements($2::jsonb) as c(event)
)`

const RESULTS = `f as materialized (
  select s.*, l.position as ledger_position, l.state as ledger_state, l.learner_id as ledger_learner,
    l.row_key as ledger_row_key, l.employee_key as ledger_employee, coalesce(p.employee_key, l.employee_key) as person,
    a.title as assessment_title, a.max as assessment_max, a.pass as assessment_pass,
    coalesce(a.position <= l.position, true) as marks_hold, coalesce(${IS_AHEAD}, false) as is_ahead,
    h.result_id is not null as is_held, ${IS_DEAD} as is_dead
  from sent s
  cross join lateral (select s.result_id as id) i
  ${lookUp("result_ledger", "l", "result_id", "s.result_id")}
  ${lookUp("held_change", "h", "result_id", "s.result_id")}
  ${lookUp("person_link", "p", "learner_id", "s.d -> 'learner' ->> 'id'")}
  ${lookUp("assessment_directory", "a", "assessment_id", "s.d -> 'assessment' ->> 'id'")}
)`

const TIMES = /^(time|timestamp|interval)\b/

const differs = (column: MappedColumn, zone: TimeZone, types: DeclaredTypes): string => {
  const { name, type } = column.shape
  const [stored, value] = [`t.${identifier(name)}`, valueSql(column, zone)]
  if (type === "text" || type === "character varying") {
    return `${stored}::text collate "C" is distinct from (${value})::text collate "C"`
  }
  if (type === "json") return `${stored}::jsonb is distinct from (${value})::jsonb`
  if (type === "xml") return `${stored}::text is distinct from (${value})::text`
  if (type === "bpchar") return `${stored}::bpchar is distinct from (${value})::bpchar`
  const declared = types.get(name) ?? type
  return `${stored} is distinct from (${value})${TIMES.test(type) ? `::${declared}` : ""}`
}

const fieldList = (parts: ReadonlyArray<readonly [condition: string, field: string]>): string =>
  `concat_ws(',', ${parts.map(([condition, field]) => `case when ${condition} then ${literal(field)} end`).join(", ")})`

/** The row is still what the history says that the last change left. */
const untouched = (target: MappedTarget): string => {
  const { own } = target
  if (own === undefined) return "false"
  const same = own.names.map((name) => `h.${name} is not distinct from t.${name}`).join(" and ")
  return `exists (select from ${own.history} h where h.connector = $1 and h.result_id = f.result_id
      and h.position = f.ledger_position and ${same})`
}

/** Results that are not what the source has; and in a row without id how many the others are, with their sums. */
export const compareResults = (target: MappedTarget, zone: TimeZone, types: DeclaredTypes): string => {
  const columns = target.columns.filter((column) => !isBooked(column))
  const values = columns.map((column): readonly [string, string] => {
    const differing = differs(column, zone, types)
    return [isMark(column) ? `f.marks_hold and ${differing}` : differing, column.shape.name]
  })
  const sums = summed(target)
  const position = target.own === undefined ? [] : [["t.position <> f.ledger_position", "position"] as const]
  const ledger = [
    ["f.is_ahead", "ledger.position"],
    ["f.ledger_learner is distinct from (f.d -> 'learner' ->> 'id')", "ledger.learner"],
    ["f.ledger_employee is distinct from f.person", "ledger.employee"]
  ] as const
  return `with ${SENT},
${RESULTS}
select c.place as id, count(*)::integer as n_rows, max(c.state) as state, max(c.position) as position,
  bool_or(c.is_there) as is_there, bool_or(c.is_held) as is_held, bool_or(c.is_dead) as is_dead, max(c.learner) as learner,
  max(c.fields) as fields, bool_or(c.is_untouched) as is_untouched${sumsOver(sums.length)}
from (select d.*, case when d.fields = '' then null else d.id end as place from (
  select f.result_id as id, f.ledger_state as state, f.ledger_position as position, t.gradewire_row is not null as is_there,
    f.is_held, f.is_dead, f.ledger_learner as learner,
    case when f.ledger_state = 'recorded' and t.gradewire_row and not f.is_dead
      then ${fieldList([...values, ...position, ...ledger])} end as fields,
    case when f.ledger_state = 'recorded' and t.gradewire_row then ${untouched(target)} else false end as is_untouched${sums.map((column, index) => summedValues(column, index, zone)).join("")}
  from f left join lateral (
    select true as gradewire_row, t.* from ${target.relation} t
    where f.ledger_state = 'recorded' and ${sameRow(target, zone, "ledger_row_key")} limit 1
  ) t on true
) d) c
group by c.place`
}

/** What ledger and queues say of ids, whatever their rows hold. */
export const BOOKED_RESULTS = `select i.id, l.state, l.position, coalesce(l.state = 'recorded', false) as is_there,
  h.result_id is not null as is_held, ${IS_DEAD} as is_dead, l.learner_id as learner, null as fields, false as is_untouched
from unnest($2::text[]) as i(id)
${lookUp("result_ledger", "l", "result_id", "i.id")}
${lookUp("held_change", "h", "result_id", "i.id")}`

/** Ids that the ledger counts as filed, or that a row of the target stands for. */
export const standingResults = (target: MappedTarget, zone: TimeZone): string => {
  const stays = keepsRevoked(target) ? "l.position is null or l.state = 'recorded'" : "true"
  return `select f.result_id as id, l.state, l.position, t.gradewire_row is not null as is_there, false as is_held,
  false as is_dead, l.learner_id as learner, null as fields, false as is_untouched${profileValues(summed(target))}
from unnest($2::text[]) as f(result_id)
${lookUp("result_ledger", "l", "result_id", "f.result_id")}
left join lateral (
  select true as gradewire_row, t.* from ${target.relation} t
  where (${stays}) and ${namesResult(target, zone)} limit 1
) t on true
where l.state = 'recorded' or t.gradewire_row`
}

/** Row `t` is the result's in `f`, by its key alone; false where the key is more than that. */
const namesResult = (target: MappedTarget, zone: TimeZone): string =>
  resultColumn(target) === undefined
    ? "false"
    : `${sameRow(target, zone, "ledger_row_key")}${target.own === undefined ? "" : " and t.state = 'recorded'"}`

/** Condition that the target row `t` is of the employee, or the assessment, that a parameter names; or that it names none. */
const isOf = (column: MappedColumn | undefined, parameter: string): string =>
  column === undefined
    ? `${parameter}::text is null`
    : `(${parameter}::text is null or t.${identifier(column.shape.name)}::text = ${parameter})`

/** $2 after, $3 how many, $4 applied since, $5 employee, $6 assessment. */
export const filedResults = (table: string, target: MappedTarget, zone: TimeZone): string => {
  const course = columnFrom(target, "assessment.id")
  const ofCourse =
    course === undefined
      ? "$6::text is null"
      : `($6::text is null or exists (select from ${target.relation} t where ${sameRow(target, zone, "ledger_row_key")}
    and t.${identifier(course.shape.name)}::text = $6))`
  return `select f.result_id as id from (
  select l.*, l.row_key as ledger_row_key, l.employee_key as person from gradewire.result_ledger l
) f
where f.connector = $1 and f.state = 'recorded' and f.result_id > coalesce($2, ${literal(idPrefix(table))})
  and f.result_id < ${literal(idEnd(table))}
  and ($4::timestamptz is null or f.applied_at >= $4::timestamptz) and ($5::text is null or f.employee_key = $5)
  and ${ofCourse}
order by f.result_id limit $3::integer`
}

/**
 * Ids that rows of the target name, and the ledger does not; `undefined` where rows do not say whose they are.
 * $2 after, $3 how many, $4 employee, $5 assessment.
 */
export const strayResults = (target: MappedTarget, zone: TimeZone): string | undefined => {
  const column = resultColumn(target)
  if (column === undefined) return undefined
  const name = `t.${identifier(column.shape.name)}`
  const pattern = idPrefix(target.subject).replace(/[\\%_]/g, String.raw`\$&`)
  const constants = target.key
    .filter((each) => each !== column)
    .map((each) => `t.${identifier(each.shape.name)} = ${valueSql(each, zone)} and `)
  const known = keepsRevoked(target) ? "" : " and l.state = 'recorded'"
  return `select ${name}::text as id from ${target.relation} t
where ${constants.join("")}${name} like ${literal(`${pattern}%`)} and ($2::text is null or ${name} > $2)
  and ${isOf(columnFrom(target, "employee"), "$4")} and ${isOf(columnFrom(target, "assessment.id"), "$5")}
  ${target.own === undefined ? "" : "and t.state = 'recorded' "}and not exists (
    select from gradewire.result_ledger l where l.connector = $1 and l.result_id = ${name}::text${known}
  )
order by ${name} limit $3::integer`
}

type DirectoryKind = keyof typeof DIRECTORIES

/** Directory rows that are not what the source has. Keys that the source does not map are nobody's. */
export const compareDirectory = (kind: DirectoryKind): string => {
  const { columns, id, table } = DIRECTORIES[kind]
  const fields = columns.map(([column, key]): readonly [string, string] => {
    const value = `s.d ->> '${key}'`
    const differing =
      kind === "assessment" && key !== "title"
        ? `l.${column} is distinct from (${value})::numeric`
        : `l.${column} is distinct from (${value})`
    return [`s.d ? '${key}' and ${differing}`, column]
  })
  return `with ${SENT}
select * from (
  select i.id, case when l.position is null then null when l.removed then 'revoked' else 'recorded' end as state,
    l.position, l.position is not null as is_there, false as is_held, false as is_dead, ${kind === "learner" ? "i.id" : "null"} as learner,
    case when not l.removed then ${fieldList([...fields, [IS_AHEAD, "position"]])} end as fields,
    true as is_untouched
  from sent s
  cross join lateral (select s.d ->> '${kind}Id' as id) i
  ${lookUp(table, "l", id, "i.id")}
) c
where c.fields is distinct from ''`
}

export const standingDirectory = (kind: DirectoryKind): string => {
  const { id, table } = DIRECTORIES[kind]
  return `select ${id} as id, 'recorded' as state, position, true as is_there, false as is_held, false as is_dead,
  ${kind === "learner" ? id : "null"} as learner, null as fields, false as is_untouched
from gradewire.${table} where connector = $1 and ${id} = any($2::text[]) and not removed`
}

export const filedDirectory = (kind: DirectoryKind): string => {
  const { id, table } = DIRECTORIES[kind]
  return `select ${id} as id from gradewire.${table}
where connector = $1 and not removed and ($2::text is null or ${id} > $2) order by ${id} limit $3::integer`
}

export const LEARNERS_OF = `select learner_id as id from gradewire.person_link where connector = $1 and employee_key = $2`

export const PLACES = `select position, anchor_server as server, anchor_timeline as timeline
from gradewire.apply_offset where connector = $1 order by lane`
