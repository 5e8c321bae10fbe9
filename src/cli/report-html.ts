/**
 * A sealed report as a page that needs nothing else: no script, no font, no network; it may be printed. The report itself is
 * embedded as JSON, so that the page can be looked at again: the same report gives the same page, byte for byte.
 */
import type {
  ReconciliationReport,
  ReportDifference,
  ReportRepair,
  ReportTable
} from "../../schemas/reconciliation-report.ts"
import { TOLD_ROWS_MIN } from "../reconcile/sums.ts"
import { scopeText, sumsOf, verdictText, type TableSumOf } from "./report-text.ts"

const STYLE = `:root { color-scheme: light dark; --line: #8884; --soft: #8882; --bad: #b3261e; --good: #1b6e3a }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --good: #7ddc9a } }
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
.verdict { font-size: 1.1rem; margin: .5rem 0 1.5rem; padding: .6rem .9rem; border-left: 4px solid }
.bad { border-color: var(--bad) } .good { border-color: var(--good) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.5rem; margin: 0 } dt { opacity: .7 } dd { margin: 0 }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { padding: .3rem .7rem .3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line) }
th { font-weight: 600; white-space: nowrap } .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap } th.n { white-space: normal }
tr:nth-child(even) td { background: var(--soft) } code, td.id, td.name { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere } td.id { min-width: 9rem } td.name { white-space: nowrap }
.time { white-space: nowrap; font-variant-numeric: tabular-nums } footer { margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid var(--line) }
@media print { :root { color-scheme: light; --bad: #b3261e; --good: #1b6e3a } body { margin: 0; max-width: none; font-size: 10pt } .wide { overflow: visible } th, td { padding-right: .4rem } thead { display: table-header-group } tr { break-inside: avoid } h2 { break-after: avoid } }`

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign]!)

interface Cell<Row> {
  readonly title: string
  readonly cell: (row: Row) => string | number
  readonly as?: "n" | "id" | "name" | "time"
}

