/**
 * Scripts that compare rows of the source, sent as the events that their copies would be, with what is stored. They write
 * to temporary tables alone.
 *
 * A value is compared as what apply would write there: it is written, by the SQL of apply, to a temporary table with the
 * target's own columns, so that strictness, rounding and padding are the server's. What is read of the target and of the
 * ledger comes from one statement, and so from one moment.
 */
import type { ChangeEvent } from "../../../schemas/change-event.ts"
import {
  columnFrom,
  DIRECTORIES,
  idEnd,
  idPrefix,
  isBooked,
  keepsRevoked,
  resultColumn
} from "../compared-tables.ts"
import type { SummedColumn } from "../compared-sums.ts"
import type { TimeZone } from "../../../schemas/civil-time.ts"
import { EMPTY_TABLES, jsonRows, jsonTypes, SCORES } from "./batch-tables.ts"
import type { ColumnShape } from "./catalog.ts"
import { ChangeRowsMaker, type ChangeRows } from "./change-rows.ts"
import { compareTexts, textObstacle } from "./compare-texts.ts"
import {
  differingAndSums,
  differingFields,
  emptyExpected,
  EXPECTED,
  fieldList,
  isAhead,
  PLACE,
  profileValues,
  summed,
  summedValues,
  untouched
} from "./compared-values.ts"
import { FENCE, gatherScores, sentScores } from "./decide-sql.ts"
import type { ProfileScope } from "../../../src/reconcile/ProfileView.ts"
import type { HrMapping, MappedColumn, MappedTarget } from "./mapping.ts"
import type { ServerFacts } from "./mysql-client.ts"
import { identifier, jsonLiteral, literal } from "./sql-text.ts"
import { filedRows, sameRow, valueOf, type TargetGroup } from "./target-sql.ts"
import { sameText, valueSql } from "./value-sql.ts"

const name = (column: MappedColumn): string => identifier(column.shape.name)
const json = (value: unknown): string => jsonLiteral(JSON.stringify(value))
const bytes = (sql: string): string => `cast(${sql} as binary)`

type DirectoryKind = keyof typeof DIRECTORIES

export class CompareScripts {
  private readonly mapping: HrMapping
  private readonly connector: string
  readonly facts: ServerFacts
  private readonly maker: ChangeRowsMaker

  constructor(mapping: HrMapping, connector: string, facts: ServerFacts) {
    this.mapping = mapping
    this.connector = connector
    this.facts = facts
    this.maker = new ChangeRowsMaker(mapping)
  }

  targetOf(table: string): MappedTarget {
    return this.mapping.targets.find(({ subject }) => subject === table)!
  }

  /** What is sent of events, or why the mapping refuses one of their values (`refused`), before the server is asked. */
  rowsOf(events: ReadonlyArray<ChangeEvent>): ChangeRows {
    return this.maker.make(events)
  }

  /**
   * Results that are not what the source has.
   * @param rows of one table, none of which the mapping refuses
   */
  compareResults(table: string, { puts, scores }: ChangeRows): ReadonlyArray<string> {
    const { connector, facts, mapping } = this
    const target = this.targetOf(table)
    const zone = this.zoneOf(target)
    // The rows of one table all have the same columns: a copy lacks none of the mapped ones.
    const group = puts[0]
    if (group === undefined) return ["select null as id from dual where false"]
    const form: TargetGroup = { facts, group, target, zone, json: "@gradewire_put_0" }
    const columns = group.columns.filter((column) => !isBooked(column))
    const names = columns.map(name)
    return [
      ...EMPTY_TABLES,
      ...emptyExpected(target, columns),
      `set ${FENCE} = 1, @gradewire_scores = ${json(scores)}, @gradewire_put_0 = ${json(group.rows)}`,
      gatherScores(mapping, connector, sentScores(facts, "@gradewire_scores"), false),
      `update ${SCORES} f set f.person = coalesce(f.linked, f.ledger_employee), f.verdict = 'filed'`,
      `insert into ${EXPECTED} (${PLACE}, ${names.join(", ")})
select r.n, ${columns.map((column) => valueOf(form, column)).join(",\n  ")}
from ${filedRows(form)} where f.was_filed and not f.blocked`,
      this.differing(form, columns)
    ]
  }

  /** Columns whose values are added up; none of a directory. */
  summed(table: string): ReadonlyArray<SummedColumn<ColumnShape>> {
    const target = this.mapping.targets.find(({ subject }) => subject === table)
    return target === undefined ? [] : summed(target)
  }

  /** Why texts that the training database wrote cannot be compared; `undefined`: they can. */
  textObstacle(table: string): string | undefined {
    const target = this.targetOf(table)
    return textObstacle(target, this.zoneOf(target))
  }

