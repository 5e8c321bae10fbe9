/** Whether a target table can take what its mapping writes, from its shape in the catalog alone. */
import type { Finding } from "../../../schemas/finding.ts"
import type { TargetTable } from "../../../schemas/table-config.ts"
import { error, ok, warning } from "../findings.ts"
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
import type { ColumnKind, ColumnShape, TableShape } from "./catalog.ts"
import { identifier, relation } from "./sql-text.ts"

type From = TargetTable["columns"][string]
type Findings = ReadonlyArray<Finding>

const NUMBERS: ReadonlySet<ColumnKind> = new Set(["decimal", "integer", "float"])
const TIMES: ReadonlySet<ColumnKind> = new Set(["datetime", "timestamp", "date", "time"])
const KNOWN: ReadonlySet<ColumnKind> = new Set([...NUMBERS, ...TIMES, "text"])

/** The kinds of columns a source can be written to; `undefined`: any, as its values decide. */
const wantedFor = (
  source: string
): { readonly kinds: ReadonlySet<ColumnKind>; readonly type: string } | undefined => {
  if (isDecimal(source)) return { kinds: new Set([...NUMBERS, "text"]), type: "decimal(10,2)" }
  if (isInstant(source)) return { kinds: new Set([...TIMES, "text"]), type: "datetime(6)" }
  if (isKeyText(source)) return { kinds: new Set(["text"]), type: "varchar(700)" }
  return undefined
}

const DDL: Ddl = {
  identifier,
  relation,
  addUnique: (target, columns) => {
    const name = identifier(`${target.key.join("_")}_key`.slice(0, 60))
    return `ALTER TABLE ${relation(target.table)} ADD UNIQUE KEY ${name} (${columns});`
  },
  dropIndex: (target, index) => `ALTER TABLE ${relation(target.table)} DROP INDEX ${identifier(index)};`
}

/** MODIFY drops what it does not name: NOT NULL stays, a default is the DBA's to add. */
const modify = (target: TargetTable, column: ColumnShape, type: string): string =>
  `ALTER TABLE ${relation(target.table)} MODIFY COLUMN ${identifier(column.name)} ${type}${column.notNull ? " NOT NULL" : ""};`

const checkColumn = (
  target: TargetTable,
  column: ColumnShape,
  from: From,
  sources: SourceColumns | undefined
): Findings => {
  const check = `column ${target.table}.${column.name}`
  const findings: Array<Finding> = []
  if (column.isGenerated) {
    const fix = `Remove ${column.name} from target.columns of ${target.table}: the server fills it.`
    findings.push(error(check, "a generated column", "a column that can be written", fix))
  }
  // What a conversion makes of a value is known when it is made.
  if (typeof from === "object") return findings
  const wanted = wantedFor(from)
  if (wanted !== undefined && !wanted.kinds.has(column.kind) && KNOWN.has(column.kind)) {
    findings.push(
      error(check, column.type, `${wanted.type} for ${from}`, modify(target, column, wanted.type))
    )
  }
  if (isDecimal(from) && column.kind === "float") {
    const found = `${column.type}, which keeps no exact decimals`
    findings.push(warning(check, found, "decimal", modify(target, column, "decimal(10,2)")))
  }
  if (isKeyText(from)) {
    const length = from === "resultId" ? 64 : (sources?.get(from)?.length ?? 0)
    findings.push(...checkText(target, column, length))
  }
  return [...findings, ...checkNumber(target, column, sources?.get(from))]
}

const checkText = (target: TargetTable, column: ColumnShape, length: number): Findings => {
  const check = `column ${target.table}.${column.name}`
  const findings: Array<Finding> = []
  if (column.length !== undefined && column.length < length) {
    const wanted = `${length} characters; longer values become dead letters`
    findings.push(
      warning(check, `${column.length} characters`, wanted, modify(target, column, `varchar(${length})`))
    )
  }
  if (column.charset !== undefined && column.charset !== "utf8mb4") {
    const wanted = "utf8mb4; text that it cannot write becomes a dead letter"
    const type = `${column.type} CHARACTER SET utf8mb4`
    findings.push(warning(check, `character set ${column.charset}`, wanted, modify(target, column, type)))
  }
  return findings
}

const checkNumber = (
  target: TargetTable,
  column: ColumnShape,
  source: { readonly integerDigits?: number; readonly scale?: number } | undefined
): Findings => {
  const wider = widerNumber(column, column.kind === "integer", source)
  if (wider === undefined) return []
  const type = `decimal${wider.digits}`
  return [
    warning(`column ${target.table}.${column.name}`, column.type, wider.wanted, modify(target, column, type))
  ]
}

/** No fault: keys are digits as a rule, and what runs into it is a dead letter, never somebody else's row. */
const checkCollation = (target: TargetTable, shape: TableShape): Findings =>
  target.key.flatMap((name) => {
    const collation = shape.columns.get(name)?.collation
    if (target.columns[name] !== "resultId" || collation === undefined || /_(bin|cs)$|_cs_/.test(collation))
      return []
    const found = `${collation}: of results that differ in case alone one becomes a dead letter`
    return [ok(`collation of ${target.table}.${name}`, found)]
  })

const checkRequired = (target: TargetTable, shape: TableShape): Findings =>
  [...shape.columns.values()]
    .filter(
      (column) =>
        column.notNull && !column.hasDefault && !column.isGenerated && !(column.name in target.columns)
    )
    .map((column) =>
      error(
        `column ${target.table}.${column.name}`,
        "NOT NULL, without a default, and not mapped",
        "mapped, or with a default",
        modify(target, { ...column, notNull: false }, `${column.type} NULL`)
      )
    )

/** Only a transactional engine commits rows and offset together (G4). */
const checkEngine = (target: TargetTable, shape: TableShape): Findings =>
  shape.engine === undefined || shape.engine === "InnoDB"
    ? []
    : [
        error(
          `engine of ${target.table}`,
          shape.engine,
          "InnoDB",
          `ALTER TABLE ${relation(target.table)} ENGINE = InnoDB;`
        )
      ]

export const checkTargetShape = (
  target: TargetTable,
  shape: TableShape,
  sources: SourceColumns | undefined
): Findings => [
  ...checkEngine(target, shape),
  ...Object.entries(target.columns).flatMap(([name, from]) => {
    const column = shape.columns.get(name)
    return column === undefined
      ? [missingColumn(DDL, target, name)]
      : checkColumn(target, column, from, sources)
  }),
  ...checkUniques(DDL, target, shape.uniques, shape.kind === "BASE TABLE"),
  ...checkCollation(target, shape),
  ...checkRequired(target, shape),
  ...checkFlags(DDL, target, shape.columns)
]
