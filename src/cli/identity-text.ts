/** Identity coverage for a person at a terminal, and as CSV. */
import type { IdentityCoverage } from "../../schemas/identity-coverage.ts"
import { csvText } from "./csv-text.ts"
import type { LearnerOutcome } from "./IdentityCheck.ts"
import { textTable, type Column } from "./text-table.ts"

type Situation = IdentityCoverage["situations"][number]
type KeyWorth = IdentityCoverage["keys"][number]
type Duplicate = IdentityCoverage["duplicates"][number]

const SITUATIONS: ReadonlyArray<Column<Situation>> = [
  { title: "SITUATION", cell: (row) => row.situation },
  {
    title: "RULE",
    cell: ({ rule }) => (rule === null ? "-" : `${rule.learner} = ${rule.employee}`)
  },
  { title: "WHY", cell: (row) => row.why ?? "-" },
  { title: "LEARNERS", cell: (row) => String(row.learners), align: "right" },
  { title: "PERCENT", cell: (row) => row.percent, align: "right" }
]

const KEYS: ReadonlyArray<Column<KeyWorth>> = [
  { title: "KEY", cell: (row) => row.learner },
  { title: "USABLE", cell: (row) => String(row.usable), align: "right" },
  { title: "NONE", cell: (row) => String(row.absent), align: "right" },
  {
    title: "PROVES_NOBODY",
    cell: ({ unusable }) =>
      unusable.length === 0 ? "-" : unusable.map(({ learners, why }) => `${learners} ${why}`).join(", ")
  }
]

const DUPLICATES: ReadonlyArray<Column<Duplicate>> = [
  { title: "SHARED_KEY", cell: (row) => row.key },
  { title: "RULE", cell: ({ rule }) => `${rule.learner} = ${rule.employee}` },
  { title: "LEARNERS", cell: (row) => String(row.learners), align: "right" },
  { title: "EMPLOYEES", cell: (row) => row.employees.join(", ") }
]

/** What to do about each situation that was met. */
const adviceOf = ({ keys, situations }: IdentityCoverage): ReadonlyArray<string> => {
  const met = (situation: string, why = "") =>
    situations.some((row) => row.situation === situation && (row.why ?? "").includes(why))
  const spoiled = (why: string) => keys.some(({ unusable }) => unusable.some((one) => one.why === why))
  const all: ReadonlyArray<readonly [boolean, string]> = [
    [
      met("AMBIGUOUS"),
      "AMBIGUOUS: HR mends the shared keys below, or merged employees are named by employees.mergedInto."
    ],
    [
      met("CONFLICT", "keys name"),
      "CONFLICT: one of both keys is old; compare them with -o csv --reveal, and mend it where it is wrong."
    ],
    [
      met("CONFLICT", "another name"),
      "CONFLICT by name: the number was given to somebody else, or one side spells the name in another way."
    ],
    [
      met("ABSENT", "no employee"),
      "ABSENT: not in the employee table, external, or keyed by something no rule compares: add a rule under employees.match."
    ],
    [
      met("ABSENT", "not employed"),
      "ABSENT by date: they have left, or begin later; --on DAY judges another day. Their results are judged on the day of the exam."
    ],
    [
      met("ABSENT", "no key"),
      "ABSENT without a key: fill a key in at the source, or map another column of it."
    ],
    [
      spoiled("masked"),
      "masked: the training database, or the account, shows keys only in part; read the full column."
    ],
    [
      spoiled("spreadsheet"),
      "spreadsheet: a spreadsheet has changed these numbers; import them again as text."
    ]
  ]
  return all.flatMap(([isMet, text]) => (isMet ? [text] : []))
}

const HIDDEN = "Personal values are masked; --reveal prints them."

export const coverageText = (coverage: IdentityCoverage): string => {
  const { day, duplicates, employees, keys, learners, matched, moreDuplicates, oddSpellings, percent } =
    coverage
  const head = `${employees} employees read (${oddSpellings} unusual spellings), judged as of ${day}, nothing was written.`
  if (learners === 0) return `${head}\nNo learner was found in ${coverage.tables.join(", ")}.`
  const advice = adviceOf(coverage)
  return [
    head,
    textTable(SITUATIONS, coverage.situations),
    textTable(KEYS, keys),
    ...(duplicates.length === 0
      ? []
      : [`${textTable(DUPLICATES, duplicates)}${moreDuplicates ? "\nThere are more: raise --limit." : ""}`]),
    ...(advice.length === 0 ? [] : [`To do:\n${advice.map((line) => `- ${line}`).join("\n")}`]),
    [
      `${matched} of ${learners} learners are matched: ${percent} %.`,
      ...(coverage.revealed || duplicates.length === 0 ? [] : [HIDDEN])
    ].join("\n")
  ].join("\n\n")
}

const CSV_COLUMNS = [
  "learner",
  "table",
  "situation",
  "rule",
  "why",
  "employees"
] as const satisfies ReadonlyArray<keyof LearnerOutcome>

/** @param isWhole false: lines that go on from earlier ones */
export const coverageCsv = (learners: ReadonlyArray<LearnerOutcome>, isWhole: boolean): string =>
  csvText(
    CSV_COLUMNS,
    learners.map((outcome) => ({ ...outcome, employees: outcome.employees.join(" ") })),
    isWhole
  )
