/**
 * What to read of each mapped table and how its rows become events: the configuration, compiled once.
 */
import type { TableConfig } from "../../schemas/table-config.ts"
import type { WantedTable } from "./ChangeSource.ts"
import type { Field, FieldKind } from "./field-text.ts"

/** Fields of one JSON object of an event, in the contract's order. */
export interface FieldGroup {
  readonly name: string
  readonly fields: ReadonlyArray<Field>
  /** Written as `{}` even where nothing is mapped, because the contract requires the key. */
  readonly required: boolean
}

export interface TablePlan {
  readonly as: TableConfig["as"]
  readonly wanted: WantedTable
  /** `schema.table` */
  readonly name: string
  /** Indexes of the key columns in the row image. */
  readonly key: ReadonlyArray<number>
  /** Mapped content; for directories and raw rows one group without a name. */
  readonly groups: ReadonlyArray<FieldGroup>
  /** Columns of the row image whose zero and partial dates do not leave as text. */
  readonly zeroDates: ReadonlyArray<ZeroDates>
}

export interface ZeroDates {
  readonly column: number
  readonly policy: "null" | "refuse"
}

/** Contract key, kind and configuration field of everything a score table can map. */
const SCORE_GROUPS: ReadonlyArray<
  readonly [
    group: string,
    required: boolean,
    ReadonlyArray<readonly [key: string, kind: FieldKind, from: string]>
  ]
> = [
  [
    "learner",
    true,
    [
      ["id", "text", "learner"],
      ["employeeNo", "text", "employeeNo"],
      ["externalId", "text", "externalId"],
      ["phone", "text", "phone"],
      ["email", "text", "email"]
    ]
  ],
  ["assessment", false, [["id", "text", "assessment"]]],
  [
    "score",
    true,
    [
      ["raw", "decimal", "raw"],
      ["min", "decimal", "min"],
      ["max", "decimal", "max"],
      ["pass", "decimal", "pass"],
      ["text", "text", "text"]
    ]
  ],
  [
    "attempt",
    false,
    [
      ["number", "text", "attempt"],
      ["startedAt", "instant", "startedAt"],
      ["submittedAt", "instant", "submittedAt"],
      ["gradedAt", "instant", "gradedAt"]
    ]
  ]
]

const DIRECTORY_KINDS: Readonly<Record<string, FieldKind>> = { max: "decimal", pass: "decimal" }

/** Splits `schema.table` at its only dot. */
export const splitTableName = (name: string): { readonly schema: string; readonly table: string } => {
  const dot = name.indexOf(".")
  return { schema: name.slice(0, dot), table: name.slice(dot + 1) }
}

export const planTable = (config: TableConfig): TablePlan => {
  const columns: Array<string> = []
  const indexOf = (column: string): number => {
    const known = columns.indexOf(column)
    return known >= 0 ? known : columns.push(column) - 1
  }
  const key = config.key.map(indexOf)
  const groups = planGroups(config, indexOf)
  return {
    as: config.as,
    wanted: {
      ...splitTableName(config.table),
      columns,
      key,
      ...(config.columnTypes === undefined ? {} : { columnTypes: config.columnTypes })
    },
    name: config.table,
    key,
    groups,
    zeroDates: planZeroDates(config.zeroDates ?? {}, columns)
  }
}

/** YAML takes a bare `null` for nothing at all; it means the same here. */
const planZeroDates = (
  policies: NonNullable<TableConfig["zeroDates"]>,
  columns: ReadonlyArray<string>
): ReadonlyArray<ZeroDates> =>
  Object.entries(policies).flatMap(([name, policy]) =>
    policy === "keep" ? [] : [{ column: columns.indexOf(name), policy: policy ?? "null" }]
  )

const planGroups = (config: TableConfig, indexOf: (column: string) => number): ReadonlyArray<FieldGroup> => {
  switch (config.as) {
    case "score":
      return [...scoreGroups(config.fields, indexOf), attributeGroup(config.attributes ?? {}, indexOf)]
    case "learner":
    case "assessment":
      return [
        {
          name: "",
          required: true,
          fields: Object.entries(config.fields).map(([key, column]) =>
            field(key, DIRECTORY_KINDS[key] ?? "text", "", indexOf(column))
          )
        }
      ]
    case "row":
      return [
        {
          name: "",
          required: true,
          fields: config.columns.map((column) => field(column, "plain", "", indexOf(column)))
        }
      ]
  }
}

const scoreGroups = (
  fields: Readonly<Record<string, string | undefined>>,
  indexOf: (column: string) => number
): ReadonlyArray<FieldGroup> =>
  SCORE_GROUPS.map(([name, required, members]) => ({
    name,
    required,
    fields: members.flatMap(([key, kind, from]) => {
      const column = fields[from]
      return column === undefined ? [] : [field(key, kind, `${name}.`, indexOf(column))]
    })
  }))

const attributeGroup = (
  attributes: Readonly<Record<string, string>>,
  indexOf: (column: string) => number
): FieldGroup => ({
  name: "attributes",
  required: false,
  fields: Object.entries(attributes).map(([name, column]) =>
    field(name, "plain", "attributes.", indexOf(column))
  )
})

const field = (key: string, kind: FieldKind, prefix: string, column: number): Field => ({
  label: `${JSON.stringify(key)}:`,
  path: prefix + key,
  column,
  kind
})
