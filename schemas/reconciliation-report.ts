/**
 * What one comparison found and what became of it, for whoever audits it: `gradewire report show RUN -o json`. No value of a row
 * is in it (G9).
 *
 * The seal makes a change visible. Each part has a SHA-256 of its canonical JSON (RFC 8785: members in the order of their
 * names, no blanks), in the order head, tables, repairs, differences; the head is everything else but the seal. The digest
 * is the SHA-256 of those in hex, with line feeds between them. A signature is made over the text `format + "\n" + digest`.
 */
import { Schema } from "effect"
import { ComparedBy, RunOrigin, RunScope, RunState, TableSum } from "./reconciliation.ts"

export const REPORT_FORMAT = "gradewire.reconciliation-report.v1"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const MaybeText = Schema.NullOr(Schema.String)

const ReportTable = Schema.Struct({
  table: Schema.String,
  startedAt: MaybeText,
  finishedAt: MaybeText,
  /** Rows of the training database that were compared, and ids of the HR database that were looked for there. */
  sourceRows: Count,
  profileRows: Count,
  chunks: Count,
  /** Chunks that could not be settled. */
  skipped: Count,
  /** Where the training database's binlog was at the first row and at the last one: `server file:position`. */
  from: MaybeText,
  upTo: MaybeText,
  missing: Count,
  extra: Count,
  stale: Count,
  mismatch: Count,
  unsettled: Count,
  /** In queues, which is no difference. */
  held: Count,
  dead: Count,
  /** Missing in reports of versions that did not keep it. */
  compared: Schema.optionalKey(ComparedBy),
  /** Of score columns, over the rows that were compared; missing in reports of versions that added up nothing. */
  sums: Schema.optionalKey(Schema.Array(TableSum))
})
export type ReportTable = typeof ReportTable.Type

const ReportRepair = Schema.Struct({
  by: Schema.String,
  table: Schema.String,
  kind: Schema.String,
  rows: Count,
  firstAt: Schema.String,
  lastAt: Schema.String
})
export type ReportRepair = typeof ReportRepair.Type

const ReportDifference = Schema.Struct({
  table: Schema.String,
  id: Schema.String,
  kind: Schema.String,
  /** Columns, never values. */
  fields: Schema.Array(Schema.String),
  /** Of the last change that was applied to the row; null: none is known. */
  position: MaybeText,
  repairedBy: MaybeText,
  repairedAt: MaybeText
})
export type ReportDifference = typeof ReportDifference.Type

const ReportSeal = Schema.Struct({
  algorithm: Schema.Literal("SHA-256"),
  /** One for each part. */
  parts: Schema.Array(Schema.String),
  digest: Schema.String,
  /** Null: nobody's key was configured. */
  signature: Schema.NullOr(
    Schema.Struct({
      algorithm: Schema.Literal("Ed25519"),
      /** Of the key: SHA-256 of its DER form, in hex. */
      keyFingerprint: Schema.String,
      /** DER (SubjectPublicKeyInfo), base64. */
      publicKey: Schema.String,
      /** Base64. */
      value: Schema.String
    })
  )
})
export type ReportSeal = typeof ReportSeal.Type

export const ReconciliationReport = Schema.Struct({
  format: Schema.Literal(REPORT_FORMAT),
  connector: Schema.String,
  run: Schema.String,
  state: RunState,
  by: Schema.String,
  scope: RunScope,
  startedAt: Schema.String,
  finishedAt: MaybeText,
  origin: Schema.NullOr(RunOrigin),
  /** When the report was made, and by which version: repairs until then are in it. */
  madeAt: Schema.String,
  madeWith: Schema.String,
  tables: Schema.Array(ReportTable),
  repairs: Schema.Array(ReportRepair),
  differences: Schema.Array(ReportDifference),
  /** Differences beyond those that are listed. */
  unlisted: Count,
  /** Over those: the SHA-256 of their SHA-256s, as the digest is made; null: all are listed. Missing in older reports. */
  unlistedDigest: Schema.optionalKey(MaybeText),
  seal: ReportSeal
})
export type ReconciliationReport = typeof ReconciliationReport.Type
export type UnsealedReport = Omit<ReconciliationReport, "seal">
