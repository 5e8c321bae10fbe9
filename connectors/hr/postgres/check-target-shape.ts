/** Whether a target table can take what its mapping writes, from its shape in the catalog alone. */
import type { Finding } from "../../../schemas/finding.ts"
import type { TargetTable } from "../../../schemas/table-config.ts"
import type { ColumnShape, TableShape } from "./catalog.ts"
import { error, warning } from "../findings.ts"
import {
  checkFlags,
  checkUniques,
  isDecimal,
  isInstant,
  isKeyText,
  missingColumn,
  widerNumber,
  type Ddl,
  type SourceColumns
} from "../target-findings.ts"
import { identifier, relation } from "./sql-text.ts"

type From = TargetTable["columns"][string]

const TEXTS: ReadonlySet<string> = new Set(["text", "character varying", "bpchar"])
const NUMBERS: ReadonlySet<string> = new Set([
  "numeric",
  "smallint",
  "integer",
  "bigint",
  "real",
  "double precision"
])
const TIMES: ReadonlySet<string> = new Set([
  "timestamp with time zone",
  "timestamp without time zone",
  "date",
  "time without time zone"
])
const BINARY_FLOATS: ReadonlySet<string> = new Set(["real", "double precision"])

/** The kinds of types a source can be written to; `undefined`: any, as its values decide. */
const typesFor = (
  source: string
): { readonly types: ReadonlySet<string>; readonly name: string } | undefined => {
  if (isDecimal(source)) return { types: new Set([...NUMBERS, ...TEXTS]), name: "numeric" }
  if (isInstant(source)) return { types: new Set([...TIMES, ...TEXTS]), name: "timestamp with time zone" }
  if (isKeyText(source) || source === "event.id") return { types: TEXTS, name: "text" }
  return undefined
}

const DDL: Ddl = {
  identifier,
  relation,
  addUnique: (target, columns) => `CREATE UNIQUE INDEX ON ${relation(target.table)} (${columns});`,
  dropIndex: (_, index) => `DROP INDEX ${identifier(index)};`
}

const alter = (target: TargetTable, column: string, type: string): string =>
  `ALTER TABLE ${relation(target.table)} ALTER COLUMN ${identifier(column)} TYPE ${type};`

const checkColumn = (
  target: TargetTable,
  column: ColumnShape,
  from: From,
  sources: SourceColumns | undefined
): ReadonlyArray<Finding> => {
  const check = `column ${target.table}.${column.name}`
  const findings: Array<Finding> = []
  if (column.isGenerated) {
    const fix = `Remove ${column.name} from target.columns of ${target.table}: the server fills it.`
    findings.push(error(check, "GENERATED ALWAYS", "a column that can be written", fix))
  }
  // What a conversion makes of a value is known when it is made.
  if (typeof from === "object") return findings
  const wanted = typesFor(from)
  const isBuiltIn = NUMBERS.has(column.type) || TIMES.has(column.type) || TEXTS.has(column.type)
  if (wanted !== undefined && !wanted.types.has(column.type) && (isBuiltIn || column.category === "B")) {
    findings.push(
      error(check, column.type, `${wanted.name} for ${from}`, alter(target, column.name, wanted.name))
    )
  }
  if (isDecimal(from) && BINARY_FLOATS.has(column.type)) {
    findings.push(
      warning(
        check,
        `${column.type}, which keeps no exact decimals`,
        "numeric",
        alter(target, column.name, "numeric")
      )
    )
  }
  if (from === "assessment.title" || from === "score.text" || from === "resultId") {
    findings.push(
      ...checkLength(target, column, from === "resultId" ? 64 : (sources?.get(from)?.length ?? 0))
    )
  }
  return [...findings, ...checkNumber(target, column, sources?.get(from))]
}

const checkLength = (target: TargetTable, column: ColumnShape, length: number): ReadonlyArray<Finding> =>
  column.length === undefined || column.length >= length
    ? []
    : [
        warning(
          `column ${target.table}.${column.name}`,
          `${column.length} characters`,
          `${length} characters; longer values become dead letters`,
          alter(target, column.name, "text")
        )
      ]

const checkNumber = (
  target: TargetTable,
  column: ColumnShape,
  source: { readonly integerDigits?: number; readonly scale?: number } | undefined
): ReadonlyArray<Finding> => {
  const isWhole = /^(smallint|integer|bigint)$/.test(column.type)
  const wider = widerNumber(column, isWhole, source)
  if (wider === undefined) return []
  const { integerDigits: room = 0, scale: kept = 0 } = column
  return [
    warning(
      `column ${target.table}.${column.name}`,
      isWhole ? column.type : `numeric(${room + kept},${kept})`,
      wider.wanted,
      alter(target, column.name, `numeric${wider.digits}`)
    )
  ]
}

const checkRequired = (target: TargetTable, shape: TableShape): ReadonlyArray<Finding> =>
  [...shape.columns.values()]
    .filter(
      (column) =>
        column.notNull &&
        column.defaultSql === undefined &&
        !column.isGenerated &&
        !(column.name in target.columns)
    )
    .map((column) =>
      error(
        `column ${target.table}.${column.name}`,
        "NOT NULL, without a default, and not mapped",
        "mapped, or with a default",
        `ALTER TABLE ${relation(target.table)} ALTER COLUMN ${identifier(column.name)} DROP NOT NULL;`
      )
    )

export const checkTargetShape = (
  target: TargetTable,
  shape: TableShape,
  sources: SourceColumns | undefined
): ReadonlyArray<Finding> => [
  ...Object.entries(target.columns).flatMap(([name, from]) => {
    const column = shape.columns.get(name)
    return column === undefined
      ? [missingColumn(DDL, target, name)]
      : checkColumn(target, column, from, sources)
  }),
  ...checkUniques(DDL, target, shape.uniques, shape.kind === "r" || shape.kind === "p"),
  ...checkRequired(target, shape),
  ...checkFlags(DDL, target, shape.columns)
]
