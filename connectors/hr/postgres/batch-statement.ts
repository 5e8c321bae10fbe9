/**
 * The one statement that applies a batch: fence, directories, matching, guard, profile rows, queues and offset, in one
 * round trip and one transaction (D6).
 *
 * A statement sees the tables as they were before it (PostgreSQL manual, 7.8.4: data-modifying WITH), so what a batch
 * brings is read from the RETURNING of its own parts first and from the tables second. The row of `apply_offset` is
 * locked before anything is read for a decision; every part hangs on that lock, so a fenced batch writes nothing.
 *
 * Parameters: $1 connector, $2 epoch, then what {@link BatchForm} asks for.
 */
import type { Lane } from "../../../schemas/lane.ts"
import { LINK_RULE } from "../../../schemas/match-rule.ts"
import { FEW, fileParts, type BatchForm } from "./batch-write-parts.ts"
import type { HrMapping } from "./mapping.ts"
import { candidate, isExcluded } from "./match-sql.ts"
import { rowKeySql } from "./target-statement.ts"
import { literal } from "./sql-text.ts"

/** The letter under attempt, $6: whoever decides otherwise about it meanwhile comes before it or after it. */
const LETTER = `letter as materialized (
  select 1 as held_lock from gradewire.dead_letter
  where connector = $1 and position = $6 and state in ('replay', 'waiting')
  for update
)`

const fence = (form: BatchForm): string => `fence as materialized (
  select 1 as held_lock from gradewire.apply_offset
  where connector = $1 and lane = ${form.place.lane} and epoch = $2::bigint${form.fence === "offset" ? " and position = $6" : ""}${form.isReplay ? " and exists (select from letter)" : ""}
  for update
)`

/**
 * The planner takes a hundred rows for granted here; a filter by type would make three of them, and bad joins. A few
 * rows are better looked up one by one than joined with a whole directory.
 */
const changes = (
  form: BatchForm,
  name: string,
  parameter: string
): string => `${name}_change as materialized (
  select c.event, c.event ->> 'type' as type, (c.event ->> 'sequence') collate "C" as position, c.event -> 'data' as d
  from fence cross join jsonb_array_elements(${parameter}::jsonb) as c(event)${form.isFew ? ` limit ${FEW}` : ""}
)`

/**
 * Read by way of jsonb_array_elements_text for its estimate of a hundred rows: of `= any($3)` on a table without
 * statistics the planner expects one row, and reads HR's employees once for each held result. `offset 0` keeps a lookup
 * for each: as a plain join every page would read the whole queue.
 */
const HELD_CHANGES = `score_change as materialized (
  select c.event, c.event ->> 'type' as type, c.position, c.event -> 'data' as d, c.reason
  from fence cross join jsonb_array_elements_text(to_jsonb($3::text[])) as w(result_id)
  cross join lateral (
    select * from gradewire.held_change r where r.connector = $1 and r.result_id = w.result_id offset 0
  ) c
)`

/**
 * The one row of `table` with this key, for each row joined so far.
 *
 * `offset 0` keeps it a lookup by the whole key. As a plain join, tables that nobody analysed yet are read whole for
 * each batch, or even for each row of it: of `connector = $1` alone the planner expects one row there.
 */
const lookUp = (table: string, alias: string, key: string, value: string, where = "true"): string =>
  `left join lateral (
    select * from gradewire.${table} r where r.connector = $1 and r.${key} = ${value} and ${where} offset 0
  ) ${alias} on true`

/** An absent key keeps what the directory has. */
const LEARNER_NOW = `learner_now as (
  insert into gradewire.learner_directory as t
    (connector, learner_id, position, employee_no, external_id, phone, email, name, removed)
  select $1, c.d ->> 'learnerId', c.position,
    case when c.d ? 'employeeNo' then c.d ->> 'employeeNo' else s.employee_no end,
    case when c.d ? 'externalId' then c.d ->> 'externalId' else s.external_id end,
    case when c.d ? 'phone' then c.d ->> 'phone' else s.phone end,
    case when c.d ? 'email' then c.d ->> 'email' else s.email end,
    case when c.d ? 'name' then c.d ->> 'name' else s.name end,
    c.type = 'gradewire.learner.removed.v1'
  from learner_change c
  ${lookUp("learner_directory", "s", "learner_id", "c.d ->> 'learnerId'")}
  on conflict (connector, learner_id) do update set position = excluded.position, employee_no = excluded.employee_no,
    external_id = excluded.external_id, phone = excluded.phone, email = excluded.email, name = excluded.name, removed = excluded.removed
  where t.position < excluded.position
  returning t.learner_id, t.employee_no, t.external_id, t.phone, t.email, t.name
)`

