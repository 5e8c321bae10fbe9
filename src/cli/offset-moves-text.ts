/** Moves of the offsets for a person. */
import type { OffsetRecord } from "../apply/OffsetDesk.ts"
import type { MoveHistory, MoveView, PlaceView } from "./OffsetMoves.ts"
import { textTable, type Column } from "./text-table.ts"

/** Ids shown in text; `-o json` has more. */
const SHOWN_RESULTS = 20

const placeText = ({ file, logPosition, position }: PlaceView): string =>
  file === null || logPosition === null ? position : `${file}:${logPosition}`

const known = (value: number | null | undefined): string =>
  value === null || value === undefined ? "unknown" : String(value)

const COLUMNS: ReadonlyArray<Column<MoveView>> = [
  { title: "CONNECTOR", cell: (row) => row.connector },
  { title: "CURRENT", cell: (row) => placeText(row.current) },
  { title: "NEW", cell: (row) => placeText(row.new) },
  { title: "DIRECTION", cell: (row) => row.direction },
  { title: "TRANSACTIONS", cell: (row) => known(row.passage?.transactions), align: "right" },
  { title: "EVENTS", cell: (row) => known(row.passage?.events), align: "right" },
  { title: "ALREADY_APPLIED", cell: appliedText, align: "right" },
  { title: "BINLOG_AVAILABLE", cell: ({ binlog }) => `${binlog.from} - ${binlog.to}` },
  { title: "EPOCH", cell: (row) => `${row.epoch} -> ${row.newEpoch}` }
]

function appliedText({ passage }: MoveView): string {
  return passage === null ? "unknown" : `${passage.alreadyApplied} (no effect)`
}

export const moveText = (view: MoveView): string =>
  [textTable(COLUMNS, [view]), spanText(view), lossText(view), endText(view)]
    .filter((part) => part !== undefined)
    .join("\n\n")

const spanText = ({ passage }: MoveView): string | undefined => {
  if (passage === null || passage.firstAt === null) return undefined
  const tables = Object.entries(passage.tables).map(([table, events]) => `${table} ${events}`)
  return `Committed ${passage.firstAt} to ${passage.lastAt}: ${tables.join(", ")}`
}

const lossText = ({ direction, passage }: MoveView): string | undefined => {
  if (direction !== "skip") return undefined
  if (passage === null) return "What a skip loses is not known: the binlog between the two places is purged."
  const lost = passage.events - passage.alreadyApplied
  if (lost === 0) return "Nothing is lost: every change in between is applied already."
  const { notApplied: results, notAppliedCount: count } = passage
  const named = results.slice(0, SHOWN_RESULTS).map((result) => `  ${result}`)
  const rest = count > named.length ? [`  and ${count - named.length} more; -o json names up to 100`] : []
  return [`${lost} change events would never be applied, of ${count} results:`, ...named, ...rest].join("\n")
}

const endText = ({ executed, historyId, kind, refusals }: MoveView): string => {
  if (executed) {
    return `Done, as number ${historyId} of the history; who wrote before is fenced. Resume both roles: gradewire resume --config FILE. Undo: gradewire offsets restore ${historyId} --config FILE`
  }
  const against = refusals.map(({ message, tag }) => `Not yet possible: ${tag}: ${message}`)
  return [
    ...against,
    `Plan only, nothing was changed. ${kind === "restore" ? "Restore" : "Reset"} with --execute --reason TEXT; both roles must be paused.`
  ].join("\n")
}

const HISTORY: ReadonlyArray<Column<OffsetRecord>> = [
  { title: "ID", cell: (row) => String(row.id), align: "right" },
  { title: "CHANGED_AT", cell: (row) => row.changedAt },
  { title: "KIND", cell: (row) => row.kind },
  { title: "OLD", cell: (row) => row.old?.position ?? "unknown" },
  { title: "NEW", cell: (row) => row.new?.position ?? "unknown" },
  { title: "BY", cell: (row) => row.changedBy },
  { title: "REASON", cell: (row) => row.reason }
]

export const historyText = ({ connector, moves }: MoveHistory): string =>
  moves.length === 0 ? `The offsets of ${connector} were never moved.` : textTable(HISTORY, moves)
