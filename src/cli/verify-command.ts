/** `gradewire verify`: compares both databases, in the columns that DBAs know from pt-table-checksum. */
import { Clock, Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { epochSecondsToUtc } from "../../schemas/civil-time.ts"
import {
  FINDING_KINDS,
  type ReconciliationRun,
  type RunScope,
  type TableRun
} from "../../schemas/reconciliation.ts"
import { toldSums } from "../reconcile/sums.ts"
import type { Actions } from "./Actions.ts"
import type { VerifyRequest, VerifyView } from "./Reconciliation.ts"
import { ExitCode, printingFailures } from "./answer.ts"
import { csvText } from "./csv-text.ts"
import { configFlag, textFlag, timeFlag } from "./flags.ts"
import { secondsText } from "./seconds-text.ts"
import { textTable, type Column } from "./text-table.ts"

const flags = {
  config: configFlag,
  output: Flag.Literals("output", ["table", "json", "csv"]).pipe(
    Flag.withAlias("o"),
    Flag.withDescription("Form of the answer"),
    Flag.withDefault("table")
  ),
  tables: Flag.String("table").pipe(
    Flag.withAlias("t"),
    Flag.withMetavar("SCHEMA.TABLE"),
    Flag.withDescription("Only this table of the training database; once for each"),
    Flag.atLeast(0)
  ),
  since: timeFlag("since", "Only results submitted or graded since; RFC 3339 with a zone"),
  course: textFlag("course", "ID", "Only results of this assessment"),
  person: textFlag("person", "EMPLOYEE", "Only results of learners who are this employee"),
  isDeep: Flag.Boolean("deep").pipe(
    Flag.withDescription(
      "Read each row as the stream does, where the databases could compare it among themselves"
    ),
    Flag.withDefault(false)
  ),
  resume: Flag.Boolean("resume").pipe(
    Flag.withDescription("Go on with the run that did not end"),
    Flag.withDefault(false)
  ),
  wait: Flag.Int("wait").pipe(
    Flag.withMetavar("SECONDS"),
    Flag.withDescription("How long to wait for apply where rows differ"),
    Flag.withDefault(60)
  ),
  rowsPerSecond: Flag.Int("rows-per-second").pipe(
    Flag.withDescription("Read no faster than this"),
    Flag.optional
  )
}

export const verifyCommand = (actions: Actions) =>
  Command.make("verify", flags, ({ config, output, ...asked }) =>
    Effect.gen(function* () {
      const request = requestOf(asked)
      const view = yield* printingFailures(
        Effect.flatMap(Effect.sync(makeWatch), (watch) => actions.verify(config, request, watch)),
        output === "json"
      )
      yield* Console.log(TEXTS[output](view))
      if (view.run.tables.some((table) => findings(table) > 0)) return yield* new ExitCode({ code: 3 })
    })
  ).pipe(
    Command.withDescription(
      "Compare both databases row by row through the mapping; reads only, and ends with 3 where they differ"
    ),
    Command.withExamples([
      { command: "gradewire verify --config connector.yaml" },
      {
        command:
          "gradewire verify --config connector.yaml --table lms.exam_result --since 2026-11-01T00:00:00Z"
      },
      {
        command: "gradewire verify --config connector.yaml --person E1001 -o json",
        description: "One employee"
      }
    ])
  )

interface Asked {
  readonly tables: ReadonlyArray<string>
  readonly since: Option.Option<number>
  readonly course: Option.Option<string>
  readonly person: Option.Option<string>
  readonly isDeep: boolean
  readonly resume: boolean
  readonly wait: number
  readonly rowsPerSecond: Option.Option<number>
}

const requestOf = ({ course, person, rowsPerSecond, since, wait, ...rest }: Asked): VerifyRequest => ({
  ...rest,
  since: Option.getOrNull(Option.map(since, (millis) => epochSecondsToUtc(Math.floor(millis / 1000)))),
  course: Option.getOrNull(course),
  person: Option.getOrNull(person),
  waitSeconds: Math.max(0, wait),
  rowsPerSecond: Option.getOrUndefined(Option.filter(rowsPerSecond, (rows) => rows > 0))
})

const WATCH_MILLIS = 1000

/** A line on standard error every second while rows are compared. */
const makeWatch = () => {
  let last = 0
  return (_: ReconciliationRun, table: TableRun): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (now - last < WATCH_MILLIS && table.phase !== "done") return Effect.void
      last = now
      const { phase, reverseRows, rows } = table
      const back = reverseRows === 0 ? "" : `, ${reverseRows} looked for in the source`
      return Console.error(
        `${table.table}: ${rows} rows compared${back}, ${findings(table)} differ (${phase})`
      )
    })
}

