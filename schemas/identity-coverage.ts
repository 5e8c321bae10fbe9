/**
 * What `gradewire check identity -o json` answers: how many learners of the training database the matching rules would prove,
 * by which rule, and why not the others. Fields are only ever added. Percentages are text with two digits, cut off.
 */
import { Schema } from "effect"

const Rule = Schema.Struct({
  /** Key of the learner, as the configuration names it. */
  learner: Schema.String,
  /** Column of the employee table. */
  employee: Schema.String
})

export const IdentityCoverage = Schema.Struct({
  connector: Schema.String,
  /** On which employment is judged, 2026-11-22. */
  day: Schema.String,
  /** Tables of the training database that learners were read from. */
  tables: Schema.Array(Schema.String),
  /** Rows of HR's employee table, and keys among them that are spelled in unusual ways. */
  employees: Schema.Int,
  oddSpellings: Schema.Int,
  /** Different learners, and those of them whose scores would be filed. */
  learners: Schema.Int,
  matched: Schema.Int,
  /** Null where there is no learner. */
  percent: Schema.NullOr(Schema.String),
  situations: Schema.Array(
    Schema.Struct({
      /** CONFIRMED, FOUND, AMBIGUOUS, CONFLICT, ABSENT, UNQUALIFIED. */
      situation: Schema.String,
      /** That found the employee, or hit several. */
      rule: Schema.NullOr(Rule),
      /** Of those who are not matched. */
      why: Schema.NullOr(Schema.String),
      learners: Schema.Int,
      percent: Schema.String
    })
  ),
  /** What learners have of each kind of key that some rule asks for. */
  keys: Schema.Array(
    Schema.Struct({
      learner: Schema.String,
      usable: Schema.Int,
      absent: Schema.Int,
      /** By reason: masked, spreadsheet, not-a-mobile-number, not-an-address, too-long. */
      unusable: Schema.Array(Schema.Struct({ why: Schema.String, learners: Schema.Int }))
    })
  ),
  /** Keys that belong to several employees, those of most learners first. */
  duplicates: Schema.Array(
    Schema.Struct({
      rule: Rule,
      key: Schema.String,
      employees: Schema.Array(Schema.String),
      learners: Schema.Int
    })
  ),
  /** Whether the limit left some out. */
  moreDuplicates: Schema.Boolean,
  /** False: keys of people are masked. */
  revealed: Schema.Boolean
})
export type IdentityCoverage = typeof IdentityCoverage.Type
