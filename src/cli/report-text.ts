/** Reports of comparisons in words, for a terminal and for the page. */
import type { ReconciliationReport, ReportRepair, ReportTable } from "../../schemas/reconciliation-report.ts"
import type { RunScope, TableSum } from "../../schemas/reconciliation.ts"
import type { ListedRun } from "../reconcile/RunStore.ts"
import type { ReportCheck, ReportList } from "./Reconciliation.ts"
import { textTable, type Column } from "./text-table.ts"
import { findings } from "./verify-command.ts"

export const scopeText = ({ course, person, since, tables }: RunScope): string => {
  const parts = [
    ...(tables === null ? [] : [`tables ${tables.join(", ")}`]),
    ...(course === null ? [] : [`course ${course}`]),
    ...(person === null ? [] : [`employee ${person}`]),
    ...(since === null ? [] : [`since ${since}`])
  ]
  return parts.length === 0 ? "everything" : parts.join("; ")
}

/** One sentence that holds the answer. */
export const verdictText = ({
  finishedAt,
  repairs,
  state,
  tables
}: ReconciliationReport): { readonly text: string; readonly isGood: boolean } => {
  const rows = tables.reduce((sum, table) => sum + table.sourceRows, 0)
  const sum = (pick: (table: ReportTable) => number) => tables.reduce((all, table) => all + pick(table), 0)
  const damaged = sum(({ extra, mismatch, missing, stale }) => extra + mismatch + missing + stale)
  const unsettled = sum((table) => table.unsettled)
  const repaired = repairs.reduce((all, { rows: mended }) => all + mended, 0)
  if (state !== "done" || finishedAt === null) {
    return { text: `The comparison was not finished; ${rows} rows were compared so far.`, isGood: false }
  }
  const doubtful = unsettled === 0 ? "" : ` ${unsettled} could not be settled.`
  const [held, dead] = [sum((table) => table.held), sum((table) => table.dead)]
  const waiting = held + dead === 0 ? "" : ` In queues: ${held} held, ${dead} dead letters.`
  if (damaged === 0) {
    return {
      text:
        unsettled === 0
          ? `Both databases agreed in all ${rows} rows.${waiting}`
          : `No difference was found in ${rows} rows.${doubtful}${waiting}`,
      isGood: unsettled === 0
    }
  }
  const left = damaged - repaired
  const after = left === 0 ? "all of them were repaired" : `${repaired} repaired, ${left} still open`
  return {
    text: `${damaged} of ${rows} rows differed; ${after}.${doubtful}${waiting}`,
    isGood: left === 0 && unsettled === 0
  }
}

const RUNS: ReadonlyArray<Column<ListedRun>> = [
  { title: "RUN", cell: ({ run }) => run },
  { title: "STATE", cell: ({ state }) => state },
  { title: "STARTED", cell: ({ startedAt }) => startedAt.slice(0, 19) },
  {
    title: "ROWS",
    cell: (run) => String(run.tables.reduce((sum, { rows }) => sum + rows, 0)),
    align: "right"
  },
  {
    title: "DIFF_ROWS",
    cell: (run) => String(run.tables.reduce((sum, table) => sum + findings(table), 0)),
    align: "right"
  },
  { title: "OPEN", cell: ({ open }) => String(open), align: "right" },
  { title: "BY", cell: ({ by }) => by },
  { title: "SCOPE", cell: ({ scope }) => scopeText(scope) }
]

export const reportListText = ({ connector, runs }: ReportList): string =>
  runs.length === 0
    ? `${connector}: nothing was ever compared; gradewire verify does it`
    : `${textTable(RUNS, runs)}\ngradewire report show RUN -o html > report.html`

const TABLES: ReadonlyArray<Column<ReportTable>> = [
  { title: "TABLE", cell: ({ table }) => table },
  { title: "SOURCE", cell: (one) => String(one.sourceRows), align: "right" },
  { title: "PROFILE", cell: (one) => String(one.profileRows), align: "right" },
  { title: "MISSING", cell: (one) => String(one.missing), align: "right" },
  { title: "EXTRA", cell: (one) => String(one.extra), align: "right" },
  { title: "STALE", cell: (one) => String(one.stale), align: "right" },
  { title: "MISMATCH", cell: (one) => String(one.mismatch), align: "right" },
  { title: "UNSETTLED", cell: (one) => String(one.unsettled), align: "right" },
  { title: "UP_TO", cell: ({ upTo }) => upTo ?? "-" }
]
const REPAIRS: ReadonlyArray<Column<ReportRepair>> = [
  { title: "REPAIRED", cell: ({ lastAt }) => lastAt.slice(0, 19) },
  { title: "ROWS", cell: ({ rows }) => String(rows), align: "right" },
  { title: "KIND", cell: ({ kind }) => kind },
  { title: "TABLE", cell: ({ table }) => table },
  { title: "BY", cell: ({ by }) => by }
]

/** A sum of one table. */
export interface TableSumOf extends TableSum {
  readonly table: string
}

export const sumsOf = ({ tables }: Pick<ReconciliationReport, "tables">): ReadonlyArray<TableSumOf> =>
  tables.flatMap(({ sums, table }) => (sums ?? []).map((sum) => ({ ...sum, table })))

const SUMS: ReadonlyArray<Column<TableSumOf>> = [
  { title: "SUM_OF", cell: ({ column }) => column },
  { title: "FROM", cell: (one) => one.from },
  { title: "ROWS", cell: ({ rows }) => String(rows), align: "right" },
  { title: "KIND", cell: ({ kind }) => kind },
  { title: "SOURCE", cell: ({ source }) => source ?? "-", align: "right" },
  { title: "EXPECTED", cell: ({ expected }) => expected ?? "-", align: "right" },
  { title: "PROFILE", cell: ({ profile }) => profile ?? "-", align: "right" },
  { title: "TABLE", cell: ({ table }) => table }
]

export const reportText = (report: ReconciliationReport): string => {
  const { by, finishedAt, repairs, run, scope, seal, startedAt, tables } = report
  const sums = sumsOf(report)
  return [
    `run ${run} of ${report.connector}, asked for by ${by}: ${scopeText(scope)}, ${startedAt} to ${finishedAt ?? "-"}`,
    verdictText(report).text,
    textTable(TABLES, tables),
    ...(sums.length === 0 ? [] : [textTable(SUMS, sums)]),
    ...(repairs.length === 0 ? [] : [textTable(REPAIRS, repairs)]),
    `sha256 ${seal.digest}${seal.signature === null ? ", not signed" : `, signed by key ${seal.signature.keyFingerprint.slice(0, 16)}`}`
  ].join("\n")
}

const SIGNATURES: Readonly<Record<ReportCheck["signature"], string>> = {
  none: "It is not signed: whoever can write the file could have made it anew. Compare the digest with one that was kept elsewhere.",
  invalid: "Its signature does not fit.",
  other: "Another key signed it than the one that was asked for.",
  valid: "Its signature fits"
}

export const reportCheckText = (check: ReportCheck): string => {
  const { altered, connector, digest, file, keyFingerprint, run, signature, unlookedPage } = check
  return [
    altered.length === 0
      ? `${file}: run ${run} of ${connector}, as it was sealed`
      : `${file}: run ${run} of ${connector} WAS ALTERED`,
    ...altered.map((text) => `  ${text}`),
    `sha256 ${digest}`,
    signature === "valid" ? `${SIGNATURES.valid}: key ${keyFingerprint}` : SIGNATURES[signature],
    ...(unlookedPage
      ? ["Another version made the page; only the report in it was looked at, not what the page shows."]
      : [])
  ].join("\n")
}
