/**
 * The stream as a table of settings: how it is created, and which settings of an existing one would lose messages.
 *
 * Every rule here guards G1: a message that capture has been told is stored must still be there when apply comes.
 */
import {
  DiscardPolicy,
  PersistMode,
  RetentionPolicy,
  StorageType,
  type StreamConfig
} from "@nats-io/jetstream"
import { nanos } from "@nats-io/transport-node"
import { streamSubject, type JetStreamOptions } from "./options.ts"

/** Every peer of the change log relies on what came with 2.12: direct reads by subject, atomic batches, strict limits. */
export const SERVER_VERSION_MIN = "2.12.0"

const HOUR_MS = 3_600_000
const DUPLICATE_WINDOW_MS = 120_000

export const streamConfig = (options: JetStreamOptions): Partial<StreamConfig> & { name: string } => ({
  name: options.stream,
  description: `gradewire change log of connector ${options.connector}`,
  subjects: [streamSubject(options.connector)],
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  // The binlog is the buffer behind a full stream; dropping the oldest would be a hole (G1).
  discard: DiscardPolicy.New,
  num_replicas: options.replicas,
  max_age: nanos(options.maxAgeHours * HOUR_MS),
  ...(options.maxBytes === undefined ? {} : { max_bytes: options.maxBytes }),
  ...(options.maxMessageBytes === undefined ? {} : { max_msg_size: options.maxMessageBytes }),
  duplicate_window: nanos(Math.min(DUPLICATE_WINDOW_MS, options.maxAgeHours * HOUR_MS)),
  allow_direct: true,
  allow_atomic: true
})

/** One setting of an existing stream that would lose messages. */
export interface Drift {
  readonly setting: string
  readonly found: string
  readonly wanted: string
  /** A command to paste. */
  readonly fix: string
}

type Rule = (config: StreamConfig, options: JetStreamOptions) => Drift | undefined

const edit = (options: JetStreamOptions, flags: string): string =>
  `nats stream edit ${options.stream} ${flags} --force`

/** What cannot be edited in place; capture publishes the binlog anew from where apply stands. */
const recreate = (options: JetStreamOptions): string =>
  `nats stream rm ${options.stream} --force   # gradewire creates it again and re-publishes from the binlog what apply misses`

const rules: ReadonlyArray<Rule> = [
  (config, options) => {
    const wanted = streamSubject(options.connector)
    const found = (config.subjects ?? []).join(", ")
    return found === wanted
      ? undefined
      : { setting: "subjects", found, wanted, fix: edit(options, `--subjects '${wanted}'`) }
  },
  (config, options) =>
    config.storage === StorageType.File
      ? undefined
      : { setting: "storage", found: config.storage, wanted: "file", fix: recreate(options) },
  (config, options) =>
    config.discard === DiscardPolicy.New
      ? undefined
      : { setting: "discard", found: config.discard, wanted: "new", fix: edit(options, "--discard new") },
  (config, options) =>
    config.retention === RetentionPolicy.Limits
      ? undefined
      : { setting: "retention", found: config.retention, wanted: "limits", fix: recreate(options) },
  // Per subject the oldest message is dropped in spite of `discard: new` (nats-server: discard_new_per_subject).
  (config, options) =>
    (config.max_msgs_per_subject ?? -1) <= 0
      ? undefined
      : {
          setting: "max_msgs_per_subject",
          found: String(config.max_msgs_per_subject),
          wanted: "unlimited",
          fix: edit(options, "--max-msgs-per-subject -1")
        },
  (config, options) => {
    const wanted = nanos(options.maxAgeHours * HOUR_MS)
    if (config.max_age === 0 || config.max_age >= wanted) return undefined
    const found = `${(config.max_age / 1e9 / 3600).toFixed(2)} h`
    const hours = `${options.maxAgeHours}h`
    return { setting: "max_age", found, wanted: hours, fix: edit(options, `--max-age ${hours}`) }
  },
  // Without acknowledgements nothing tells capture what is stored.
  (config, options) =>
    config.no_ack === true
      ? { setting: "no_ack", found: "true", wanted: "false", fix: edit(options, "--ack") }
      : undefined,
  (config, options) =>
    config.sealed ? { setting: "sealed", found: "true", wanted: "false", fix: recreate(options) } : undefined,
  // "async" acknowledges before the message has reached the operating system (nats-server 2.12, ADR-53).
  (config, options) =>
    config.persist_mode === PersistMode.Async
      ? { setting: "persist_mode", found: "async", wanted: "default", fix: recreate(options) }
      : undefined,
  (config, options) => {
    const foreign = ["mirror", "sources", "subject_transform"] as const
    const found = foreign.filter((key) => config[key] !== undefined && config[key] !== null)
    return found.length === 0
      ? undefined
      : { setting: found.join(", "), found: "set", wanted: "not set", fix: recreate(options) }
  }
]

/** Every setting that would lose messages, or let others write into the log. */
export const driftOf = (config: StreamConfig, options: JetStreamOptions): ReadonlyArray<Drift> =>
  rules.map((rule) => rule(config, options)).filter((drift) => drift !== undefined)

/** How to make the stream where gradewire may not. */
export const addCommand = (options: JetStreamOptions): string =>
  [
    `nats stream add ${options.stream} --subjects '${streamSubject(options.connector)}'`,
    `--storage file --retention limits --discard new --replicas ${options.replicas}`,
    `--max-age ${options.maxAgeHours}h --max-bytes ${options.maxBytes ?? -1}`,
    `--max-msgs -1 --max-msgs-per-subject -1 --max-msg-size ${options.maxMessageBytes ?? -1} --dupe-window 2m`,
    "--allow-direct --no-deny-purge --defaults"
  ].join(" ")

/** `2.12.0-RC.1` counts as 2.12.0. */
export const isServerRecent = (version: string): boolean => {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number)
  const [wantMajor = 0, wantMinor = 0, wantPatch = 0] = SERVER_VERSION_MIN.split(".").map(Number)
  return (major - wantMajor || minor - wantMinor || patch - wantPatch) >= 0
}
