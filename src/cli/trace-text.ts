/** A trace for a person at a terminal. What is not known is said, not left out. */
import type { EmployeeTrace, ResultTrace } from "./Trace.ts"
import { matchRuleText } from "../../schemas/match-rule.ts"
import { secondsText } from "./seconds-text.ts"
import { textTable, type Column } from "./text-table.ts"

const NOT_KNOWN = "not known"

type Facts = ReadonlyArray<readonly [name: string, text: string]>

const sourceFacts = ({ log, source }: ResultTrace): Facts => {
  const message =
    log.state === "there"
      ? `message ${log.sequence ?? "?"} of the stream`
      : log.state === "gone"
        ? "holds no change of it, or no longer"
        : "did not answer in time, or was not searched to its end"
  if (source === null) return [["change log", message]]
  const { byte, committedAt, copied, eventId, file, type } = source
  return [
    ["change", `${type ?? NOT_KNOWN}, position ${source.position}`],
    ["source", `${eventId} (${file}, byte ${byte}${copied ? ", copied by a snapshot behind it" : ""})`],
    ["committed", committedAt ?? `${NOT_KNOWN}: neither the change log nor our own tables hold it any more`],
    ["change log", message]
  ]
}

const matchingFacts = ({ candidates, held, ledger, link }: ResultTrace): Facts => [
  [
    "matching",
    link !== null
      ? `learner ${link.learner} is ${link.employee} by ${link.rule}, since ${link.linkedAt}`
      : ledger?.employee !== null && ledger?.employee !== undefined
        ? `${ledger.employee}; the result names no learner`
        : "nobody is proven"
  ],
  ...(ledger === null || ledger.employee === null ? [] : [["filed by", ruleText(ledger.rule)] as const]),
  ...(held === null
    ? []
    : [
        [
          "held",
          `${held.reason}, ${held.state}, for ${secondsText(held.ageSeconds)}; ${candidates.length === 0 ? "no employee has any of its keys" : candidates.map(({ by, employee }) => `${employee} by ${by.join(", ")}`).join("; ")}`
        ] as const
      ])
]

const appliedFacts = ({ lanes, ledger }: ResultTrace): Facts => [
  [
    "ledger",
    ledger === null
      ? "nothing of it was ever applied"
      : `${ledger.state} at ${ledger.position}, ${ledger.appliedAt}`
  ],
  ...lanes.map(
    ({ committedAt, lane, position, updatedAt }) =>
      [
        lanes.length === 1 ? "apply" : `apply ${lane}`,
        `at ${position}, everything until ${committedAt ?? NOT_KNOWN}; wrote last ${updatedAt}`
      ] as const
  )
]

const ruleText = (rule: string | null): string =>
  rule === null ? `${NOT_KNOWN}: an older version filed it` : matchRuleText(rule)

export const resultTraceText = (trace: ResultTrace): string => {
  const { decisions, explanation, history, letters } = trace
  const facts = [...sourceFacts(trace), ...matchingFacts(trace), ...appliedFacts(trace)]
  const section = (title: string, lines: ReadonlyArray<string>) =>
    lines.length === 0 ? [] : [[title, ...lines].join("\n")]
  return [
    `${trace.result}: ${explanation.verdict.toUpperCase()} – ${explanation.because}.${explanation.next === null ? "" : `\nnext: ${explanation.next}`}`,
    facts.map(([name, text]) => `${`${name}:`.padEnd(12)}${text}`).join("\n"),
    ...section(
      "Dead letters:",
      letters.map(
        ({ at, detail, position, reason, state }) => `${at}  ${state}  ${position}  ${reason} ${detail}`
      )
    ),
    ...section(
      "Decisions:",
      decisions.map(
        ({ action, at, by, from, to, why }) =>
          `${at}  ${action}${from === null ? "" : ` from ${from}`}${to === null ? "" : ` to ${to}`} by ${by}: ${why}`
      )
    ),
    ...section(
      "History:",
      history.map(
        ({ appliedAt, committedAt, employee, rule, state, type }) =>
          `${appliedAt}  ${state}  ${employee}${rule === null ? "" : ` (${matchRuleText(rule)})`}  ${type.replace(/^gradewire\.|\.v\d+$/g, "")}, committed ${committedAt}`
      )
    ),
    ...(trace.revealed ? [] : ["Personal values are masked; --reveal prints them."])
  ].join("\n\n")
}

type Entry = EmployeeTrace["results"][number]

const COLUMNS: ReadonlyArray<Column<Entry>> = [
  { title: "RESULT", cell: (row) => row.result },
  { title: "STATE", cell: (row) => row.state.toUpperCase() },
  { title: "LEARNER", cell: (row) => row.learner ?? "-" },
  { title: "RULE", cell: (row) => row.rule ?? "-" },
  { title: "APPLIED_AT", cell: (row) => row.appliedAt },
  { title: "POSITION", cell: (row) => row.position }
]

export const employeeTraceText = (trace: EmployeeTrace): string =>
  [
    trace.results.length === 0
      ? `Nothing was ever filed for ${trace.employee}. Scores that wait for a person: gradewire held list.`
      : textTable(COLUMNS, trace.results),
    ...(trace.more ? ["There are more: raise --limit."] : []),
    trace.links.length === 0
      ? "No learner is linked to this employee."
      : trace.links
          .map(({ learner, linkedAt, rule }) => `learner ${learner} is linked by ${rule}, since ${linkedAt}`)
          .join("\n"),
    ...(trace.held.length === 0
      ? []
      : [trace.held.map(({ reason, result }) => `${result} is held: ${reason}`).join("\n")]),
    ...(trace.decisions.length === 0
      ? []
      : [
          trace.decisions
            .map(
              ({ action, at, by, from, subject, to, why }) =>
                `${at}  ${action} of ${subject}${from === null ? "" : ` from ${from}`}${to === null ? "" : ` to ${to}`} by ${by}: ${why}`
            )
            .join("\n")
        ]),
    ...(trace.revealed ? [] : ["Personal values are masked; --reveal prints them."])
  ].join("\n\n")
