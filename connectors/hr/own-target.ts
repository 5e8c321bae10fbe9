/**
 * gradewire's own tables as a target: what fills each column of `gradewire.training_record`, from what a score table
 * maps. A field that is not mapped has no column here, so that it stays NULL and no event counts as incomplete.
 */
import type { ScoreTable, TableConfig } from "../../schemas/table-config.ts"
import type { StoreTarget } from "./mapping.ts"

export const OWN_TABLE = "gradewire.training_record"
export const OWN_HISTORY = "gradewire.training_record_history"

type Columns = StoreTarget["columns"]

const FIELDS = {
  raw: ["score_raw", "score.raw"],
  min: ["score_min", "score.min"],
  max: ["score_max", "score.max"],
  pass: ["score_pass", "score.pass"],
  text: ["score_text", "score.text"],
  attempt: ["attempt_number", "attempt.number"],
  startedAt: ["started_at", "attempt.startedAt"],
  submittedAt: ["submitted_at", "attempt.submittedAt"],
  gradedAt: ["graded_at", "attempt.gradedAt"],
  learner: ["learner_id", "learner.id"],
  assessment: ["assessment_id", "assessment.id"]
} as const

const MARKS = ["title", "max", "pass"] as const

/** What every change writes, a revocation too. */
const BOOKED: Columns = {
  position: "position",
  event_type: "event.type",
  event_id: "event.id",
  event_time: "event.time",
  applied_at: "now"
}

/** Marks come from the assessment's own table; without one, results would wait for it for ever. */
const markColumns = (score: Pick<ScoreTable, "fields">, tables: ReadonlyArray<TableConfig>): Columns => {
  const assessment = tables.find((table) => table.as === "assessment")
  if (assessment === undefined || score.fields.assessment === undefined) return {}
  return Object.fromEntries(
    MARKS.filter((mark) => assessment.fields[mark] !== undefined).map(
      (mark) => [`assessment_${mark}`, `assessment.${mark}`] as const
    )
  )
}

/** @param tables all of the configuration */
export const ownTarget = (
  connector: string,
  score: Pick<ScoreTable, "fields" | "attributes">,
  onRevoke: "hide" | "delete" | "ignore",
  tables: ReadonlyArray<TableConfig>
): StoreTarget => {
  const fields = Object.entries(FIELDS).flatMap(([field, [column, source]]) =>
    score.fields[field as keyof typeof FIELDS] === undefined ? [] : [[column, source] as const]
  )
  return {
    table: OWN_TABLE,
    key: ["connector", "result_id"],
    columns: {
      connector: { value: connector },
      result_id: "resultId",
      employee_key: "employee",
      match_rule: "match.rule",
      ...Object.fromEntries(fields),
      ...markColumns(score, tables),
      ...(score.attributes === undefined ? {} : { attributes: "attributes" }),
      state: { value: "recorded" },
      ...BOOKED
    },
    own: { history: OWN_HISTORY, onRevoke, marks: { state: { value: "revoked" }, ...BOOKED } }
  }
}

/** The target of a score table as the store is told of it. */
export const storeTarget = (
  connector: string,
  score: ScoreTable,
  tables: ReadonlyArray<TableConfig>
): StoreTarget => {
  const target = score.target ?? "own"
  if (target === "own") return ownTarget(connector, score, "hide", tables)
  return "columns" in target ? target : ownTarget(connector, score, target.onRevoke ?? "hide", tables)
}