const table = <Row>(cells: ReadonlyArray<Cell<Row>>, rows: ReadonlyArray<Row>): string => {
  const mark = ({ as }: Cell<Row>) => (as === undefined ? "" : ` class="${as}"`)
  const head = cells.map((cell) => `<th${mark(cell)}>${escaped(cell.title)}</th>`).join("")
  const lines = rows.map(
    (row) =>
      `<tr>${cells.map((cell) => `<td${mark(cell)}>${escaped(String(cell.cell(row)))}</td>`).join("")}</tr>`
  )
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>\n${lines.join("\n")}\n</tbody></table></div>`
}

const facts = (rows: ReadonlyArray<readonly [name: string, value: string, isCode?: boolean]>): string =>
  `<dl>\n${rows
    .map(([name, value, isCode]) => {
      const text = escaped(value)
      return `<dt>${escaped(name)}</dt><dd>${isCode === true ? `<code>${text}</code>` : text}</dd>`
    })
    .join("\n")}\n</dl>`

/** `2026-11-22 15:20:27 UTC` */
const moment = (time: string | null): string =>
  time === null ? "–" : `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`

/** `mysql:de89a256-… binlog.000001:22032` */
const placeOf = (text: string | null): { readonly server: string; readonly place: string } => {
  if (text === null) return { server: "–", place: "–" }
  const blank = text.lastIndexOf(" ")
  return { server: text.slice(0, Math.max(0, blank)), place: text.slice(blank + 1) }
}

const COMPARED: ReadonlyArray<Cell<ReportTable>> = [
  { title: "Table", cell: (one) => one.table, as: "name" },
  { title: "Source rows", cell: (one) => one.sourceRows, as: "n" },
  { title: "Profile rows", cell: (one) => one.profileRows, as: "n" },
  { title: "Missing", cell: ({ missing }) => missing, as: "n" },
  { title: "Extra", cell: ({ extra }) => extra, as: "n" },
  { title: "Stale", cell: ({ stale }) => stale, as: "n" },
  { title: "Mismatch", cell: ({ mismatch }) => mismatch, as: "n" },
  { title: "Unsettled", cell: ({ unsettled }) => unsettled, as: "n" },
  { title: "Held", cell: ({ held }) => held, as: "n" },
  { title: "Dead", cell: ({ dead }) => dead, as: "n" }
]
const COMPARED_BY: ReadonlyArray<Cell<ReportTable>> = [
  { title: "Table", cell: (one) => one.table, as: "name" },
  {
    title: "Compared",
    cell: ({ compared }) =>
      compared === undefined
        ? "not kept"
        : compared.because === null
          ? "by the databases among themselves"
          : `row by row by gradewire, because ${compared.because}`
  }
]
const SUMS: ReadonlyArray<Cell<TableSumOf>> = [
  { title: "Table", cell: (one) => one.table, as: "name" },
  { title: "Column", cell: ({ column }) => column, as: "id" },
  { title: "Filled from", cell: (one) => one.from, as: "name" },
  { title: "Rows that are", cell: ({ kind }) => kind },
  { title: "Rows", cell: ({ rows }) => rows, as: "n" },
  { title: "Training database", cell: ({ source }) => source ?? "–", as: "n" },
  { title: "By the mapping", cell: ({ expected }) => expected ?? "–", as: "n" },
  { title: "Profile", cell: ({ profile }) => profile ?? "–", as: "n" }
]
const SUMS_MEAN = `Each row is added up once, with the values that it had when it was compared, so that a line's sums are of the same
rows on both sides. “By the mapping” is what the training database's values become in the profile's column; among equal rows it is
the profile's sum. Rows that could not be settled are in no line. Sums over fewer than ${TOLD_ROWS_MIN} rows, or over one employee's, are not
told, because they would be somebody's scores.`
const PLACES: ReadonlyArray<Cell<ReportTable>> = [
  { title: "Table", cell: (one) => one.table, as: "name" },
  { title: "Begun", cell: ({ startedAt }) => moment(startedAt) },
  { title: "Ended", cell: ({ finishedAt }) => moment(finishedAt) },
  { title: "From binlog", cell: ({ from }) => placeOf(from).place, as: "name" },
  { title: "Up to binlog", cell: ({ upTo }) => placeOf(upTo).place, as: "name" },
  { title: "Server", cell: ({ upTo }) => placeOf(upTo).server, as: "id" }
]
const REPAIRS: ReadonlyArray<Cell<ReportRepair>> = [
  { title: "By", cell: ({ by }) => by },
  { title: "Table", cell: (one) => one.table, as: "name" },
  { title: "Kind", cell: ({ kind }) => kind },
  { title: "Rows", cell: ({ rows }) => rows, as: "n" },
  { title: "First", cell: ({ firstAt }) => moment(firstAt), as: "time" },
  { title: "Last", cell: ({ lastAt }) => moment(lastAt), as: "time" }
]
const DIFFERENCES: ReadonlyArray<Cell<ReportDifference>> = [
  { title: "Kind", cell: ({ kind }) => kind },
  { title: "Row", cell: ({ id }) => id, as: "id" },
  { title: "Columns", cell: ({ fields }) => fields.join(", ") },
  { title: "Last change applied", cell: ({ position }) => position ?? "–", as: "id" },
  { title: "Repaired", cell: ({ repairedAt }) => moment(repairedAt), as: "time" },
  { title: "By", cell: ({ repairedBy }) => repairedBy ?? "–" }
]

const OPENING = '<script type="application/json" id="report">'
const CLOSING = "</script>"

const unlistedText = ({ differences, unlisted, unlistedDigest }: ReconciliationReport): string =>
  `The first ${differences.length} of ${differences.length + unlisted} are listed. The other ${unlisted} are counted above, in the repairs too, and stand in the view <code>gradewire.reconciliation_diffs</code>; the seal covers them by the SHA-256 <code>${unlistedDigest ?? "(not kept)"}</code>.`

/** Without a line break at its end. */
export const reportHtml = (report: ReconciliationReport): string => {
  const { origin, seal } = report
  const verdict = verdictText(report)
  const sums = sumsOf(report)
  const signature =
    seal.signature === null
      ? "not signed: keep the digest where nobody can change it"
      : `${seal.signature.algorithm}, key ${seal.signature.keyFingerprint}`
  const sections = [
    `<h1>Comparison of both databases: ${escaped(report.connector)}</h1>`,
    `<p class="verdict ${verdict.isGood ? "good" : "bad"}">${escaped(verdict.text)}</p>`,
    facts([
      ["Run", report.run, true],
      ["Asked for by", report.by],
      ["Compared", scopeText(report.scope)],
      ["Begun", moment(report.startedAt)],
      ["Ended", report.state === "done" ? moment(report.finishedAt) : `not finished (${report.state})`],
      ["Training database", origin?.source ?? "not kept", true],
      ["HR database", origin?.target ?? "not kept", true],
      ["Mapping (SHA-256)", origin?.mapping ?? "not kept", true],
      ["gradewire", `${origin?.version ?? "not kept"}; report made by ${report.madeWith}`],
      ["Report made", moment(report.madeAt)]
    ]),
    "<h2>What was compared and found</h2>",
    table(COMPARED, report.tables),
    "<p>Missing, extra, stale and mismatch are differences. Held and dead rows stand in a queue that a person can see.</p>",
    ...(sums.length === 0 ? [] : ["<h2>Sums of scores</h2>", table(SUMS, sums), `<p>${SUMS_MEAN}</p>`]),
    "<h2>How rows were compared</h2>",
    table(COMPARED_BY, report.tables),
    "<h2>From when to when, and from where to where in the binlog</h2>",
    table(PLACES, report.tables),
    "<h2>Who repaired what</h2>",
    report.repairs.length === 0 ? "<p>Nobody repaired anything.</p>" : table(REPAIRS, report.repairs),
    "<h2>Rows that differed</h2>",
    ...(report.unlisted === 0 ? [] : [`<p>${unlistedText(report)}</p>`]),
    report.differences.length === 0 ? "<p>None.</p>" : table(DIFFERENCES, report.differences),
    `<footer>${facts([
      ["Digest (SHA-256)", seal.digest, true],
      ["Signature", signature]
    ])}\n<p>To check that nothing was altered: <code>gradewire report check FILE</code></p></footer>`
  ]
  // As JSON allows it everywhere; so no text can end the element.
  const json = JSON.stringify(report).replaceAll("<", String.raw`\u003c`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(`${report.connector}: comparison ${report.run}`)}</title>
<style>
${STYLE}
</style>
</head>
<body>
${sections.join("\n")}
${OPENING}${json}${CLOSING}
</body>
</html>`
}

/** JSON text of the report that a page holds. */
export const reportInHtml = (page: string): string | undefined => {
  const start = page.indexOf(OPENING)
  if (start < 0) return undefined
  const end = page.indexOf(CLOSING, start)
  return end < 0 ? undefined : page.slice(start + OPENING.length, end)
}
