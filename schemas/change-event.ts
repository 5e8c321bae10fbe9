/**
 * The event contract: typed facts as CloudEvents 1.0 in structured JSON (D8).
 *
 * - Decimals and 64-bit integers are strings; times are RFC 3339 UTC with the source's precision.
 * - A key that is absent was not mapped or not logged; `null` is SQL NULL.
 * - `sequence` is the position; its text order is the source's order. Never order by `time`.
 * - `subject` names the table only, never a person or a result (G9).
 */
import { Schema } from "effect"
import { LogPosition } from "./log-head.ts"

const Nullable = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const Text = Schema.String
/** Plain decimal notation, exactly as many digits as the source has: "87.50". */
const Decimal = Schema.String.check(
  Schema.isPattern(/^-?\d+(\.\d+)?$/u, { expected: "a decimal number without exponent" })
)
const Instant = Schema.String.check(
  Schema.isPattern(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/u, {
    expected: "an RFC 3339 time in UTC"
  })
)

/** What identifies the person at the source: its key there, and keys that the HR side may know. */
export const LearnerRef = Schema.Struct({
  id: Nullable(Text),
  employeeNo: Nullable(Text),
  /** Id in a directory outside of the training system: HR id, SSO subject, userid of DingTalk or WeCom. */
  externalId: Nullable(Text),
  phone: Nullable(Text),
  email: Nullable(Text)
})

const Score = Schema.Struct({
  raw: Nullable(Decimal),
  min: Nullable(Decimal),
  max: Nullable(Decimal),
  /** Pass mark in points. */
  pass: Nullable(Decimal),
  /** As displayed: "A", "合格". */
  text: Nullable(Text)
})

const Attempt = Schema.Struct({
  number: Nullable(Text),
  startedAt: Nullable(Instant),
  submittedAt: Nullable(Instant),
  gradedAt: Nullable(Instant)
})

/** Further mapped columns under the names the mapping gives them. */
const Attributes = Schema.Record(Schema.String, Schema.NullOr(Schema.Union([Schema.String, Schema.Finite])))

/**
 * Source text of mapped fields that do not fit the contract (a zero date, a word in a score column), by field name;
 * the field itself is null. Apply refuses such a row by name instead of filing half of it.
 */
const Unreadable = Schema.optionalKey(Schema.Record(Schema.String, Schema.String))

const Origin = Schema.Literals(["binlog", "snapshot", "repair"])

const Result = {
  learner: LearnerRef,
  assessment: Schema.optionalKey(Schema.Struct({ id: Schema.NullOr(Text) })),
  score: Score,
  attempt: Schema.optionalKey(Attempt),
  attributes: Schema.optionalKey(Attributes)
}

/** Stable key of a source row: `schema.table:key`, parts of a composite key joined by ",". */
const RowKey = Schema.NonEmptyString

export const ScoreRecordedData = Schema.Struct({
  resultId: RowKey,
  origin: Origin,
  ...Result,
  unreadable: Unreadable
})
export const ScoreCorrectedData = Schema.Struct({
  resultId: RowKey,
  origin: Origin,
  ...Result,
  /** The mapped fields as they were before; absent where the source did not log them. */
  previous: Schema.optionalKey(Schema.Struct(Result)),
  unreadable: Unreadable
})
export const ScoreRevokedData = Schema.Struct({
  resultId: RowKey,
  origin: Origin,
  learner: LearnerRef,
  assessment: Schema.optionalKey(Schema.Struct({ id: Schema.NullOr(Text) }))
})
export const LearnerChangedData = Schema.Struct({
  learnerId: Text,
  origin: Origin,
  employeeNo: Nullable(Text),
  /** Id in a directory outside of the training system: HR id, SSO subject, userid of DingTalk or WeCom. */
  externalId: Nullable(Text),
  phone: Nullable(Text),
  email: Nullable(Text),
  name: Nullable(Text),
  unreadable: Unreadable
})
export const LearnerRemovedData = Schema.Struct({ learnerId: Text, origin: Origin })
export const AssessmentChangedData = Schema.Struct({
  assessmentId: Text,
  origin: Origin,
  title: Nullable(Text),
  max: Nullable(Decimal),
  pass: Nullable(Decimal),
  /** True once its row is deleted at the source. */
  removed: Schema.Boolean,
  unreadable: Unreadable
})
const Row = Schema.Record(Schema.String, Schema.NullOr(Schema.Union([Schema.String, Schema.Finite])))
export const RowInsertedData = Schema.Struct({ rowKey: RowKey, origin: Origin, after: Row })
export const RowUpdatedData = Schema.Struct({
  rowKey: RowKey,
  origin: Origin,
  before: Schema.optionalKey(Row),
  after: Row
})
export const RowDeletedData = Schema.Struct({ rowKey: RowKey, origin: Origin, before: Row })

const event = <const T extends string, S extends Schema.Top>(type: T, body: S) =>
  Schema.Struct({
    specversion: Schema.Literal("1.0"),
    /** `<gtid or file:position>#<ordinal>`: the same change always has the same id. */
    id: Schema.NonEmptyString,
    /** `urn:gradewire:<connector>` */
    source: Schema.NonEmptyString,
    type: Schema.Literal(type),
    /** `schema.table` of the source row. */
    subject: Schema.NonEmptyString,
    /** Commit time at the source. */
    time: Instant,
    datacontenttype: Schema.Literal("application/json"),
    sequence: LogPosition,
    data: body
  })

export const ScoreRecorded = event("gradewire.score.recorded.v1", ScoreRecordedData)
export const ScoreCorrected = event("gradewire.score.corrected.v1", ScoreCorrectedData)
export const ScoreRevoked = event("gradewire.score.revoked.v1", ScoreRevokedData)
export const LearnerChanged = event("gradewire.learner.changed.v1", LearnerChangedData)
export const LearnerRemoved = event("gradewire.learner.removed.v1", LearnerRemovedData)
export const AssessmentChanged = event("gradewire.assessment.changed.v1", AssessmentChangedData)
export const RowInserted = event("gradewire.row.inserted.v1", RowInsertedData)
export const RowUpdated = event("gradewire.row.updated.v1", RowUpdatedData)
export const RowDeleted = event("gradewire.row.deleted.v1", RowDeletedData)

/** Every event type, keyed by the name its JSON Schema file has under `schemas/json/`. */
export const EVENT_SCHEMAS = {
  "score.recorded.v1": ScoreRecorded,
  "score.corrected.v1": ScoreCorrected,
  "score.revoked.v1": ScoreRevoked,
  "learner.changed.v1": LearnerChanged,
  "learner.removed.v1": LearnerRemoved,
  "assessment.changed.v1": AssessmentChanged,
  "row.inserted.v1": RowInserted,
  "row.updated.v1": RowUpdated,
  "row.deleted.v1": RowDeleted
} as const

export const ChangeEvent = Schema.Union(Object.values(EVENT_SCHEMAS))
export type ChangeEvent = typeof ChangeEvent.Type
export type ScoreEvent = typeof ScoreRecorded.Type | typeof ScoreCorrected.Type | typeof ScoreRevoked.Type
export type EventType = ChangeEvent["type"]
