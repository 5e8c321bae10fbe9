/** Change events for a person at a terminal. */
import type { LoggedEventView } from "./LoggedEvents.ts"
import { textTable, type Column } from "./text-table.ts"

const COLUMNS: ReadonlyArray<Column<LoggedEventView>> = [
  { title: "SEQ", cell: (row) => String(row.sequence).padStart(9), align: "right" },
  { title: "POSITION", cell: (row) => row.position },
  // Wide enough for the longest, so that what follows later stands under what was printed first.
  { title: "COMMITTED_AT", cell: (row) => row.time.padEnd("2026-11-22T08:00:00.123456Z".length) },
  { title: "TYPE", cell: (row) => row.type.padEnd("assessment.changed".length) },
  { title: "KEY", cell: (row) => row.key },
  { title: "CHANGED", cell: (row) => (row.changed.length === 0 ? "-" : row.changed.join(", ")) }
]

/** @param withTitles before the first events only */
export const eventLines = (events: ReadonlyArray<LoggedEventView>, withTitles: boolean): string => {
  if (events.length === 0) return withTitles ? "No such event in the change log." : ""
  const [titles, ...lines] = textTable(COLUMNS, events).split("\n")
  return withTitles ? [titles, ...lines].join("\n") : lines.join("\n")
}

export const eventText = ({ event, generation, revealed, sequence }: LoggedEventView): string =>
  [
    `message ${sequence} of the stream, generation ${generation}`,
    JSON.stringify(event, null, 2),
    ...(revealed ? [] : ["Personal values are masked; --reveal prints them."])
  ].join("\n\n")
