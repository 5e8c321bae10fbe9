/** What a configuration says of each table of the training database, and of the HR table that its scores fill (D9). */
import { Schema } from "effect"
import { Column, TableName, TimeZoneName } from "./config-values.ts"

const keyColumns = Schema.NonEmptyArray(Column)

/** What every table says of its side of the mapping. */
const sourceTable = {
  table: TableName,
  /** Columns that tell its rows apart, in an order that an index gives them; best the primary key. */
  key: keyColumns,
  /**
   * Zero and partial dates (0000-00-00, 2026-00-00, 2026-02-31) of a column: `keep` them as that text, which is what
   * happens to columns not named here, make them `null`, or `refuse` them: capture stops at such a row.
   */
  zeroDates: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.Union([Schema.Literals(["keep", "null", "refuse"]), Schema.Null]))
  ),
  /**
   * What a column holds that the binlog shows as bytes: one that is BINARY(16) and means a `uuid`, or a UUID that is
   * wanted as bytes (`binary`, base64 in events). MariaDB's own UUID, INET4, INET6 and VECTOR are found out.
   */
  columnTypes: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.Literals(["uuid", "inet4", "inet6", "vector", "binary"]))
  )
}

export const LearnerTable = Schema.Struct({
  ...sourceTable,
  as: Schema.Literal("learner"),
  fields: Schema.Struct({
    employeeNo: Schema.optionalKey(Column),
    externalId: Schema.optionalKey(Column),
    phone: Schema.optionalKey(Column),
    email: Schema.optionalKey(Column),
    name: Schema.optionalKey(Column)
  })
})

export const AssessmentTable = Schema.Struct({
  ...sourceTable,
  as: Schema.Literal("assessment"),
  fields: Schema.Struct({
    title: Schema.optionalKey(Column),
    max: Schema.optionalKey(Column),
    pass: Schema.optionalKey(Column)
  })
})

/** What a target column can be filled from. `attributes.<name>` names one of the score table's attributes. */
export const TARGET_SOURCES = [
  "employee",
  "match.rule",
  "resultId",
  "learner.id",
  "assessment.id",
  "assessment.title",
  "assessment.max",
  "assessment.pass",
  "score.raw",
  "score.min",
  "score.max",
  "score.pass",
  "score.text",
  "attempt.number",
  "attempt.startedAt",
  "attempt.submittedAt",
  "attempt.gradedAt",
  "event.id",
  "event.time"
] as const
export type TargetSource = (typeof TARGET_SOURCES)[number] | `attributes.${string}`

const TargetSourceName = Schema.String.check(
  Schema.makeFilter(
    (text) =>
      (TARGET_SOURCES as ReadonlyArray<string>).includes(text) ||
      /^attributes\..+$/.test(text) ||
      `expected one of ${TARGET_SOURCES.join(", ")} or attributes.<name>`,
    { toJsonSchema: () => ({ anyOf: [{ enum: [...TARGET_SOURCES] }, { pattern: "^attributes\\..+$" }] }) }
  )
)

const DecimalNumber = Schema.Union([
  Schema.Finite,
  Schema.String.check(
    Schema.isPattern(/^-?\d+(\.\d+)?$/u, {
      expected: "a decimal number such as 0.05, in quotes where it is long"
    })
  )
])

/** A source that is converted on its way; what is left out is not done. */
export const ColumnConversion = Schema.Struct({
  from: TargetSourceName,
  /** `trim` takes white space from both ends; `upper` and `lower` change A–Z. */
  text: Schema.optionalKey(Schema.NonEmptyArray(Schema.Literals(["trim", "upper", "lower"]))),
  /** Value: what is written for it; `null` writes NULL. */
  map: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean, Schema.Null]))
  ),
  /** What becomes of a value that is not in the map. `refuse` makes the change a dead letter. */
  otherwise: Schema.optionalKey(Schema.Union([Schema.Literals(["refuse", "null", "keep"]), Schema.Null])),
  /** Exact factor: 0.05 turns 0–100 into 0–5. */
  multiply: Schema.optionalKey(DecimalNumber),
  /** Digits behind the point. */
  decimals: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 }))),
  /** How they are reached: halves away from zero, halves to the even digit, cut, or refused where digits would be lost. */
  rounding: Schema.optionalKey(Schema.Literals(["half-up", "half-even", "truncate", "refuse"])),
  /** Zone in which a time is written, where it is not the target's. */
  timeZone: Schema.optionalKey(TimeZoneName),
  /** A time as text: YYYY, MM, DD, HH, mm, ss and what stands between them. */
  format: Schema.optionalKey(Schema.NonEmptyString)
})
export type ColumnConversion = typeof ColumnConversion.Type

