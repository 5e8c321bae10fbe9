/**
 * The first half of a batch script: what comes in goes to the directories and to the batch's own tables, and every
 * score gets its verdict: stale, dead, held or filed.
 *
 * Each statement sees what those before it wrote. The row of `apply_offset` is locked before anything is read for a
 * decision, and the session reads what is committed now (READ COMMITTED), so nobody else's batch lies between.
 */
import { LINK_RULE } from "../../../schemas/match-rule.ts"
import { START } from "../../../schemas/position.ts"
import { SCORES, HITS, PROOFS, jsonRows, jsonTypes } from "./batch-tables.ts"
import type { HrMapping } from "./mapping.ts"
import type { ServerFacts } from "./mysql-client.ts"
import { hits, isExcluded } from "./match-sql.ts"
import { literal } from "./sql-text.ts"

/** Everything hangs on it: 1 where this process may write, and the offset is where it left it. */
export const FENCE = "@gradewire_fence"

/** @param expected position the offset must have; `undefined`: any */
export const lockOffset = (
  connector: string,
  lane: number,
  epoch: number,
  expected: string | undefined
): ReadonlyArray<string> => [
  "start transaction",
  `set ${FENCE} = 0`,
  `select 1 into ${FENCE} from \`gradewire\`.\`apply_offset\` where connector = ${literal(connector)} and lane = ${lane}
  and epoch = ${epoch}${expected === undefined ? "" : ` and position = ${literal(expected)}`} for update`
]

/** A script of ours as part of a transaction that others begin and end; a second beginning would commit what was before. */
export const withinTransaction = (script: ReadonlyArray<string>): ReadonlyArray<string> =>
  script.filter((statement) => statement !== "start transaction" && statement !== "commit")

const LEDGER = "`gradewire`.`result_ledger`"

/**
 * Two lanes that meet in one result come after each other: each locks the result's row of the ledger, a place at START
 * where there is none, before it reads anything of it.
 */
export const takePlaces = (connector: string, source: string): string => `insert into ${LEDGER}
  (connector, result_id, position, event_id, state, applied_at)
select ${literal(connector)}, r.result_id, ${literal(START)}, '', 'revoked', utc_timestamp(6)
from ${source} where ${FENCE} = 1 order by r.result_id
on duplicate key update connector = result_ledger.connector`

/** Places that nothing was filed in. */
export const leavePlaces = (connector: string): string => `delete l
from ${SCORES} f straight_join ${LEDGER} l on l.connector = ${literal(connector)} and l.result_id = f.result_id
where f.verdict <> 'filed' and l.position = ${literal(START)}`

interface Directory {
  readonly table: string
  readonly id: string
  readonly columns: ReadonlyArray<string>
}

const LEARNERS: Directory = {
  table: "`gradewire`.`learner_directory`",
  id: "learner_id",
  columns: ["employee_no", "external_id", "phone", "email", "name"]
}

const ASSESSMENTS: Directory = {
  table: "`gradewire`.`assessment_directory`",
  id: "assessment_id",
  columns: ["title", "max", "pass"]
}

/** An absent key keeps what the directory has; an older change does nothing. */
const putDirectory = (
  connector: string,
  facts: Pick<ServerFacts, "isMariaDb">,
  { columns, id, table }: Directory,
  json: string
): ReadonlyArray<string> => {
  const types = jsonTypes(facts)
  const rows = `${jsonRows(json, [
    [id, types.text],
    ["position", types.position],
    ["removed", types.number],
    ...columns.flatMap((column) => [[`has_${column}`, types.number] as const, [column, types.text] as const])
  ])} r`
  const found = `d.connector = ${literal(connector)} and d.${id} = r.${id}`
  // Another lane may put the same assessment there meanwhile.
  const own = table.split(".")[1]!
  const ahead = [
    ...columns.map((column) => [column, `r.has_${column}`] as const),
    ["removed", "true"] as const,
    ["position", "true"] as const
  ].map(
    ([column, isThere]) =>
      `${column} = if(${own}.position < r.position and ${isThere}, r.${column}, ${own}.${column})`
  )
  const kept = columns.map((column) => `d.${column} = if(r.has_${column}, r.${column}, d.${column})`)
  // In this order: an update passes over a row that another lane has not committed yet, where an insert waits for it.
  return [
    `insert into ${table} (connector, ${id}, position, removed, ${columns.join(", ")})
select ${literal(connector)}, r.${id}, r.position, r.removed, ${columns.map((column) => `r.${column}`).join(", ")}
from ${rows} left join ${table} d on ${found} where ${FENCE} = 1 and d.${id} is null
on duplicate key update ${ahead.join(", ")}`,
    `update ${rows} straight_join ${table} d on ${found}
set ${kept.join(", ")}, d.removed = r.removed, d.position = r.position where ${FENCE} = 1 and d.position < r.position`
  ]
}

export const putLearners = (connector: string, facts: Pick<ServerFacts, "isMariaDb">, json: string) =>
  putDirectory(connector, facts, LEARNERS, json)

