/** Offsets for a person: `-` where a column means nothing to the stage, `unknown` where nobody says, never 0 for either. */
import type { StageOffset } from "../../schemas/stage-offset.ts"
import { HOUR, secondsText } from "./seconds-text.ts"
import { textTable, type Column } from "./text-table.ts"

type Stage = StageOffset["stage"]

const known = (value: string | number | null): string => (value === null ? "unknown" : String(value))

/** A column of some stages only. */
const of =
  (stages: ReadonlyArray<Stage>, cell: (row: StageOffset) => string) =>
  (row: StageOffset): string =>
    stages.includes(row.stage) ? cell(row) : "-"

const LOGGED: ReadonlyArray<Stage> = ["stream", "sink"]
const SINK: ReadonlyArray<Stage> = ["sink"]

const COLUMNS: ReadonlyArray<Column<StageOffset>> = [
  { title: "CONNECTOR", cell: (row) => row.connector },
  { title: "STAGE", cell: (row) => row.stage },
  { title: "LANE", cell: of(SINK, (row) => known(row.lane)), align: "right" },
  { title: "POSITION", cell: (row) => placeText(row) },
  { title: "STREAM_SEQ", cell: of(LOGGED, (row) => known(row.streamSequence)), align: "right" },
  { title: "LAG", cell: (row) => secondsText(row.lagSeconds), align: "right" },
  { title: "MESSAGES", cell: of(SINK, (row) => known(row.messagesBehind)), align: "right" },
  { title: "BYTES", cell: of(LOGGED, (row) => known(row.bytesBehind)), align: "right" },
  { title: "AGE", cell: of(SINK, (row) => secondsText(row.ageSeconds)), align: "right" },
  { title: "STATE", cell: (row) => known(row.state).toUpperCase().replace("UNKNOWN", "unknown") },
  { title: "HELD", cell: of(SINK, (row) => known(row.held)), align: "right" },
  { title: "DEAD", cell: of(SINK, (row) => known(row.deadLetters)), align: "right" },
  { title: "EPOCH", cell: of(LOGGED, (row) => known(row.epoch)), align: "right" }
]

const WIDE_COLUMNS: ReadonlyArray<Column<StageOffset>> = [
  { title: "EVENTS", cell: of(SINK, (row) => known(row.events)), align: "right" },
  { title: "APPLIED", cell: of(SINK, (row) => known(row.applied)), align: "right" },
  { title: "GENERATION", cell: of(LOGGED, (row) => known(row.generation)), align: "right" },
  { title: "COMMITTED_AT", cell: of(LOGGED, (row) => known(row.committedAt)) },
  { title: "UPDATED_AT", cell: of(SINK, (row) => known(row.updatedAt)) },
  { title: "HOLDER", cell: of(LOGGED, (row) => known(row.holder)) },
  { title: "RESUME", cell: of(LOGGED, (row) => known(row.resume)) },
  { title: "GTID", cell: of(LOGGED, (row) => known(row.gtid)) },
  { title: "PURGE_MARGIN", cell: of(SINK, (row) => marginText(row.purgeMarginHours)), align: "right" },
  { title: "SERVER", cell: (row) => known(row.server) },
  { title: "FULL_POSITION", cell: of(LOGGED, (row) => known(row.position)) }
]

/** As a DBA writes it. */
const placeText = (row: StageOffset): string =>
  row.logFile === null || row.logPosition === null ? "unknown" : `${row.logFile}:${row.logPosition}`

const marginText = (hours: StageOffset["purgeMarginHours"]): string =>
  typeof hours === "number" ? secondsText(hours * HOUR) : known(hours)

export const offsetsTable = (rows: ReadonlyArray<StageOffset>, isWide: boolean): string =>
  [textTable(isWide ? [...COLUMNS, ...WIDE_COLUMNS] : COLUMNS, rows), ...troubles(rows)].join("\n\n")

const troubles = (rows: ReadonlyArray<StageOffset>): ReadonlyArray<string> => {
  const found = rows.flatMap(({ stage, trouble }) =>
    trouble === null ? [] : [`${stage} unknown: ${trouble.tag}: ${trouble.message}`]
  )
  return found.length === 0 ? [] : [found.join("\n")]
}

const STARS = "*".repeat(27)

/** As the mysql client prints a row behind \G; columns that mean nothing to the stage are left out. */
export const offsetsVertical = (rows: ReadonlyArray<StageOffset>): string => {
  const columns = [...COLUMNS, ...WIDE_COLUMNS]
  const width = Math.max(...columns.map(({ title }) => title.length))
  const blocks = rows.map((row, index) => {
    const lines = columns
      .map(({ cell, title }) => [title, cell(row)] as const)
      .filter(([, text]) => text !== "-")
      .map(([title, text]) => `${nameOf(title).padStart(width)}: ${text}`)
    return [`${STARS} ${index + 1}. ${row.connector} ${row.stage} ${STARS}`, ...lines].join("\n")
  })
  return [blocks.join("\n"), ...troubles(rows)].join("\n\n")
}

/** `STREAM_SEQ` as `Stream_Seq`, the way SHOW REPLICA STATUS names its fields. */
const nameOf = (title: string): string =>
  title.toLowerCase().replaceAll(/(^|_)[a-z]/g, (letter) => letter.toUpperCase())
