/** Aligned plain-text tables whose columns also line up where Chinese characters take two cells. */
import { CliOutput } from "effect/cli"

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => string
  readonly align?: "left" | "right"
}

/** No trailing blanks, no final line break. */
export const textTable = <Row>(columns: ReadonlyArray<Column<Row>>, rows: ReadonlyArray<Row>): string => {
  const lines = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map(({ cell }) => oneLine(cell(row))))
  ]
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((line) => CliOutput.displayWidth(line[index]!)))
  )
  return lines
    .map((line) =>
      line
        .map((text, index) => pad(text, widths[index]!, columns[index]!.align))
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}

const pad = (text: string, width: number, align: Column<unknown>["align"]): string => {
  const blanks = " ".repeat(Math.max(0, width - CliOutput.displayWidth(text)))
  return align === "right" ? blanks + text : text + blanks
}

const oneLine = (text: string): string => text.replace(/\s*[\r\n]+\s*/g, " ")

/** Cursor to the upper left, and everything behind it cleared. */
export const CLEAR_SCREEN = "\u001b[H\u001b[J"