export const putAssessments = (connector: string, facts: Pick<ServerFacts, "isMariaDb">, json: string) =>
  putDirectory(connector, facts, ASSESSMENTS, json)

/** Scores as they were sent. */
export const sentScores = (facts: Pick<ServerFacts, "isMariaDb">, json: string): string => {
  const { number, position, text } = jsonTypes(facts)
  return `${jsonRows(json, [
    ["n", number],
    ["position", position],
    ["result_id", text],
    ["event_id", text],
    ["type", text],
    ["subject", text],
    ["target", number],
    ["revoked", number],
    ["learner_id", text],
    ["employee_no", text],
    ["external_id", text],
    ["phone", text],
    ["email", text],
    ["day", position],
    ["assessment_id", text],
    ["event_time", text],
    ["refusal", text]
  ])} r`
}

/** Held results named in a JSON array, read where they are stored, in the shape of {@link sentScores}. */
export const storedScores = (
  connector: string,
  facts: Pick<ServerFacts, "isMariaDb">,
  mapping: HrMapping,
  json: string
): string => {
  const { text } = jsonTypes(facts)
  const subjects = mapping.targets.map(({ subject }, index) => `when ${literal(subject)} then ${index}`)
  const target = subjects.length === 0 ? "null" : `case e.subject ${subjects.join(" ")} end`
  const paths = [
    ["event_id", "$.id"],
    ["type", "$.type"],
    ["subject", "$.subject"],
    ["learner_id", "$.data.learner.id"],
    ["employee_no", "$.data.learner.employeeNo"],
    ["external_id", "$.data.learner.externalId"],
    ["phone", "$.data.learner.phone"],
    ["email", "$.data.learner.email"],
    ["time", "$.time"],
    ["submitted", "$.data.attempt.submittedAt"],
    ["assessment_id", "$.data.assessment.id"]
  ].map(([name, path]) => `${name} ${text} path '${path}'`)
  return `(
  select i.n, h.position, h.result_id, e.event_id, e.type, e.subject, ${target} as target, 0 as revoked, e.learner_id,
    nullif(e.employee_no, '') as employee_no, nullif(e.external_id, '') as external_id, nullif(e.phone, '') as phone, nullif(e.email, '') as email,
    left(if(e.submitted regexp '^[1-9][0-9]{3}-.*Z$', e.submitted, e.time), 10) as day,
    e.assessment_id, null as event_time, null as refusal
  from json_table(${json}, '$[*]' columns (n for ordinality, result_id ${text} path '$')) i
  straight_join \`gradewire\`.\`held_change\` h on h.connector = ${literal(connector)} and h.result_id = i.result_id
  straight_join json_table(h.event, '$' columns (${paths.join(", ")})) e
) r`
}

/**
 * Everything that is known about a result, its learner and its assessment, this batch's changes included.
 * @param isReplay the events are dead letters that get another attempt
 */
export const gatherScores = (
  mapping: HrMapping,
  connector: string,
  source: string,
  isReplay: boolean
): string => {
  const person =
    "case when k.linked is not null then k.linked when k.learner_id is null and k.was_filed then k.ledger_employee end"
  const { reason, verdict } = verdictOf(mapping, "k", {
    person,
    people: "0",
    isAmbiguous: "false",
    isExcluded: "false"
  })
  const ours = (alias: string, column: string) =>
    `on ${alias}.connector = ${literal(connector)} and ${alias}.${column} = r.${column}`
  const learner = (column: string) => `coalesce(r.${column}, nullif(d.${column}, ''))`
  const wasFiled = "coalesce(l.state = 'recorded', 0)"
  const isStale = "(coalesce(l.position >= r.position, 0) or coalesce(h.position > r.position, 0))"
  const blocked = `exists (select 1 from \`gradewire\`.\`dead_letter\` x
    where x.connector = ${literal(connector)} and x.result_id = r.result_id and x.state in ('open', 'waiting', 'replay')
      and x.position ${isReplay ? "<" : "<="} r.position)`
  return `insert into ${SCORES} (n, position, result_id, event_id, type, subject, target, revoked, learner_id,
  employee_no, external_id, phone, email, name, day, assessment_id, event_time, refusal, held_reason, ledger_position, was_filed, ledger_employee,
  ledger_learner, ledger_row_key, ledger_rule, linked, is_stale, blocked, learner_known, assessment_known,
  assessment_title, assessment_max, assessment_pass, own_rule, is_excluded, is_unproven, own_person, person, match_rule, verdict, reason)
select k.*, ${isExcluded(mapping, "k")}, not (k.revoked or k.is_stale or k.blocked) and k.linked is null and not (k.learner_id is null and k.was_filed),
  ${person}, ${person}, k.own_rule, ${verdict}, ${reason}
from (
  select r.n, r.position, r.result_id, r.event_id, r.type, r.subject, r.target, r.revoked, r.learner_id,
    ${learner("employee_no")} as employee_no, ${learner("external_id")} as external_id, ${learner("phone")} as phone, ${learner("email")} as email,
    nullif(d.name, '') as name, r.day,
    r.assessment_id, r.event_time, r.refusal, h.reason as held_reason, l.position as ledger_position, ${wasFiled} as was_filed,
    l.employee_key as ledger_employee, l.learner_id as ledger_learner, l.row_key as ledger_row_key,
    l.match_rule as ledger_rule, p.employee_key as linked, ${isStale} as is_stale, ${blocked} as blocked, d.learner_id is not null as learner_known,
    a.assessment_id is not null as assessment_known, a.title, a.max, a.pass,
    case when p.employee_key is not null then concat('${LINK_RULE}', p.rule)
      when r.learner_id is null and ${wasFiled} then l.match_rule end as own_rule
  from ${source}
  left join \`gradewire\`.\`held_change\` h ${ours("h", "result_id")}
  left join \`gradewire\`.\`result_ledger\` l ${ours("l", "result_id")}
  left join \`gradewire\`.\`person_link\` p ${ours("p", "learner_id")}
  left join \`gradewire\`.\`learner_directory\` d ${ours("d", "learner_id")}
  left join \`gradewire\`.\`assessment_directory\` a ${ours("a", "assessment_id")}
  where ${FENCE} = 1
) k`
}