  /** @param texts contents of events of one table, which all have the same keys */
  compareTexts(table: string, texts: readonly [string, ...ReadonlyArray<string>]): ReadonlyArray<string> {
    const { connector, facts } = this
    const target = this.targetOf(table)
    const known = this.maker.knownColumns(table, (JSON.parse(texts[0]) as ChangeEvent).data)
    return compareTexts({ connector, facts, target, zone: this.zoneOf(target), known }, texts)
  }

  private zoneOf({ own }: MappedTarget): TimeZone {
    return own === undefined ? this.mapping.zone : 0
  }

  private differing({ target, zone }: TargetGroup, columns: ReadonlyArray<MappedColumn>): string {
    const { connector } = this
    const ours = (alias: string) => `${alias}.connector = ${literal(connector)}`
    const fields = differingFields(columns, target, {
      marksHold: "coalesce(a.position <= l.position, true)",
      position: "l.position",
      isAhead: isAhead(connector),
      isLearner: "l.learner_id <=> f.learner_id",
      isPerson: "l.employee_key <=> f.person"
    })
    const isThere = `t.${name(target.key[0]!)} is not null`
    const sums = this.summed(target.subject)
    return differingAndSums(
      `select f.n, f.result_id as id, l.state, l.position, ${isThere} as is_there, f.held_reason is not null as is_held,
    (f.blocked or exists (select 1 from \`gradewire\`.\`dead_letter\` z where ${ours("z")} and z.result_id = f.result_id
      and z.state = 'discarded' and z.position > coalesce(l.position, ''))) as is_dead,
    l.learner_id as learner,
    case when l.state = 'recorded' and ${isThere} and x.${PLACE} is not null then ${fields} end as fields,
    case when l.state = 'recorded' and ${isThere} then ${untouched(target, connector)} else false end as is_untouched${summedValues(sums)}
  from ${SCORES} f
  left join \`gradewire\`.\`result_ledger\` l on ${ours("l")} and l.result_id = f.result_id
  left join \`gradewire\`.\`assessment_directory\` a on ${ours("a")} and a.assessment_id = f.assessment_id
  left join ${EXPECTED} x on x.${PLACE} = f.n
  left join ${target.relation} t on f.was_filed and ${sameRow(target, zone, "ledger_row_key")}`,
      sums.length
    )
  }

  /** Ids that the ledger counts as filed, or that a row of the target stands for. */
  standingResults(table: string, ids: ReadonlyArray<string>): ReadonlyArray<string> {
    const { connector, facts } = this
    const target = this.targetOf(table)
    const stays = keepsRevoked(target) ? "(l.position is null or l.state = 'recorded') and " : ""
    const row = `${stays}${this.namesResult(target)}`
    const isThere = `t.${name(target.key[0]!)} is not null`
    return [
      `set @gradewire_ids = ${json(ids)}`,
      `select f.result_id as id, l.state, l.position, ${isThere} as is_there, 0 as is_held, 0 as is_dead,
  l.learner_id as learner, null as fields, 0 as is_untouched${profileValues(this.summed(table))}
from ${idRows("result_id", facts)} f
left join \`gradewire\`.\`result_ledger\` l on l.connector = ${literal(connector)} and l.result_id = f.result_id
left join ${target.relation} t on ${row}
where l.state = 'recorded' or ${isThere}`
    ]
  }

  private namesResult(target: MappedTarget): string {
    return resultColumn(target) === undefined
      ? "false"
      : `${sameRow(target, this.mapping.zone, "ledger_row_key")}${target.own === undefined ? "" : " and t.state = 'recorded'"}`
  }

  filedResults(
    table: string,
    after: string | undefined,
    max: number,
    { assessment, employee, since }: ProfileScope
  ): string | undefined {
    const target = this.targetOf(table)
    const course = columnFrom(target, "assessment.id")
    if (assessment !== undefined && course === undefined) return undefined
    const conditions = [
      ...(since === undefined
        ? []
        : [` and l.applied_at >= ${literal(since.replace("T", " ").replace("Z", ""))}`]),
      ...(employee === undefined ? [] : [` and l.employee_key = ${literal(employee)}`])
    ]
    const ofCourse =
      assessment === undefined
        ? ""
        : `where exists (select 1 from ${target.relation} t where ${sameRow(target, this.zoneOf(target), "ledger_row_key")}
    and ${sameText(`t.${name(course!)}`, literal(assessment))})`
    return `select f.result_id as id from (
  select l.result_id, l.row_key as ledger_row_key, l.employee_key as person from \`gradewire\`.\`result_ledger\` l
  where l.connector = ${literal(this.connector)} and l.state = 'recorded' and l.result_id > ${literal(after ?? idPrefix(table))}
    and l.result_id < ${literal(idEnd(table))}${conditions.join("")}
) f ${ofCourse} order by f.result_id limit ${max}`
  }

