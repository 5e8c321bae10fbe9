/** Writes deploy/dashboards/gradewire.json from a list of panels: `make schemas`. A test finds a file that is behind. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"

interface Panel {
  readonly title: string
  /** shown behind the title's “i” */
  readonly meaning: string
  readonly unit: string
  readonly queries: ReadonlyArray<readonly [expression: string, legend: string]>
  readonly width?: number
  readonly kind?: "timeseries" | "stat"
}

const SELECT = 'namespace=~"$namespace", service=~"$service"'
const best = (metric: string, by: string, labels = ""): string =>
  `max by (${by}) (${metric}{${SELECT}${labels === "" ? "" : `, ${labels}`}})`

const PANELS: ReadonlyArray<Panel> = [
  {
    title: "Lag",
    meaning: "Age of the newest source commit in the profile",
    unit: "s",
    kind: "stat",
    width: 6,
    queries: [[best("gradewire_lag_seconds", "service", 'stage="apply"'), "{{service}}"]]
  },
  {
    title: "Held",
    meaning: "Results that wait for their person",
    unit: "short",
    kind: "stat",
    width: 6,
    queries: [[best("gradewire_held_results", "service"), "{{service}}"]]
  },
  {
    title: "Dead letters",
    meaning: "Changes that the HR database refused and nobody has resolved",
    unit: "short",
    kind: "stat",
    width: 6,
    queries: [[best("gradewire_dead_letters", "service"), "{{service}}"]]
  },
  {
    title: "Purge margin",
    meaning: "Until the training database may purge binlog files that are still needed",
    unit: "s",
    kind: "stat",
    width: 6,
    queries: [[`min by (service) (gradewire_binlog_purge_margin_seconds{${SELECT}})`, "{{service}}"]]
  },
  {
    title: "Lag by stage",
    meaning: "capture: read from the binlog; log: acknowledged by NATS; apply: committed in the HR database",
    unit: "s",
    queries: [[best("gradewire_lag_seconds", "service, stage"), "{{service}} {{stage}}"]]
  },
  {
    title: "Exam to profile",
    meaning: "Source commit to HR commit, of the last change of each batch",
    unit: "s",
    queries: ["0.5", "0.95", "0.99"].map((quantile) => [
      `histogram_quantile(${quantile}, sum by (le) (rate(gradewire_end_to_end_seconds_bucket{${SELECT}}[$__rate_interval])))`,
      `p${Number(quantile) * 100}`
    ])
  },
  {
    title: "Change events",
    meaning: "Events that passed the stage, per second",
    unit: "ops",
    queries: [
      [`sum by (stage) (rate(gradewire_events_total{${SELECT}}[$__rate_interval]))`, "{{stage}}"],
      [`sum by (kind) (rate(gradewire_messages_total{${SELECT}}[$__rate_interval]))`, "messages: {{kind}}"]
    ]
  },
  {
    title: "Results",
    meaning: "What became of them in the HR database, per second",
    unit: "ops",
    queries: [
      [`sum by (outcome) (rate(gradewire_results_total{${SELECT}}[$__rate_interval]))`, "{{outcome}}"]
    ]
  },
  {
    title: "Bytes",
    meaning: "Raw binlog and message bodies that passed the stage",
    unit: "Bps",
    queries: [[`sum by (stage) (rate(gradewire_bytes_total{${SELECT}}[$__rate_interval]))`, "{{stage}}"]]
  },
  {
    title: "Retries",
    meaning: "Attempts that failed and were tried again, by the tag of docs/operations.md",
    unit: "ops",
    queries: [
      [
        `sum by (stage, class) (rate(gradewire_retries_total{${SELECT}}[$__rate_interval]))`,
        "{{stage}} {{class}}"
      ]
    ]
  },
  {
    title: "State of the roles",
    meaning: "One line for the state that each pod's role is in",
    unit: "short",
    queries: [[`gradewire_role_state{${SELECT}} == 1`, "{{pod}} {{role}} {{state}}"]]
  },
  {
    title: "Epochs",
    meaning: "Rises when another process takes over, or the same one starts over",
    unit: "short",
    queries: [[best("gradewire_epoch", "service, role"), "{{service}} {{role}}"]]
  },
  {
    title: "Oldest held result",
    meaning: "How long it has waited for its person",
    unit: "s",
    queries: [[best("gradewire_oldest_held_seconds", "service"), "{{service}}"]]
  },
  {
    title: "Reconciliation",
    meaning:
      "Rows that differed in the last comparison of everything and wait; rows that were mended by themselves",
    unit: "short",
    queries: [
      [best("gradewire_reconcile_diffs", "service, kind"), "{{service}} {{kind}}"],
      [best("gradewire_reconcile_repair_withheld", "service"), "{{service}} too many to be mended"],
      [
        `sum by (service, outcome) (gradewire_reconcile_repaired_total{${SELECT}})`,
        "{{service}} {{outcome}} by itself"
      ]
    ]
  },
  {
    title: "Heartbeat age",
    meaning: "Since the stage last heard of the training database, by a change or a heartbeat",
    unit: "s",
    queries: [
      [`min by (service, stage) (gradewire_heartbeat_age_seconds{${SELECT}})`, "{{service}} {{stage}}"]
    ]
  },
  {
    title: "Copy of the tables",
    meaning: "Rows read, and the server's estimate when the copy began",
    unit: "short",
    queries: [
      [best("gradewire_snapshot_rows", "table"), "{{table}} read"],
      [best("gradewire_snapshot_estimated_rows", "table"), "{{table}} estimated"]
    ]
  },
  {
    title: "Memory",
    meaning: "Of each process; flat whatever the backlog",
    unit: "bytes",
    queries: [
      [`process_resident_memory_bytes{${SELECT}}`, "{{pod}} resident"],
      [`nodejs_heap_size_used_bytes{${SELECT}}`, "{{pod}} heap"]
    ]
  },
  {
    title: "CPU",
    meaning: "Cores used by each process",
    unit: "short",
    queries: [[`rate(process_cpu_seconds_total{${SELECT}}[$__rate_interval])`, "{{pod}}"]]
  }
]