export const countHits = ({ employees }: HrMapping): string => `update ${SCORES} s straight_join (
  select n, count(distinct employee) + min(is_other) as people, min(employee) as employee, min(rule) as rule,
    count(distinct rule, employee) > count(distinct rule) as is_ambiguous
  from ${HITS} group by n
) v on v.n = s.n
set s.people = v.people, s.rule = v.rule, s.is_ambiguous = v.is_ambiguous,
  s.own_person = if(v.people = 1, v.employee, s.own_person),
  s.own_rule = if(v.people = 1, case v.rule ${employees.rules
    .map(({ learner, number }) => `when ${number} then ${literal(learner)}`)
    .join(" ")} end, s.own_rule)`

/** One learner is one person: where this batch proves it by one score, it holds for the others, as a link would. */
const PROVE = `insert into ${PROOFS} (learner_id, person, rule)
select o.learner_id, o.own_person, o.own_rule from (
  select s.learner_id, s.own_person, s.own_rule, row_number() over (partition by s.learner_id order by s.position) as place
  from ${SCORES} s where s.is_unproven and s.learner_id is not null and s.own_person is not null
) o where o.place = 1`

interface Verdict {
  readonly verdict: string
  readonly reason: string
}

/** SQL over a row `s`. @param person SQL of the person; `people` and `isAmbiguous` speak of the rules' hits */
const verdictOf = (
  mapping: HrMapping,
  s: string,
  {
    isAmbiguous,
    isExcluded,
    people,
    person
  }: Readonly<Record<"person" | "people" | "isAmbiguous" | "isExcluded", string>>
): Verdict => {
  const needing = mapping.targets.flatMap((target, index) => (target.needsAssessment ? [index] : []))
  const waits =
    needing.length === 0
      ? "false"
      : `${s}.target in (${needing.join(", ")}) and ${s}.assessment_id is not null and not ${s}.assessment_known`
  return {
    verdict: `case when ${s}.is_stale then 'stale' when ${s}.target is null or ${s}.blocked then 'dead'
    when not ${s}.revoked and (${person} is null or (${waits})) then 'held'
    when ${s}.refusal is not null then 'dead' else 'filed' end`,
    reason: `case when ${person} is not null then 'ASSESSMENT_UNKNOWN' when ${isExcluded} then 'UNQUALIFIED'
    when ${isAmbiguous} then 'AMBIGUOUS'
    when ${people} > 1 then 'CONFLICT'
    when ${s}.learner_id is not null and not ${s}.learner_known
      and coalesce(${s}.employee_no, ${s}.external_id, ${s}.phone, ${s}.email) is null then 'LEARNER_UNKNOWN' else 'ABSENT' end`
  }
}

/**
 * Of the rows that the rules had to decide; the others have their verdict since they were gathered. An update that joins
 * may assign in any order (MySQL manual, 15.2.17), so the person stands in the conditions as it is found.
 */
const judge = (mapping: HrMapping): string => {
  const person = "if(s.learner_id is null, s.own_person, p.person)"
  const { reason, verdict } = verdictOf(mapping, "s", {
    person,
    people: "s.people",
    isAmbiguous: "s.is_ambiguous",
    isExcluded: "s.is_excluded"
  })
  return `update ${SCORES} s left join ${PROOFS} p on p.learner_id = s.learner_id
set s.person = ${person},
  s.match_rule = if(s.learner_id is null or s.own_person = p.person, s.own_rule, concat('${LINK_RULE}', p.rule)),
  s.verdict = ${verdict}, s.reason = ${reason} where s.is_unproven`
}

/** Whose each score is, and what becomes of it. */
export const judgeScores = (mapping: HrMapping, connector: string): ReadonlyArray<string> => [
  ...hits(mapping, connector),
  countHits(mapping),
  PROVE,
  judge(mapping)
]
