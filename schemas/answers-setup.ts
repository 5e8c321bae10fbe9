/** Answers about the configuration, the systems around gradewire and its own parts; and how every command says that it failed. */
import { Schema } from "effect"
import { ConnectorConfig } from "./connector-config.ts"
import { Finding } from "./finding.ts"
import { SnapshotStatus } from "./snapshot-command.ts"

const Text = Schema.NullOr(Schema.String)

/** What any command with `-o json` writes to standard error where it fails. */
export const ErrorAnswer = Schema.Struct({
  error: Schema.Struct({
    /** Heading of docs/operations.md. */
    tag: Schema.String,
    message: Schema.String,
    fate: Schema.Literals(["retry", "halt", "park", "defect"]),
    /** What mends it, to be pasted; empty: nothing is to be done. */
    fix: Schema.String,
    see: Schema.String,
    /** What else the error carries; different for each tag. */
    details: Schema.Record(Schema.String, Schema.Unknown)
  })
})

/** `gradewire config validate`, of a file that is right. */
export const ValidAnswer = Schema.Struct({
  valid: Schema.Literal(true),
  connector: Schema.String,
  tables: Schema.Array(
    Schema.Struct({
      table: Schema.String,
      as: Schema.String,
      /** Table it fills; absent where it is no score table. */
      target: Schema.optionalKey(Schema.String)
    })
  )
})

/** `gradewire config render`: the configuration with every default, and what follows from the connector's name. */
export const RenderAnswer = Schema.Struct({
  ...ConnectorConfig.fields,
  derived: Schema.Struct({
    stream: Schema.String,
    subjects: Schema.Array(Schema.String),
    progressSubject: Schema.String,
    serverId: Schema.Int
  })
})

/** `gradewire check`. */
export const CheckAnswer = Schema.Struct({
  /** No finding is an error. */
  ok: Schema.Boolean,
  findings: Schema.Array(
    Schema.Struct({ ...Finding.fields, part: Schema.Literals(["source", "changelog", "target"]) })
  )
})

/** `gradewire migrate`. */
export const MigrateAnswer = Schema.Struct({
  /** Migrations applied now, and those that the database holds. */
  applied: Schema.Int,
  total: Schema.Int,
  /** Role `gradewire_reader`; the statements are for an administrator where this account may not make it. */
  reader: Schema.Struct({ ready: Schema.Boolean, statements: Schema.String })
})

const RunbookEntry = Schema.Struct({
  tag: Schema.String,
  section: Schema.String,
  /** Markdown. */
  text: Schema.String
})

/** `gradewire explain TAG`. */
export const ExplainAnswer = RunbookEntry

/** `gradewire explain`. */
export const ExplainListAnswer = Schema.Array(RunbookEntry)

/** `gradewire alerts test`. */
export const AlertsTestAnswer = Schema.Struct({
  /** Every webhook took the notice. */
  ok: Schema.Boolean,
  webhooks: Schema.Array(
    Schema.Struct({
      webhook: Schema.String,
      delivered: Schema.Boolean,
      /** In its own words, or the error. */
      answer: Schema.String,
      fix: Text
    })
  )
})

/** `gradewire snapshot …`; with `--watch` one a line. */
export const SnapshotAnswer = Schema.Struct({
  ...SnapshotStatus.fields,
  connector: Schema.String,
  /** Who said so: the running capture, or the HR database, which knows what has been applied. */
  from: Schema.Literals(["capture", "hr"]),
  /** When the HR database was told, RFC 3339; null where capture answers, or nothing is known. */
  updatedAt: Text
})

const Lane = Schema.Struct({
  lane: Schema.Int,
  position: Schema.String,
  epoch: Schema.Int,
  holder: Schema.String,
  /** Since it last wrote. */
  idleSeconds: Schema.Finite
})

/** `gradewire lanes set`. */
export const LanesAnswer = Schema.Struct({
  connector: Schema.String,
  /** What the configuration says. */
  configured: Schema.Int,
  wanted: Schema.Int,
  executed: Schema.Boolean,
  /** Empty: nothing was ever applied. */
  before: Schema.Array(Lane),
  after: Schema.Array(Lane)
})

/** `gradewire events show`, and each line of `events tail`. */
export const EventAnswer = Schema.Struct({
  /** Of its message in the stream. */
  sequence: Schema.Finite,
  generation: Schema.Finite,
  position: Schema.String,
  /** Commit time at the source, RFC 3339 UTC. */
  time: Schema.String,
  /** Without prefix and version: `score.corrected`. */
  type: Schema.String,
  /** What it is about. */
  key: Schema.String,
  /** Names of the fields that a correction changed. */
  changed: Schema.Array(Schema.String),
  /** False: personal values are masked. */
  revealed: Schema.Boolean,
  /** As schemas/json describes its type. */
  event: Schema.Unknown
})
