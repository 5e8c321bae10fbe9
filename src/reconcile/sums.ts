/**
 * Sums of score columns over what was compared. Pure.
 *
 * Each row is added once, under what it was found to be, with the values that made it so: a row that is equal with those of
 * the answer that showed both sides equal, a row that differs with those of the look that settled it, and one that could
 * not be settled nowhere. So the sums of both sides belong to the same rows, whatever changes meanwhile.
 */
import { sumDecimals } from "../../schemas/decimal-sum.ts"
import type { RunScope, SumKind, TableRun, TableSum } from "../../schemas/reconciliation.ts"
import type { Amount, EqualRows } from "./ProfileView.ts"

/** Rows of one kind, to be added. */
export interface CountedRows extends EqualRows {
  readonly kind: SumKind
}

const SIDES = ["source", "expected", "profile"] as const

/** What such rows have: nothing is filed of those that are missing or in queues. */
const sidesOf = (kind: SumKind): ReadonlyArray<(typeof SIDES)[number]> =>
  kind === "extra"
    ? ["profile"]
    : kind === "missing" || kind === "held" || kind === "dead"
      ? ["source"]
      : SIDES

const bothAmounts = (one: Amount, other: Amount): Amount => ({
  source: sumDecimals([one.source, other.source]),
  expected: sumDecimals([one.expected, other.expected]),
  profile: sumDecimals([one.profile, other.profile])
})

export const bothEqual = (one: EqualRows, other: EqualRows): EqualRows => {
  if (one.rows === 0) return other
  if (other.rows === 0) return one
  return {
    rows: one.rows + other.rows,
    amounts: one.amounts.map((amount, index) => bothAmounts(amount, other.amounts[index]!))
  }
}

const NO_AMOUNT: Amount = { source: "0", expected: "0", profile: "0" }

/** @param columns in the order of amounts */
export const addUp = (
  sums: ReadonlyArray<TableSum>,
  columns: ReadonlyArray<Pick<TableSum, "column" | "from">>,
  counted: ReadonlyArray<CountedRows>
): ReadonlyArray<TableSum> => {
  const made = new Map(sums.map((sum) => [`${sum.kind} ${sum.column}`, sum]))
  for (const { amounts, kind, rows } of counted) {
    if (rows === 0 || amounts.length === 0) continue
    for (const [index, { column, from }] of columns.entries()) {
      const key = `${kind} ${column}`
      const before = made.get(key)
      const sides = sidesOf(kind)
      const amount = bothAmounts(before ?? NO_AMOUNT, amounts[index]!)
      const sum: TableSum = { column, from, kind, rows: (before?.rows ?? 0) + rows, ...NO_SIDES }
      made.set(key, { ...sum, ...Object.fromEntries(sides.map((side) => [side, amount[side]])) })
    }
  }
  return [...made.values()]
}

const NO_SIDES: Amount = { source: null, expected: null, profile: null }

/** A sum over fewer rows would be somebody's score. */
export const TOLD_ROWS_MIN = 5

/** As they may be told: without those over few rows, or over one employee's. */
export const toldSums = (
  { sums }: Pick<TableRun, "sums">,
  { person }: Pick<RunScope, "person">
): ReadonlyArray<TableSum> =>
  (sums ?? []).map((sum) => (sum.rows < TOLD_ROWS_MIN || person !== null ? { ...sum, ...NO_SIDES } : sum))
