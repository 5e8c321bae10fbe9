/** Whether a target table can take what its mapping writes, from its shape in the catalog alone. */
import type { Finding } from "../../../schemas/finding.ts"
import type { TargetTable } from "../../../schemas/connector-config.ts"
import type { ColumnShape, TableShape } from "./catalog.ts"
import { error, ok, warning } from "./findings.ts"
import { identifier, relation } from "./sql-text.ts"

/** What a source can hold, by target source: `score.raw` => 3 digits before the point, 2 behind. */
export type SourceColumns = ReadonlyMap<
  string,
  {
    readonly integerDigits?: number
    readonly scale?: number
    readonly length?: number
    readonly nullable?: boolean
  }
>

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

const isDecimal = (source: string): boolean =>
  /^score\.(raw|min|max|pass)$|^assessment\.(max|pass)$/.test(source)
const isInstant = (source: string): boolean => /^attempt\.\w+At$|^event\.time$/.test(source)
const isKeyText = (source: string): boolean =>
  source === "resultId" || source === "event.id" || source === "assessment.title" || source === "score.text"

/** The kinds of types a source can be written to; `undefined`: any, as its values decide. */
const typesFor = (
  source: string
): { readonly types: ReadonlySet<string>; readonly name: string } | undefined => {
  if (isDecimal(source)) return { types: new Set([...NUMBERS, ...TEXTS]), name: "numeric" }
  if (isInstant(source)) return { types: new Set([...TIMES, ...TEXTS]), name: "timestamp with time zone" }
  if (isKeyText(source)) return { types: TEXTS, name: "text" }
  return undefined
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
  const digits = source?.integerDigits ?? 0
  const scale = source?.scale ?? 0
  const isWhole = /^(smallint|integer|bigint)$/.test(column.type)
  const kept = isWhole ? 0 : (column.scale ?? Number.POSITIVE_INFINITY)
  const room = column.integerDigits ?? Number.POSITIVE_INFINITY
  if (scale <= kept && digits <= room) return []
  return [
    warning(
      `column ${target.table}.${column.name}`,
      isWhole ? column.type : `numeric(${room + kept},${kept})`,
      `${digits} digits before the point and ${scale} behind; other scores become dead letters`,
      alter(target, column.name, `numeric(${digits + scale},${scale})`)
    )
  ]
}

const sameSet = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  a.length === b.length && a.every((item) => b.includes(item))

const checkKey = (target: TargetTable, shape: TableShape): ReadonlyArray<Finding> => {
  const wanted = `unique index on (${target.key.join(", ")})`
  const check = `unique index of ${target.table}`
  const columns = target.key.map(identifier).join(", ")
  const findings: Array<Finding> = []
  if (shape.uniques.some((index) => index.isPlain && sameSet(index.columns, target.key))) {
    findings.push(ok(check, wanted))
  } else if (shape.kind === "r" || shape.kind === "p") {
    const fix = `CREATE UNIQUE INDEX ON ${relation(target.table)} (${columns});`
    findings.push(error(check, "none that fits", wanted, fix))
  }
  for (const index of shape.uniques) {
    const touched = index.columns.filter((column) => column in target.columns)
    if (sameSet(index.columns, target.key) || touched.length === 0) continue
    findings.push(
      warning(
        check,
        `further unique index ${index.name} on (${index.columns.join(", ")})`,
        "no other that a score can run into",
        `Scores that run into ${index.name} become dead letters. If that is not meant: DROP INDEX ${identifier(index.name)};`
      )
    )
  }
  return findings
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

/** A flag that no mapped column takes back stays when a revoked score is recorded again. */
const checkFlags = (target: TargetTable, shape: TableShape): ReadonlyArray<Finding> => {
  if (typeof target.onRevoke !== "object") return []
  return Object.keys(target.onRevoke.flag).flatMap((name) => {
    const check = `column ${target.table}.${name}`
    if (!shape.columns.has(name)) return [missingColumn(target, name)]
    if (name in target.columns) return []
    const fix = `Map it as well, for example: ${name}: { value: valid }`
    return [
      warning(check, "written by onRevoke.flag only", "taken back when the score is recorded again", fix)
    ]
  })
}

const missingColumn = (target: TargetTable, name: string): Finding =>
  error(
    `column ${target.table}.${name}`,
    "not there",
    "there",
    `Check the name in the configuration; else: ALTER TABLE ${relation(target.table)} ADD COLUMN ${identifier(name)} text;`
  )

export const checkTargetShape = (
  target: TargetTable,
  shape: TableShape,
  sources: SourceColumns | undefined
): ReadonlyArray<Finding> => [
  ...Object.entries(target.columns).flatMap(([name, from]) => {
    const column = shape.columns.get(name)
    return column === undefined ? [missingColumn(target, name)] : checkColumn(target, column, from, sources)
  }),
  ...checkKey(target, shape),
  ...checkRequired(target, shape),
  ...checkFlags(target, shape)
]
