/** Sums over compared rows, as the HR database's statements answer them: `s0` of the source, `e0`, `p0`, `s1`, … Pure. */
import { sumDecimals } from "../../schemas/decimal-sum.ts"
import type { Amount, Compared, Standing } from "../../src/reconcile/ProfileView.ts"
import { standingOf, type StandingRow } from "./compared-tables.ts"
import type { ColumnSource, MappedColumn, MappedTarget } from "./mapping.ts"

const SCORES: ReadonlySet<unknown> = new Set(["score.raw", "score.min", "score.max", "score.pass"])

/** A column that is filled from the score. */
export interface SummedColumn<Shape> extends MappedColumn<Shape> {
  readonly from: ColumnSource
}

/** Columns whose values are added up. @param isExact that a column keeps exact numbers */
export const summedColumns = <Shape>(
  { columns }: Pick<MappedTarget<Shape>, "columns">,
  isExact: (shape: Shape) => boolean
): ReadonlyArray<SummedColumn<Shape>> =>
  columns.filter((column): column is SummedColumn<Shape> => SCORES.has(column.from) && isExact(column.shape))

/** As a report names them. */
export const namedSums = <Shape extends { readonly name: string }>(
  columns: ReadonlyArray<SummedColumn<Shape>>
) => columns.map(({ from, shape }) => ({ column: shape.name, from }))

interface Sums {
  readonly [sum: `${"s" | "e" | "p"}${number}`]: string | null
}

export type SummedStanding = StandingRow & Sums

/** One row that differs; or, without id, the number of rows that are equal. */
export interface ComparedRow extends Omit<StandingRow, "id">, Sums {
  readonly id: string | null
  readonly n_rows: number | string
}

/** Canonical, so that both sides of equal rows have one text. */
const canonical = (text: string | null | undefined): string | null => sumDecimals([text ?? null])

/** @param count of summed columns */
const amountsOf = (row: Sums, count: number): ReadonlyArray<Amount> =>
  Array.from({ length: count }, (_, index) => ({
    source: canonical(row[`s${index}`]),
    expected: canonical(row[`e${index}`]),
    profile: canonical(row[`p${index}`])
  }))

/** An id that the source has no more: only the profile's values are known, and only where its row is there. */
export const standingWith = (row: SummedStanding, count: number): Standing => {
  const standing = standingOf(row)
  return standing.isThere ? { ...standing, amounts: amountsOf(row, count) } : standing
}

export const comparedOf = (rows: ReadonlyArray<ComparedRow>, count: number): Compared => {
  const equal = rows.find(({ id }) => id === null)
  return {
    differing: rows.flatMap(({ id, ...row }) =>
      id === null ? [] : [{ ...standingOf({ ...row, id }), amounts: amountsOf(row, count) }]
    ),
    equal:
      equal === undefined
        ? { rows: 0, amounts: [] }
        : { rows: Number(equal.n_rows), amounts: amountsOf(equal, count) }
  }
}

/** What the source has in the summed columns of one row; a value that is no number counts nothing, as NULL does. */
export type SourceAmounts = ReadonlyArray<string>

/** @param columns of the target, all of them filled from the score */
export const sourceAmounts = (
  columns: ReadonlyArray<Pick<SummedColumn<unknown>, "from">>,
  score: Readonly<Record<string, string | null | undefined>>
): SourceAmounts => columns.map(({ from }) => score[from.slice("score.".length)] ?? "0")

/**
 * Adds what the source has, where the server was not sent it as it is: exactly, here.
 * @param sent by id, each row that was compared
 */
export const withSource = (
  { differing, equal }: Compared,
  sent: ReadonlyMap<string, SourceAmounts>
): Compared => {
  const others = new Set(differing.map(({ id }) => id))
  const alike = [...sent].flatMap(([id, amounts]) => (others.has(id) ? [] : [amounts]))
  const withThat = (amounts: ReadonlyArray<Amount>, rows: ReadonlyArray<SourceAmounts>) =>
    amounts.map((amount, index) => ({ ...amount, source: sumDecimals(rows.map((row) => row[index]!)) }))
  return {
    differing: differing.map((one) => ({ ...one, amounts: withThat(one.amounts, [sent.get(one.id) ?? []]) })),
    equal: { ...equal, amounts: withThat(equal.amounts, alike) }
  }
}