/** An existing HR table; its shape is never altered. */
export const TargetTable = Schema.Struct({
  table: TableName,
  /** Columns of a unique index; one of them must be filled from `resultId`. */
  key: keyColumns,
  /** Target column: what fills it. A constant is written `{ value: … }`, a conversion `{ from: …, … }`. */
  columns: Schema.Record(
    Schema.String,
    Schema.Union([
      TargetSourceName,
      ColumnConversion,
      Schema.Struct({ value: Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]) })
    ])
  ),
  /** What a revoked score does to its row. `flag` writes the given columns and keeps the row. Default delete. */
  onRevoke: Schema.optionalKey(
    Schema.Union([
      Schema.Literals(["delete", "ignore"]),
      Schema.Struct({
        flag: Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]))
      })
    ])
  )
})
export type TargetTable = typeof TargetTable.Type

/**
 * gradewire's own table `gradewire.training_record`, which it makes and keeps. `hide`, the default, keeps a revoked row
 * and shows it in no view; `delete` keeps it in the history alone; `ignore` leaves it as it was.
 */
const OwnTarget = Schema.Struct({
  table: Schema.Literal("own"),
  onRevoke: Schema.optionalKey(Schema.Literals(["hide", "delete", "ignore"]))
})

const BoundsConfig = Schema.Struct({
  min: Schema.optionalKey(DecimalNumber),
  max: Schema.optionalKey(DecimalNumber),
  /** Digits behind the point at most, zeros at the end left out. */
  decimals: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 })))
})
export type Bounds = typeof BoundsConfig.Type

/** What a score must be to be filed; one that is not becomes a dead letter. What is left out is not checked. */
export const ScoreChecks = Schema.Struct({
  raw: Schema.optionalKey(BoundsConfig),
  min: Schema.optionalKey(BoundsConfig),
  max: Schema.optionalKey(BoundsConfig),
  pass: Schema.optionalKey(BoundsConfig),
  /** A score above the full mark of its own row. Default allow: extra credit. */
  aboveMax: Schema.optionalKey(Schema.Literals(["allow", "refuse"])),
  /** Times in another order than started, submitted, graded. Default allow. */
  timeOrder: Schema.optionalKey(Schema.Literals(["allow", "refuse"])),
  /** Hours that such a time may lie behind the change's commit. */
  futureHours: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 87_600 })))
})
export type ScoreChecks = typeof ScoreChecks.Type

export const ScoreTable = Schema.Struct({
  ...sourceTable,
  as: Schema.Literal("score"),
  fields: Schema.Struct({
    learner: Schema.optionalKey(Column),
    employeeNo: Schema.optionalKey(Column),
    externalId: Schema.optionalKey(Column),
    phone: Schema.optionalKey(Column),
    email: Schema.optionalKey(Column),
    assessment: Schema.optionalKey(Column),
    raw: Schema.optionalKey(Column),
    min: Schema.optionalKey(Column),
    max: Schema.optionalKey(Column),
    pass: Schema.optionalKey(Column),
    text: Schema.optionalKey(Column),
    attempt: Schema.optionalKey(Column),
    startedAt: Schema.optionalKey(Column),
    submittedAt: Schema.optionalKey(Column),
    gradedAt: Schema.optionalKey(Column)
  }),
  attributes: Schema.optionalKey(Schema.Record(Schema.String, Column)),
  checks: Schema.optionalKey(ScoreChecks),
  /** Where its scores are filed: an existing table, or gradewire's own. Default own. */
  target: Schema.optionalKey(Schema.Union([Schema.Literal("own"), OwnTarget, TargetTable]))
})
export type ScoreTable = typeof ScoreTable.Type

/** Published as they are for other consumers; not applied to the HR database. */
export const RowTable = Schema.Struct({
  ...sourceTable,
  as: Schema.Literal("row"),
  columns: Schema.NonEmptyArray(Column)
})

export const TableConfig = Schema.Union([ScoreTable, LearnerTable, AssessmentTable, RowTable])
export type TableConfig = typeof TableConfig.Type
