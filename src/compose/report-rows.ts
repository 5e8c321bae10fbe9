/**
 * What a report says row by row, read a page at a time: the first rows one by one; of those beyond their number and a hash
 * over them, so that the seal covers them all; and of all of them, who had them mended.
 */
import { createHash } from "node:crypto"
import { Effect } from "effect"
import type { ReportDifference, ReportRepair } from "../../schemas/reconciliation-report.ts"
import { FINDING_KINDS, type ReconciliationRun } from "../../schemas/reconciliation.ts"
import type { RunStore, StoredDifference } from "../reconcile/RunStore.ts"
import { canonicalJson } from "./canonical-json.ts"

const PAGE_ROWS = 5000

export interface ReportRows {
  readonly differences: ReadonlyArray<ReportDifference>
  readonly unlisted: number
  /** SHA-256 over the SHA-256 of each unlisted row's canonical JSON, in hex, with line feeds between them; null: none. */
  readonly unlistedDigest: string | null
  readonly repairs: ReadonlyArray<ReportRepair>
}

/** @param listedMax rows that are listed one by one */
export const reportRows = Effect.fnUntraced(function* (
  { differences }: Pick<RunStore["Service"], "differences">,
  { run, tables }: Pick<ReconciliationRun, "run" | "tables">,
  listedMax: number,
  pageRows = PAGE_ROWS
) {
  const listed: Array<ReportDifference> = []
  const repairs = new Map<string, ReportRepair>()
  const digest = createHash("sha256")
  let unlisted = 0
  for (const { table } of tables) {
    let after: string | undefined
    while (true) {
      const filter = { kinds: FINDING_KINDS, isOpen: false, table, after }
      const page = yield* differences(run, filter, pageRows)
      for (const stored of page) {
        count(repairs, stored)
        const row = differenceOf(stored)
        if (listed.length < listedMax) {
          listed.push(row)
          continue
        }
        if (unlisted++ > 0) digest.update("\n")
        digest.update(createHash("sha256").update(canonicalJson(row)).digest("hex"))
      }
      if (page.length < pageRows) break
      after = page.at(-1)!.id
    }
  }
  return {
    differences: listed,
    unlisted,
    unlistedDigest: unlisted === 0 ? null : digest.digest("hex"),
    repairs: [...repairs.values()]
  } satisfies ReportRows
})

const differenceOf = ({
  fields,
  id,
  kind,
  position,
  repairedAt,
  repairedBy,
  table
}: StoredDifference): ReportDifference => ({ table, id, kind, fields, position, repairedBy, repairedAt })

/** Who had what mended: one for each person, table and kind. */
const count = (
  repairs: Map<string, ReportRepair>,
  { kind, repairedAt, repairedBy, table }: StoredDifference
): void => {
  if (repairedAt === null) return
  const by = repairedBy ?? ""
  const key = JSON.stringify([by, table, kind])
  const { firstAt, lastAt, rows } = repairs.get(key) ?? { firstAt: repairedAt, lastAt: repairedAt, rows: 0 }
  repairs.set(key, {
    by,
    table,
    kind,
    rows: rows + 1,
    firstAt: repairedAt < firstAt ? repairedAt : firstAt,
    lastAt: repairedAt > lastAt ? repairedAt : lastAt
  })
}