const ASSESSMENT_NOW = `assessment_now as (
  insert into gradewire.assessment_directory as t (connector, assessment_id, position, title, max, pass, removed)
  select $1, c.d ->> 'assessmentId', c.position,
    case when c.d ? 'title' then c.d ->> 'title' else s.title end,
    case when c.d ? 'max' then (c.d ->> 'max')::numeric else s.max end,
    case when c.d ? 'pass' then (c.d ->> 'pass')::numeric else s.pass end,
    coalesce((c.d ->> 'removed')::boolean, false)
  from assessment_change c
  ${lookUp("assessment_directory", "s", "assessment_id", "c.d ->> 'assessmentId'")}
  on conflict (connector, assessment_id) do update set position = excluded.position, title = excluded.title,
    max = excluded.max, pass = excluded.pass, removed = excluded.removed
  where t.position < excluded.position
  returning t.assessment_id, t.title, t.max, t.pass
)`

/** A later change of a held result that names only some keys is completed from the held one. */
const MERGED_DATA = `case when h.event is null or h.position >= c.position then c.d
    else (h.event -> 'data') || c.d
      || jsonb_build_object('learner', coalesce(h.event #> '{data,learner}', '{}') || coalesce(c.d -> 'learner', '{}'))
      || jsonb_build_object('score', coalesce(h.event #> '{data,score}', '{}') || coalesce(c.d -> 'score', '{}'))
      || jsonb_build_object('attempt', coalesce(h.event #> '{data,attempt}', '{}') || coalesce(c.d -> 'attempt', '{}'))
      || jsonb_build_object('attributes',
        coalesce(h.event #> '{data,attributes}', '{}') || coalesce(c.d -> 'attributes', '{}')) end`

const score = (mapping: HrMapping, form: BatchForm): string => {
  const cases = mapping.targets.map(({ subject }, index) => `when ${literal(subject)} then ${index}`)
  const which = cases.length === 0 ? "null::integer" : `case c.event ->> 'subject' ${cases.join(" ")} end`
  const isHeld = form.source === "held"
  // Booleans, because the planner expects one row in two hundred of an integer that equals another.
  const flags = mapping.targets
    .map(({ subject }, index) => `c.event ->> 'subject' = ${literal(subject)} as in_${index},\n      `)
    .join("")
  // The event itself stays behind: it would be copied at every step, and few of them need it.
  return `score as materialized (
  select m.*, m.d -> 'learner' ->> 'id' as learner_id,
    nullif(m.d -> 'learner' ->> 'employeeNo', '') as own_no,
    nullif(m.d -> 'learner' ->> 'externalId', '') as own_external, nullif(m.d -> 'learner' ->> 'phone', '') as own_phone,
    nullif(m.d -> 'learner' ->> 'email', '') as own_email, m.d -> 'assessment' ->> 'id' as assessment_id
  from (
    select c.event ->> 'id' as event_id, c.event ->> 'time' as event_time, c.type, c.position, c.d ->> 'resultId' as result_id, ${which} as mapping,
      c.type = 'gradewire.score.revoked.v1' as revoked,
      ${flags}${form.isPartial && !isHeld ? MERGED_DATA : "c.d"} as d,
      ${isHeld ? "c.position as held_position, c.reason as held_reason" : "h.position as held_position"}
    from score_change c
    ${isHeld ? "" : lookUp("held_change", "h", "result_id", "c.d ->> 'resultId'")}
  ) m
)`
}

