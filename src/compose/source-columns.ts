/** What each target source can hold, so that the check of the HR database can say which scores would not fit. */
import { Effect } from "effect"
import { readColumnSizes, type ColumnSizes } from "../../connectors/mysql/column-sizes.ts"
import type { SourceColumns } from "../../connectors/hr/target-findings.ts"
import type { ColumnSize } from "../../schemas/column-size.ts"
import type { ScoreTable, TableConfig } from "../../schemas/table-config.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"
import { sourceOptions } from "./options.ts"

/** That the training database does not answer is a finding of its own part. */
const PATIENCE = "5 seconds"

/** By score table; nothing where the training database does not answer. */
export const readSourceColumns = (loaded: LoadedConfig) =>
  sourceOptions(loaded).pipe(
    Effect.flatMap(readColumnSizes),
    Effect.timeout(PATIENCE),
    Effect.map((sizes) => sourceColumns(loaded.config.tables, sizes)),
    Effect.catch(() => Effect.succeed<ReadonlyMap<string, SourceColumns>>(new Map()))
  )

export const sourceColumns = (
  tables: ReadonlyArray<TableConfig>,
  sizes: ColumnSizes
): ReadonlyMap<string, SourceColumns> => {
  const assessments = tables.flatMap((table) =>
    table.as === "assessment" ? named("assessment.", table.fields, sizes.get(table.table)) : []
  )
  return new Map(
    tables.flatMap((table) =>
      table.as === "score"
        ? [[table.table, new Map([...assessments, ...scoreColumns(table, sizes.get(table.table))])] as const]
        : []
    )
  )
}

const scoreColumns = (
  { attributes, fields }: ScoreTable,
  sizes: ReadonlyMap<string, ColumnSize> | undefined
) => {
  const { attempt, raw, min, max, pass, text } = fields
  return [
    ...named("score.", { raw, min, max, pass, text }, sizes),
    ...named("attempt.", { number: attempt }, sizes),
    ...named("attributes.", attributes ?? {}, sizes)
  ]
}

const named = (
  prefix: string,
  columns: Readonly<Record<string, string | undefined>>,
  sizes: ReadonlyMap<string, ColumnSize> | undefined
): ReadonlyArray<readonly [string, ColumnSize]> =>
  Object.entries(columns).flatMap(([name, column]) => {
    const size = column === undefined ? undefined : sizes?.get(column)
    return size === undefined ? [] : [[`${prefix}${name}`, size] as const]
  })
