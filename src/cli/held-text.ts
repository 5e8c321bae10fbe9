/** Held scores for a person at a terminal. */
import type { HeldResult } from "../../schemas/held.ts"
import type { Relinked } from "../apply/HeldDesk.ts"
import type { HeldAside, HeldList, HeldResolution, HeldView } from "./HeldAnswer.ts"
import { secondsText } from "./seconds-text.ts"
import { textTable, type Column } from "./text-table.ts"

const COLUMNS: ReadonlyArray<Column<HeldResult>> = [
  { title: "RESULT", cell: (row) => row.result },
  { title: "LEARNER", cell: (row) => row.learner ?? "-" },
  { title: "REASON", cell: (row) => row.reason },
  { title: "CANDIDATES", cell: (row) => String(row.candidates), align: "right" },
  { title: "STATE", cell: (row) => row.state.toUpperCase() },
  { title: "AGE", cell: (row) => secondsText(row.ageSeconds), align: "right" }
]

const HIDDEN = "Personal values are masked; --reveal prints them."

export const heldListText = ({ counts, more, results, revealed }: HeldList): string => {
  const unqualified =
    counts.unqualified === 0 ? "" : `, ${counts.unqualified} of accounts that are no employees`
  const totals = `${counts.waiting} held, ${counts.ignored} put aside${unqualified}.`
  if (results.length === 0) return `Nothing to show. ${totals}`
  return [
    textTable(COLUMNS, results),
    [
      totals,
      ...(more ? ["There are more: raise --limit, or filter."] : []),
      ...(revealed ? [] : [HIDDEN])
    ].join("\n")
  ].join("\n\n")
}

export const heldText = ({
  candidates,
  decisions,
  event,
  held,
  keys,
  linked,
  revealed
}: HeldView): string => {
  const facts: ReadonlyArray<readonly [string, string]> = [
    ["result", held.result],
    ["learner", held.learner ?? "-"],
    ["state", held.state],
    ["reason", held.reason],
    ["since", `${held.heldAt} (${secondsText(held.ageSeconds)})`],
    ["position", held.position],
    ["employee no", keys.employeeNo ?? "-"],
    ["external id", keys.externalId ?? "-"],
    ["phone", keys.phone ?? "-"],
    ["e-mail", keys.email ?? "-"],
    ["name", keys.name ?? "-"],
    ["linked to", linked ?? "nobody"]
  ]
  const people = candidates.map(({ by, employee }) => `${employee}  by ${by.join(", ")}`)
  return [
    facts.map(([name, value]) => `${`${name}:`.padEnd(13)}${value}`).join("\n"),
    people.length === 0
      ? "No employee has any of these keys."
      : `Employees with one of these keys:\n${people.join("\n")}`,
    JSON.stringify(event, null, 2),
    ...(revealed ? [] : [HIDDEN]),
    ...(decisions.length === 0
      ? []
      : [
          decisions
            .map(
              ({ action, at, by, to, why }) =>
                `${at}  ${action}${to === null ? "" : ` to ${to}`} by ${by}: ${why}`
            )
            .join("\n")
        ])
  ].join("\n\n")
}

const results = (count: number): string => (count === 1 ? "1 result" : `${count} results`)

export const resolutionText = ({ already, empty, people }: HeldResolution): string =>
  [
    ...people.map(
      ({ filed, held, learner, result }) =>
        `${learner === null ? result : `learner ${learner} (${result})`}: ${results(filed)} filed${held === 0 ? "" : `, ${held} still held`}`
    ),
    ...(already === 0 ? [] : [`${already} had been carried out before, or stand twice.`]),
    ...(empty === 0 ? [] : [`${empty} lines name no employee.`]),
    ...(people.length === 0 ? ["Nothing was changed."] : [])
  ].join("\n")

export const asideText = ({ ignored, results: count }: HeldAside): string =>
  ignored ? `${results(count)} put aside.` : `${results(count)} taken back.`

export const relinkText = ({ from, moved, to }: Relinked): string =>
  `${results(moved)} moved from ${from} to ${to}; what comes later follows.`