/**
 * Everything that is known about a result, its learner and its assessment, this batch's changes included. Keys and day
 * of a learner who has a link prove nothing more, and are not looked for.
 */
const known = (mapping: HrMapping, form: BatchForm): string => {
  const learner = (column: string) =>
    `nullif(case when ln.learner_id is null then ld.${column} else ln.${column} end, '')`
  const assessment = (column: string) =>
    `case when an.assessment_id is null then ad.${column} else an.${column} end`
  return `known as materialized (
  select q.*, ${isExcluded(mapping, "q")} as is_excluded, not (q.revoked or q.is_stale or q.blocked) and q.linked is null
    and not (q.learner_id is null and q.was_filed) as is_unproven
  from (
  select s.*, l.position as ledger_position, coalesce(l.state = 'recorded', false) as was_filed,
    l.employee_key as ledger_employee, l.learner_id as ledger_learner, l.row_key as ledger_row_key,
    l.match_rule as ledger_rule, p.employee_key as linked, p.rule as link_rule,
    coalesce(l.position >= s.position, false) or coalesce(s.held_position > s.position, false) as is_stale,
    exists (
      select from gradewire.dead_letter x
      where x.connector = $1 and x.result_id = s.result_id and x.state in ('open', 'waiting', 'replay')
        and x.position ${form.isReplay ? "<" : "<="} s.position
    ) as blocked,
    coalesce(s.own_no, ${learner("employee_no")}) as "employeeNo",
    coalesce(s.own_external, ${learner("external_id")}) as "externalId",
    coalesce(s.own_phone, ${learner("phone")}) as phone,
    coalesce(s.own_email, ${learner("email")}) as email, ${learner("name")} as name,
    case when p.employee_key is null then left(case
      when s.d -> 'attempt' ->> 'submittedAt' ~ '^[1-9][0-9]{3}-.*Z$' then s.d -> 'attempt' ->> 'submittedAt'
      else s.event_time end, 10)::date end as day,
    ln.learner_id is not null or ld.learner_id is not null as learner_known,
    an.assessment_id is not null or ad.assessment_id is not null as assessment_known,
    ${assessment("title")} as assessment_title, ${assessment("max")} as assessment_max,
    ${assessment("pass")} as assessment_pass
  from score s
  ${lookUp("result_ledger", "l", "result_id", "s.result_id")}
  ${lookUp("person_link", "p", "learner_id", "s.learner_id")}
  left join learner_now ln on ln.learner_id = s.learner_id
  ${lookUp("learner_directory", "ld", "learner_id", "s.learner_id", "p.employee_key is null")}
  left join assessment_now an on an.assessment_id = s.assessment_id
  ${lookUp("assessment_directory", "ad", "assessment_id", "s.assessment_id")}
  ) q
)`
}

/**
 * One learner is one person: where this batch proves it by one score, it holds for the others, as a link would.
 *
 * Nearly every learner has a link already. The planner knows nothing of that and would hash the wide rows of `known`
 * for a few verdicts; of a limit that it cannot compute it takes a tenth for granted, and there is one for each change.
 * In the first copy of a table nearly all are proven here: of a boolean the planner expects half, of a number that
 * equals another one row, which it would look through for each change.
 */
