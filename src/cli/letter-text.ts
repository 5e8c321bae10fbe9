/** Dead letters for a person at a terminal. */
import type { DeadLetter } from "../../schemas/dead-letter.ts"
import type { LetterOutcome, Settlement } from "../apply/settle-letters.ts"
import type { LetterList, LetterView } from "./Actions.ts"
import { secondsText } from "./seconds-text.ts"
import { textTable, type Column } from "./text-table.ts"

const COLUMNS: ReadonlyArray<Column<DeadLetter>> = [
  { title: "POSITION", cell: (row) => row.position },
  { title: "STATE", cell: (row) => row.state.toUpperCase() },
  { title: "AGE", cell: (row) => secondsText(row.ageSeconds), align: "right" },
  { title: "RESULT", cell: (row) => row.result ?? row.table },
  { title: "REASON", cell: (row) => row.reason },
  { title: "DETAIL", cell: (row) => row.detail }
]

export const lettersText = ({ letters, more }: LetterList): string => {
  if (letters.length === 0) return "No dead letters."
  const table = textTable(COLUMNS, letters)
  return more ? `${table}\n\nThere are more: raise --limit, or filter.` : table
}

export const letterText = ({ decisions, event, letter, revealed }: LetterView): string => {
  const facts: ReadonlyArray<readonly [string, string]> = [
    ["position", letter.position],
    ["state", letter.state],
    ["table", letter.table],
    ["result", letter.result ?? "-"],
    ["type", letter.type],
    ["event", letter.eventId],
    ["reason", letter.reason],
    ["detail", letter.detail],
    ["since", `${letter.at} (${secondsText(letter.ageSeconds)})`],
    ["behind", letter.behind ?? "-"]
  ]
  return [
    facts.map(([name, value]) => `${`${name}:`.padEnd(10)}${value}`).join("\n"),
    JSON.stringify(event, null, 2),
    ...(revealed ? [] : ["Personal values are masked; --reveal prints them."]),
    ...(decisions.length === 0
      ? []
      : [
          decisions
            .map(({ action, at, by, why }) => `${at}  ${action} by ${by}${why === null ? "" : `: ${why}`}`)
            .join("\n")
        ])
  ].join("\n\n")
}

const OUTCOMES: Readonly<Record<LetterOutcome, string>> = {
  settled: "settled: filed, or held, or outdated by now",
  refused: "refused again",
  pending: "marked, not attempted yet",
  discarded: "discarded"
}

type Settled = Settlement["letters"][number]

const SETTLED_COLUMNS: ReadonlyArray<Column<Settled>> = [
  { title: "POSITION", cell: (row) => row.position },
  { title: "RESULT", cell: (row) => row.result ?? row.table },
  { title: "OUTCOME", cell: (row) => (row.outcome === null ? "-" : OUTCOMES[row.outcome]) },
  { title: "DETAIL", cell: (row) => (row.outcome === "settled" ? "-" : row.detail) }
]

export const settlementText = (settlement: Settlement): string => {
  const { action, executed, following, letters } = settlement
  const count = letters.length === 1 ? "1 dead letter" : `${letters.length} dead letters`
  const verb = action === "replay" ? "be attempted again" : "be given up for good"
  return [
    textTable(executed ? SETTLED_COLUMNS : COLUMNS, letters),
    ...(executed ? [] : [`${count} would ${verb}. Nothing was changed; --execute does it.`]),
    ...(following === 0 ? [] : [`${following} more follow by themselves, in order.`]),
    ...(letters.some(({ outcome }) => outcome === "pending") ? [pendingText(settlement)] : [])
  ].join("\n\n")
}

const pendingText = ({ writer }: Settlement): string =>
  writer === null
    ? "Nobody applies for this connector: start gradewire run. The letters stay marked and are attempted then."
    : `No apply process took them: ${writer.holder} wrote last, ${secondsText(writer.idleSeconds)} before this was asked. Is it running? The letters stay marked and are attempted as soon as one is.`
