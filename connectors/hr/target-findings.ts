/** What is asked of a target table on every server, from its mapping and its columns' names. */
import type { ColumnSize } from "../../schemas/column-size.ts"
import type { TargetTable } from "../../schemas/table-config.ts"
import type { Finding } from "../../schemas/finding.ts"
import { error, ok, warning } from "./findings.ts"

type Findings = ReadonlyArray<Finding>

/** What a source can hold, by target source: `score.raw` => 3 digits before the point, 2 behind. */
export type SourceColumns = ReadonlyMap<string, ColumnSize>

export const isDecimal = (source: string): boolean =>
  /^score\.(raw|min|max|pass)$|^assessment\.(max|pass)$/.test(source)
export const isInstant = (source: string): boolean => /^attempt\.\w+At$|^event\.time$/.test(source)
export const isKeyText = (source: string): boolean =>
  source === "resultId" || source === "assessment.title" || source === "score.text"

/** How a server writes what mends a table. */
export interface Ddl {
  readonly identifier: (name: string) => string
  readonly relation: (table: string) => string
  /** @param columns quoted */
  readonly addUnique: (target: TargetTable, columns: string) => string
  readonly dropIndex: (target: TargetTable, index: string) => string
}

interface UniqueIndex {
  readonly name: string
  readonly columns: ReadonlyArray<string>
  readonly isPlain: boolean
}

const sameSet = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  a.length === b.length && a.every((item) => b.includes(item))

/** @param isTable a view has no indexes of its own */
export const checkUniques = (
  ddl: Ddl,
  target: TargetTable,
  uniques: ReadonlyArray<UniqueIndex>,
  isTable: boolean
): Findings => {
  const wanted = `unique index on (${target.key.join(", ")})`
  const check = `unique index of ${target.table}`
  const findings: Array<Finding> = []
  if (uniques.some((index) => index.isPlain && sameSet(index.columns, target.key))) {
    findings.push(ok(check, wanted))
  } else if (isTable) {
    const fix = ddl.addUnique(target, target.key.map(ddl.identifier).join(", "))
    findings.push(error(check, "none that fits", wanted, fix))
  }
  for (const { columns, name } of uniques) {
    const touched = columns.filter((column) => column in target.columns)
    if (sameSet(columns, target.key) || touched.length === 0) continue
    const found = `further unique index ${name} on (${columns.join(", ")})`
    const fix = `Scores that run into ${name} become dead letters. If that is not meant: ${ddl.dropIndex(target, name)}`
    findings.push(warning(check, found, "no other that a score can run into", fix))
  }
  return findings
}

/** A flag that no mapped column takes back stays when a revoked score is recorded again. */
export const checkFlags = (
  ddl: Ddl,
  target: TargetTable,
  columns: ReadonlyMap<string, unknown>
): Findings => {
  if (typeof target.onRevoke !== "object") return []
  return Object.keys(target.onRevoke.flag).flatMap((name) => {
    if (!columns.has(name)) return [missingColumn(ddl, target, name)]
    if (name in target.columns) return []
    const wanted = "taken back when the score is recorded again"
    const fix = `Map it as well, for example: ${name}: { value: valid }`
    return [warning(`column ${target.table}.${name}`, "written by onRevoke.flag only", wanted, fix)]
  })
}

export const missingColumn = (ddl: Ddl, target: TargetTable, name: string): Finding =>
  error(
    `column ${target.table}.${name}`,
    "not there",
    "there",
    `Check the name in the configuration; else: ALTER TABLE ${ddl.relation(target.table)} ADD COLUMN ${ddl.identifier(name)} text;`
  )

interface NumberColumn {
  readonly scale: number | undefined
  readonly integerDigits: number | undefined
}

/** The decimal type that holds the source, where the column does not; a whole-number column keeps no digits behind the point. */
export const widerNumber = (
  column: NumberColumn,
  isWhole: boolean,
  source: ColumnSize | undefined
): { readonly digits: string; readonly wanted: string } | undefined => {
  const digits = source?.integerDigits ?? 0
  const scale = source?.scale ?? 0
  const kept = isWhole ? 0 : (column.scale ?? Number.POSITIVE_INFINITY)
  const room = column.integerDigits ?? Number.POSITIVE_INFINITY
  if (scale <= kept && digits <= room) return undefined
  return {
    digits: `(${digits + scale},${scale})`,
    wanted: `${digits} digits before the point and ${scale} behind; other scores become dead letters`
  }
}
