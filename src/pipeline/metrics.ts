/**
 * Every metric there is: name with its unit, kind, HELP text and labels. docs/metrics.md is generated from here.
 *
 * - A label takes one of a few fixed values, or a mapped table's name; never anything of a person (G9).
 * - Counters are raised once per chunk or batch, never per row. Gauges are set when somebody asks (read-gauges.ts).
 * - A gauge that is not known is NaN, never 0.
 */
import { Metric } from "effect"

export interface MetricFacts {
  readonly name: string
  readonly kind: "counter" | "gauge" | "histogram"
  readonly help: string
  /** Label and what its values are. */
  readonly labels: Readonly<Record<string, string>>
}

const declared: Array<MetricFacts> = []

/** In the order of docs/metrics.md. */
export const METRICS: ReadonlyArray<MetricFacts> = declared

type Labels<L extends string> = { readonly [K in L]: string }
type Labelled<L extends string, M> = [L] extends [never] ? () => M : (labels: Labels<L>) => M

/** The same label values give the same metric, so that a hot path looks it up once. */
const labelled = <L extends string, M extends Metric.Metric<number, unknown>>(base: M): Labelled<L, M> => {
  const known = new Map<string, M>()
  const find = (labels: Readonly<Record<string, string>> = {}): M => {
    const key = JSON.stringify(labels)
    let found = known.get(key)
    if (found === undefined) known.set(key, (found = Metric.withAttributes(base, labels) as unknown as M))
    return found
  }
  return find
}

const counter = <L extends string = never>(
  name: string,
  help: string,
  labels: Labels<L> = {} as Labels<L>
) => {
  declared.push({ name, kind: "counter", help, labels })
  return labelled<L, Metric.Counter<number>>(Metric.counter(name, { description: help, incremental: true }))
}

const gauge = <L extends string = never>(name: string, help: string, labels: Labels<L> = {} as Labels<L>) => {
  declared.push({ name, kind: "gauge", help, labels })
  return labelled<L, Metric.Gauge<number>>(Metric.gauge(name, { description: help }))
}

const histogram = (name: string, help: string, boundaries: ReadonlyArray<number>) => {
  declared.push({ name, kind: "histogram", help, labels: {} })
  return labelled<never, Metric.Histogram<number>>(Metric.histogram(name, { description: help, boundaries }))
}

const STAGE =
  "capture (read from the binlog), log (acknowledged by the change log), apply (committed in the HR database)"
const ROLE = "capture, apply"

// How far it is
export const lagSeconds = gauge(
  "gradewire_lag_seconds",
  "Age of the newest source commit that the stage has when it hears of it; grows by itself once heartbeats are overdue; NaN before the first",
  { stage: STAGE }
)
export const heartbeatAgeSeconds = gauge(
  "gradewire_heartbeat_age_seconds",
  "Seconds since the stage last heard of the source, by a change or by a heartbeat; NaN before the first",
  { stage: STAGE }
)
export const endToEndSeconds = histogram(
  "gradewire_end_to_end_seconds",
  "Source commit to HR commit, of the last change of each applied batch",
  [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]
)
export const purgeMarginSeconds = gauge(
  "gradewire_binlog_purge_margin_seconds",
  "Seconds until the training database may purge the oldest binlog file still needed; +Inf: never; NaN: not known"
)

export const certificateEnd = gauge(
  "gradewire_certificate_expiry_timestamp_seconds",
  "When the first of the certificates that the server shows or the configuration names ends, seconds since 1970 UTC; absent where nothing is encrypted",
  { system: "source, log, hr" }
)

// What has passed
export const eventsTotal = counter("gradewire_events_total", "Change events that passed the stage", {
  stage: "log, apply"
})
export const bytesTotal = counter(
  "gradewire_bytes_total",
  "Bytes that passed the stage: raw binlog, message bodies",
  {
    stage: "capture, log, apply"
  }
)
export const messagesTotal = counter("gradewire_messages_total", "Messages handed to the change log", {
  kind: "segment, checkpoint"
})
export const resultsTotal = counter(
  "gradewire_results_total",
  "Results by what became of them in the HR database",
  {
    outcome: "applied, stale (a newer one was there), held, dead, released (held before, filed now)"
  }
)
export const retriesTotal = counter("gradewire_retries_total", "Attempts that failed and were tried again", {
  stage: ROLE,
  class: "tag of the error"
})

// What waits
export const heldResults = gauge(
  "gradewire_held_results",
  "Results that wait for their person or assessment; NaN: not known"
)
export const oldestHeldSeconds = gauge(
  "gradewire_oldest_held_seconds",
  "How long the oldest of them has waited; 0 where none waits; NaN: not known"
)
export const deadLetters = gauge(
  "gradewire_dead_letters",
  "Dead letters that nobody has resolved; NaN: not known"
)
export const reconcileDifferences = gauge(
  "gradewire_reconcile_diffs",
  "Rows that differed in the last comparison of everything and that no repair has been sent for; absent before the first",
  { kind: "missing, extra, stale, mismatch" }
)
export const repairWithheld = gauge(
  "gradewire_reconcile_repair_withheld",
  "Rows that reconcile.repair would mend, were they not more than its limit; NaN: nothing is meant to be mended by itself"
)
export const repairedTotal = counter(
  "gradewire_reconcile_repaired_total",
  "Rows that were looked at to be mended by themselves, by what became of them",
  { outcome: "mended, right (it did not differ any more), sent (it differs still)" }
)
export const reconciledAt = gauge(
  "gradewire_reconcile_last_success_timestamp_seconds",
  "When the last comparison of everything was finished, seconds since 1970 UTC; absent before the first"
)
export const snapshotRows = gauge("gradewire_snapshot_rows", "Rows read by the copy of the table", {
  table: "mapped source table"
})
export const snapshotEstimatedRows = gauge(
  "gradewire_snapshot_estimated_rows",
  "Rows of the table as its server estimated them when the copy began; NaN: not known",
  { table: "mapped source table" }
)
export const snapshotTables = gauge("gradewire_snapshot_tables", "Mapped tables by the state of their copy", {
  state: "waiting, running, done, canceled"
})

// Whether it works
export const up = gauge(
  "gradewire_up",
  "1: the role reads and writes; 0: it starts, stands by, waits, is paused or has stopped",
  {
    role: ROLE
  }
)
export const roleState = gauge(
  "gradewire_role_state",
  "1 for the state that the role is in, 0 for the others",
  {
    role: ROLE,
    state: "starting, running, standby (another process works), waiting, paused, stopped"
  }
)
export const connected = gauge(
  "gradewire_connected",
  "1: the last contact with the outside system succeeded; 0: it failed; NaN: none yet",
  { system: "source, log, hr" }
)
export const epoch = gauge(
  "gradewire_epoch",
  "Fencing number that the role writes under; NaN before it has one",
  {
    role: ROLE
  }
)
export const fenced = gauge(
  "gradewire_fenced",
  "1: another process has taken this role over, and this one has left",
  {
    role: ROLE
  }
)
export const buildInformation = gauge("gradewire_build_info", "Always 1; the version is in the label", {
  version: "of the program"
})

// The process; names as Prometheus' own client libraries have them
export const residentBytes = gauge("process_resident_memory_bytes", "Memory of the process in RAM")
export const heapBytes = gauge("nodejs_heap_size_used_bytes", "Part of V8's heap that is in use")
export const cpuSecondsTotal = counter("process_cpu_seconds_total", "User and system CPU time spent")
export const startSeconds = gauge(
  "process_start_time_seconds",
  "When the process began, seconds since 1970 UTC"
)