const judged = (mapping: HrMapping): string => {
  const needing = mapping.targets.flatMap((target, index) => (target.needsAssessment ? [index] : []))
  const waits =
    needing.length === 0
      ? "false"
      : `(${needing.map((index) => `j.in_${index}`).join(" or ")}) and j.assessment_id is not null and not j.assessment_known`
  return `first_proven as (
  select distinct on (v.learner_id collate "C") v.learner_id, v.employee, ${ruleName(mapping)} as rule
  from (select *, people = 1 as is_proven from verdict offset 0) v
  where v.is_proven and v.learner_id is not null
  order by v.learner_id collate "C", v.position
),
judged as materialized (
  select j.*, not j.is_stale and not j.is_dead and not j.is_held as is_filed
  from (
    select j.*, case when j.own_person = j.person then j.own_rule else '${LINK_RULE}' || j.first_rule end as match_rule,
      not j.is_stale and not j.is_dead and not j.revoked and (j.person is null or ${waits}) as is_held,
      case when j.person is not null then 'ASSESSMENT_UNKNOWN' when j.is_excluded then 'UNQUALIFIED'
        when j.is_ambiguous then 'AMBIGUOUS'
        when j.people > 1 then 'CONFLICT'
        when j.learner_id is not null and not j.learner_known and coalesce(j."employeeNo", j."externalId", j.phone, j.email) is null
        then 'LEARNER_UNKNOWN' else 'ABSENT' end as reason
    from (
      select n.*, not n.is_stale and (n.mapping is null or n.blocked) as is_dead,
        case when n.learner_id is null then n.own_person else coalesce(n.linked, n.first_person) end as person
      from (
        select k.*, v.people, v.is_ambiguous, p.employee as first_person, p.rule as first_rule,
          case when k.linked is not null then k.linked
            when k.learner_id is null and k.was_filed then k.ledger_employee
            when v.people = 1 then v.employee end as own_person,
          case when k.linked is not null then '${LINK_RULE}' || k.link_rule
            when k.learner_id is null and k.was_filed then k.ledger_rule
            when v.people = 1 then ${ruleName(mapping)} end as own_rule
        from known k
        left join (select * from verdict limit (select count(*) from known)) v on v.position = k.position
        left join first_proven p on p.learner_id = k.learner_id
      ) n
    ) j
  ) j
)`
}

const ruleName = ({ employees }: HrMapping): string =>
  `case v.rule ${employees.rules.map(({ learner, number }) => `when ${number} then '${learner}'`).join(" ")} end`

const rowKeys = (mapping: HrMapping): string => {
  const moving = mapping.targets.flatMap((target, index) =>
    target.hasFixedKey ? [] : [`when ${index} then ${rowKeySql(target, mapping.zone)}`]
  )
  return moving.length === 0 ? "null::jsonb" : `case f.mapping ${moving.join(" ")} end`
}

const readParts = (mapping: HrMapping, form: BatchForm): ReadonlyArray<string> => [
  ...(form.isReplay ? [LETTER] : []),
  fence(form),
  ...(form.source === "held"
    ? [HELD_CHANGES, NO_LEARNER_NOW, NO_ASSESSMENT_NOW]
    : [
        changes(form, "score", "$3"),
        changes(form, "learner", "$4"),
        changes(form, "assessment", "$5"),
        LEARNER_NOW,
        ASSESSMENT_NOW
      ]),
  score(mapping, form),
  known(mapping, form),
  candidate(mapping),
  judged(mapping)
]

/** Held changes are scores alone. */
const NO_LEARNER_NOW = `learner_now as (
  select null::text as learner_id, null::text as employee_no, null::text as external_id, null::text as phone, null::text as email,
    null::text as name where false
)`
const NO_ASSESSMENT_NOW = `assessment_now as (
  select null::text as assessment_id, null::text as title, null::numeric as max, null::numeric as pass where false
)`

/** SQL of a batch in the given form. */
export const batchStatement = (mapping: HrMapping, form: BatchForm): string =>
  `with ${[...readParts(mapping, form), ...fileParts(mapping, form, rowKeys(mapping))].join(",\n")}
select (select count(*)::integer from fence) as fenced,
  ${form.isReplay ? "(select count(*)::integer from letter)" : "0"} as letters,
  t.applied, t.held, t.dead, t.results
from tally t`

/**
 * Which of the held results named in $3 something can be done about now: they can be filed, they are outdated, or they
 * wait for another reason. Reads only; $2 is the epoch.
 */
export const probeStatement = (mapping: HrMapping, place: Lane): string => {
  const form: BatchForm = {
    source: "held",
    fence: "epoch",
    isPartial: true,
    isReplay: false,
    isFew: false,
    place
  }
  // A lock is for those who write.
  const parts = readParts(mapping, form).map((part) => part.replace(/\s+for update\n\)$/, "\n)"))
  return `with ${parts.join(",\n")}
select j.result_id from judged j
where j.is_filed or j.is_stale or j.is_held and j.reason <> j.held_reason
order by j.position`
}