/** Rows that differ; queues are no difference. */
export const findings = ({ kinds }: Pick<TableRun, "kinds">): number =>
  FINDING_KINDS.reduce((sum, kind) => sum + (kinds[kind] ?? 0), 0)

const count = (pick: (table: TableRun) => number | undefined): Column<TableRun>["cell"] => {
  return (table) => String(pick(table) ?? 0)
}

/** `11-22T14:58:31` */
const shortTime = (time: string | null): string => time?.slice(5, 19) ?? "-"

const COLUMNS: ReadonlyArray<Column<TableRun>> = [
  { title: "TS", cell: ({ finishedAt }) => shortTime(finishedAt) },
  { title: "ERRORS", cell: count(({ errors }) => errors), align: "right" },
  { title: "DIFFS", cell: count(({ diffChunks }) => diffChunks), align: "right" },
  { title: "ROWS", cell: count(({ rows }) => rows), align: "right" },
  { title: "DIFF_ROWS", cell: count(findings), align: "right" },
  { title: "MISSING", cell: count(({ kinds }) => kinds["missing"]), align: "right" },
  { title: "EXTRA", cell: count(({ kinds }) => kinds["extra"]), align: "right" },
  { title: "STALE", cell: count(({ kinds }) => kinds["stale"]), align: "right" },
  { title: "MISMATCH", cell: count(({ kinds }) => kinds["mismatch"]), align: "right" },
  { title: "CHUNKS", cell: count(({ chunks }) => chunks), align: "right" },
  { title: "SKIPPED", cell: count(({ skipped }) => skipped), align: "right" },
  { title: "TIME", cell: ({ millis }) => secondsText(millis / 1000), align: "right" },
  { title: "TABLE", cell: ({ table }) => table }
]

const queueText = ({ connector, run }: VerifyView): string => {
  const sum = (kind: string) => run.tables.reduce((all, { kinds }) => all + (kinds[kind] ?? 0), 0)
  const total = run.tables.reduce((all, table) => all + findings(table), 0)
  const compared = run.tables.reduce((all, { reverseRows, rows }) => all + rows + reverseRows, 0)
  const unsettled = sum("unsettled")
  const queued = `${sum("held")} held, ${sum("dead")} dead letters`
  const lines = [`run ${run.run} of ${connector}: ${total} rows differ; in queues: ${queued}`]
  if (compared === 0)
    lines.push("nothing was compared: neither database has a row that meets what was asked for")
  if (unsettled > 0)
    lines.push(`${unsettled} could not be settled: apply was not there in time, or they keep changing`)
  if (total > 0) {
    lines.push(
      `which: gradewire report show ${run.run} -o html > report.html; or -o json; or the view gradewire.reconciliation_diffs`,
      `mend: gradewire repair --run ${run.run} says what would be sent, and sends it with --execute`
    )
  }
  return lines.join("\n")
}

/** Tables whose rows the databases cannot compare among themselves, and why. */
const readText = ({ run }: VerifyView): ReadonlyArray<string> =>
  run.tables.flatMap(({ compared, table }) =>
    compared?.how === "by-gradewire"
      ? [`read by gradewire itself: ${table}, because ${compared.because}`]
      : []
  )

const viewText = (view: VerifyView): string =>
  [textTable(COLUMNS, view.run.tables), ...readText(view), queueText(view)].join("\n")

const DIFF_COLUMNS = ["run", "table", "id", "kind", "fields", "position"]

/** One line per row that differs. */
const viewCsv = ({ differences, run }: VerifyView): string =>
  csvText(
    DIFF_COLUMNS,
    differences.map(({ fields, ...difference }) => ({
      ...difference,
      run: run.run,
      fields: fields.join(" ")
    }))
  )

/** Without what may be personal: where a run goes on, and sums that are somebody's scores. */
export const toldTable = (table: TableRun, scope: RunScope) => ({
  ...table,
  after: undefined,
  ...(table.sums === undefined ? {} : { sums: toldSums(table, scope) })
})

/** Without what may be personal. */
const viewJson = ({ differences, run, ...view }: VerifyView): string =>
  JSON.stringify(
    {
      ...view,
      run: {
        ...run,
        tables: run.tables.map((table) => ({ ...toldTable(table, run.scope), findings: findings(table) }))
      },
      differences: differences.map((difference) => ({ ...difference, learner: undefined }))
    },
    null,
    2
  )

const TEXTS = { table: viewText, json: viewJson, csv: viewCsv }