  /** Ids that rows of the target name, and the ledger does not; `undefined` where rows do not say whose they are. */
  strayResults(
    table: string,
    after: string | undefined,
    max: number,
    { assessment, employee, since }: ProfileScope
  ): string | undefined {
    const target = this.targetOf(table)
    const column = resultColumn(target)
    const chosen = [
      [columnFrom(target, "assessment.id"), assessment],
      [columnFrom(target, "employee"), employee]
    ] as const
    const isUntold = chosen.some(([each, wanted]) => wanted !== undefined && each === undefined)
    if (column === undefined || since !== undefined || isUntold) return undefined
    const each = `t.${name(column)}`
    const pattern = idPrefix(table).replace(/[\\%_]/g, String.raw`\$&`)
    const constants = target.key
      .filter((key) => key !== column)
      .map((key) => `t.${name(key)} = ${valueSql(key, this.mapping.zone, undefined)} and `)
    const scope = chosen.flatMap(([of, wanted]) =>
      wanted === undefined ? [] : [` and ${sameText(`t.${name(of!)}`, literal(wanted))}`]
    )
    const known = keepsRevoked(target) ? "" : " and l.state = 'recorded'"
    const behind = after === undefined ? "" : ` and ${each} > ${literal(after)}`
    return `select convert(${each} using utf8mb4) as id from ${target.relation} t
where ${constants.join("")}${each} like ${literal(`${pattern}%`)}${behind}${scope.join("")}
  ${target.own === undefined ? "" : "and t.state = 'recorded' "}and not exists (
    select 1 from \`gradewire\`.\`result_ledger\` l where l.connector = ${literal(this.connector)}
      and l.result_id = convert(${each} using utf8mb4)${known}
  )
order by ${each} limit ${max}`
  }

  /** Directory rows that are not what the source has. Keys that the source does not map are nobody's. */
  compareDirectory(kind: DirectoryKind, events: ReadonlyArray<ChangeEvent>): ReadonlyArray<string> {
    const { columns, id, table } = DIRECTORIES[kind]
    const { number, text } = jsonTypes(this.facts)
    const made = this.maker.make(events)
    const sent = jsonRows("@gradewire_rows", [
      ["id", text],
      ["position", text],
      ["removed", number],
      ...columns.flatMap(([column]) => [[`has_${column}`, number] as const, [column, text] as const])
    ])
    const fields = columns.map(([column]): readonly [string, string] => {
      const isMarkColumn = kind === "assessment" && column !== "title"
      const value = isMarkColumn ? `cast(r.${column} as decimal(65, 30))` : bytes(`r.${column}`)
      const stored = isMarkColumn ? `cast(l.${column} as decimal(65, 30))` : bytes(`l.${column}`)
      return [`r.has_${column} and not (${stored} <=> ${value})`, column]
    })
    return [
      `set @gradewire_rows = ${json(kind === "learner" ? made.learners : made.assessments)}`,
      `select * from (
  select r.id, case when l.position is null then null when l.removed then 'revoked' else 'recorded' end as state,
    l.position, l.position is not null as is_there, 0 as is_held, 0 as is_dead, ${kind === "learner" ? "r.id" : "null"} as learner,
    case when not l.removed then ${fieldList([...fields, [isAhead(this.connector), "position"]])} end as fields, 1 as is_untouched
  from ${sent} r
  left join \`gradewire\`.\`${table}\` l on l.connector = ${literal(this.connector)} and l.${id} = r.id
) c where c.fields is null or c.fields <> ''`
    ]
  }

  standingDirectory(kind: DirectoryKind, ids: ReadonlyArray<string>): ReadonlyArray<string> {
    const { id, table } = DIRECTORIES[kind]
    return [
      `set @gradewire_ids = ${json(ids)}`,
      `select l.${id} as id, 'recorded' as state, l.position, 1 as is_there, 0 as is_held, 0 as is_dead,
  ${kind === "learner" ? `l.${id}` : "null"} as learner, null as fields, 0 as is_untouched
from ${idRows(id, this.facts)} f
straight_join \`gradewire\`.\`${table}\` l on l.connector = ${literal(this.connector)} and l.${id} = f.${id}
where not l.removed`
    ]
  }

  filedDirectory(kind: DirectoryKind, after: string | undefined, max: number): string {
    const { id, table } = DIRECTORIES[kind]
    const behind = after === undefined ? "" : ` and ${id} > ${literal(after)}`
    return `select ${id} as id from \`gradewire\`.\`${table}\`
where connector = ${literal(this.connector)} and not removed${behind} order by ${id} limit ${max}`
  }

  learnersOf(employee: string): string {
    return `select learner_id as id from \`gradewire\`.\`person_link\`
where connector = ${literal(this.connector)} and employee_key = ${literal(employee)}`
  }

  get places(): string {
    return `select position, anchor_server as server, anchor_timeline as timeline
from \`gradewire\`.\`apply_offset\` where connector = ${literal(this.connector)} order by lane`
  }
}

/** Ids in a JSON array in `@gradewire_ids`. */
export const idRows = (column: string, facts: ServerFacts): string =>
  `json_table(@gradewire_ids, '$[*]' columns (${column} ${jsonTypes(facts).text} path '$'))`