const GRID = 24
const STAT_HEIGHT = 4
const GRAPH_HEIGHT = 8
const DATASOURCE = { type: "prometheus", uid: "${datasource}" }

/** Left to right, then down. */
const placed = (): ReadonlyArray<unknown> => {
  let [x, y, tallest] = [0, 0, 0]
  return PANELS.map(({ kind = "timeseries", meaning, queries, title, unit, width = GRID / 2 }, place) => {
    const height = kind === "stat" ? STAT_HEIGHT : GRAPH_HEIGHT
    if (x + width > GRID) [x, y, tallest] = [0, y + tallest, 0]
    const gridPos = { x, y, w: width, h: height }
    x += width
    tallest = Math.max(tallest, height)
    return {
      id: place + 1,
      title,
      description: meaning,
      type: kind,
      gridPos,
      datasource: DATASOURCE,
      fieldConfig: { defaults: { unit }, overrides: [] },
      targets: queries.map(([expr, legendFormat], index) => ({
        refId: String.fromCodePoint(65 + index),
        datasource: DATASOURCE,
        expr,
        legendFormat
      }))
    }
  })
}

const variable = (name: string, label: string, query: string) => ({
  name,
  label,
  type: "query",
  datasource: DATASOURCE,
  query: { query, refId: name },
  refresh: 2,
  includeAll: true,
  multi: true,
  allValue: ".*",
  current: { text: "All", value: "$__all" }
})

export const dashboard = (): string =>
  `${JSON.stringify(
    {
      uid: "gradewire",
      title: "gradewire",
      tags: ["gradewire"],
      schemaVersion: 39,
      editable: true,
      refresh: "10s",
      time: { from: "now-1h", to: "now" },
      templating: {
        list: [
          { name: "datasource", label: "Data source", type: "datasource", query: "prometheus" },
          variable("namespace", "Namespace", "label_values(gradewire_build_info, namespace)"),
          variable("service", "Service", "label_values(gradewire_build_info, service)")
        ]
      },
      panels: placed()
    },
    undefined,
    2
  )}\n`

/** Every PromQL expression of the dashboard, Grafana's own variables replaced by plain values. */
export const expressions = (): ReadonlyArray<string> =>
  PANELS.flatMap(({ queries }) =>
    queries.map(([expr]) =>
      expr.replaceAll("$__rate_interval", "1m").replaceAll(/\$(namespace|service)/g, ".*")
    )
  )

if (import.meta.main) await writeFile(join(import.meta.dirname, "gradewire.json"), dashboard())
