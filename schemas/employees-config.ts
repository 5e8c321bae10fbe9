/** HR's employees in a connector's configuration: which of their columns prove who a learner is (docs/people.md). */
import { Schema } from "effect"
import { Column, TableName } from "./config-values.ts"

/** Keys of a learner that can prove a person, from the one that proves most. */
export const LEARNER_KEYS = ["employeeNo", "externalId", "email", "phone"] as const

/**
 * How the person behind a score is proven: each rule compares a key of the learner with a column of the employee, both
 * written in one canonical way; all that hit must agree.
 */
export const EmployeesConfig = Schema.Struct({
  /** Table or view of the HR database, read only. */
  table: TableName,
  /** Column that identifies the employee and is written to the target, 工号. */
  key: Column,
  match: Schema.NonEmptyArray(Schema.Struct({ learner: Schema.Literals(LEARNER_KEYS), employee: Column })),
  /** Column with the employee's name: a phone number whose holder has another name proves nobody. */
  name: Schema.optionalKey(Column),
  /** Columns with the first and the last day of employment: only who was employed on the day of the exam is hit. */
  hiredOn: Schema.optionalKey(Column),
  leftOn: Schema.optionalKey(Column),
  /** Column with the state of employment, and which values of it count: rows with another one, or none, are passed over. */
  status: Schema.optionalKey(
    Schema.Struct({ column: Column, qualified: Schema.NonEmptyArray(Schema.NonEmptyString) })
  ),
  /**
   * Accounts that are no employees, by a pattern of one of their keys: `*` any characters, `?` one. Their scores are parked
   * as UNQUALIFIED unless somebody linked them to an employee.
   */
  exclude: Schema.optionalKey(
    Schema.NonEmptyArray(
      Schema.Struct({
        learner: Schema.Literals(LEARNER_KEYS),
        like: Schema.NonEmptyString.check(Schema.isMaxLength(255))
      })
    ).check(Schema.isMaxLength(100))
  ),
  /** Column that names the employee whom this row was merged into, as `key` does; empty: none. */
  mergedInto: Schema.optionalKey(Column),
  /**
   * Column with the time of a row's last change: between two readings of the whole table the rows that changed since are
   * read every five seconds.
   */
  changedAt: Schema.optionalKey(Column),
  /** Employee numbers: case, spaces and dashes never matter. */
  number: Schema.optionalKey(
    Schema.Struct({
      /** Digits that a number of digits alone is padded to with zeros, so that 42 is 000042. Default: 42 is 42. */
      width: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 })))
    })
  ),
  /**
   * Phone numbers: only mobile ones prove a person. `region` is the country of numbers that are written without one, CN
   * by default. `exact` compares the texts as they are, landlines and short numbers included.
   */
  phone: Schema.optionalKey(
    Schema.Union([
      Schema.Literal("exact"),
      Schema.Struct({
        region: Schema.optionalKey(
          Schema.String.check(
            Schema.isPattern(/^[A-Z]{2}$/u, { expected: "a country's two letters, as in CN" })
          )
        )
      })
    ])
  ),
  /** E-mail addresses: case never matters, or only behind the @ (`localPart: exact`). */
  email: Schema.optionalKey(
    Schema.Struct({ localPart: Schema.optionalKey(Schema.Literals(["ignore-case", "exact"])) })
  ),
  /**
   * Seconds between two readings of the whole employee table, for keys that HR spells in unusual ways; everything else is
   * looked up as it is at that moment. Default 60.
   */
  refreshSeconds: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 86_400 })))
})
export type EmployeesConfig = typeof EmployeesConfig.Type
