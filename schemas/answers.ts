/**
 * What commands answer with `-o json` and `-o yaml`, as schemas/json describes it to programs that read it (answer-list.ts has all of
 * them). Fields are only ever added. `null` is not known, or none; never 0. The types that the program works with stand in src/cli; a test compares both.
 */
import { Schema } from "effect"
import { DIFFERENCE_KINDS, ReconciliationRun, TableRun } from "./reconciliation.ts"
import { OffsetPlace } from "./offset-place.ts"
import { SnapshotTable } from "./snapshot-command.ts"
import { VitalsReport } from "./vitals-report.ts"

const Text = Schema.NullOr(Schema.String)
const Number = Schema.NullOr(Schema.Finite)
const Count = Schema.NullOr(Schema.Int)
const Role = Schema.Literals(["capture", "apply"])
const Trouble = Schema.NullOr(
  Schema.Struct({
    /** Heading of docs/operations.md. */
    tag: Schema.String,
    message: Schema.String
  })
)

/** Binlog file and byte. */
const place = { file: Text, position: Number }

const RoleControl = Schema.Struct({
  role: Role,
  paused: Schema.Boolean,
  reason: Schema.String,
  changedBy: Schema.String,
  /** Change events that each of its processes may pass in a second; null: no limit. */
  eventsPerSecond: Count,
  /** RFC 3339 UTC. */
  changedAt: Schema.String
})

/** `gradewire status`. */
export const StatusAnswer = Schema.Struct({
  connector: Schema.String,
  source: Schema.Struct({ ...place, address: Schema.String, server: Text, trouble: Trouble }),
  log: Schema.Struct({
    ...place,
    stream: Schema.String,
    messages: Count,
    bytes: Number,
    lastSequence: Number,
    /** Everything that the source committed until then is in the log, RFC 3339 UTC. */
    until: Text,
    generation: Count,
    epoch: Count,
    trouble: Trouble
  }),
  hr: Schema.Struct({
    ...place,
    address: Schema.String,
    streamSequence: Number,
    /** Everything that the source committed until then is applied, RFC 3339 UTC. */
    until: Text,
    lagSeconds: Number,
    heartbeatAgeSeconds: Number,
    epoch: Count,
    holder: Text,
    held: Count,
    oldestHeldSeconds: Number,
    deadLetters: Count,
    trouble: Trouble
  }),
  bytesBehind: Number,
  messagesBehind: Number,
  /** `never`: the training database purges nothing by age. */
  purgeMarginHours: Schema.NullOr(Schema.Union([Schema.Finite, Schema.Literal("never")])),
  /** Copied tables; null: not known. */
  snapshot: Schema.NullOr(Schema.Array(SnapshotTable)),
  /** What operators want of each role. */
  controls: Schema.NullOr(Schema.Array(RoleControl)),
  /** Running processes that answer; null: NATS could not be asked. */
  processes: Schema.NullOr(Schema.Array(VitalsReport))
})

/** `gradewire lag`, and each line of `lag --monitor`. */
export const LagAnswer = Schema.Struct({
  connector: Schema.String,
  lagSeconds: Number,
  heartbeatAgeSeconds: Number,
  readSeconds: Number,
  publishSeconds: Number,
  applySeconds: Number,
  held: Count,
  deadLetters: Count,
  paused: Schema.Array(Role),
  trouble: Trouble
})

const { after: _after, ...tableRun } = TableRun.fields

/** `gradewire verify`: rows by name and kind, never by value. */
export const VerifyAnswer = Schema.Struct({
  connector: Schema.String,
  run: Schema.Struct({
    ...ReconciliationRun.fields,
    tables: Schema.Array(Schema.Struct({ ...tableRun, findings: Schema.Int }))
  }),
  differences: Schema.Array(
    Schema.Struct({
      id: Schema.String,
      table: Schema.String,
      kind: Schema.Literals(DIFFERENCE_KINDS),
      /** Names of columns. */
      fields: Schema.Array(Schema.String),
      position: Text,
      repairedBy: Text,
      repairedAt: Text
    })
  ),
  more: Schema.Boolean
})

/** `gradewire report list`, the newest first. */
export const ReportListAnswer = Schema.Array(
  Schema.Struct({
    ...ReconciliationRun.fields,
    tables: Schema.Array(Schema.Struct(tableRun)),
    /** Rows that differed and that nobody has had mended. */
    open: Schema.Int
  })
)

/** `gradewire report check`. */
export const ReportCheckAnswer = Schema.Struct({
  file: Schema.String,
  connector: Schema.String,
  run: Schema.String,
  digest: Schema.String,
  /** What does not fit the seal, in words. */
  altered: Schema.Array(Schema.String),
  /** `other`: by another key than the one that was given. */
  signature: Schema.Literals(["none", "invalid", "other", "valid"]),
  keyFingerprint: Text,
  /** An HTML page of another version, of which only the report in it was looked at. */
  unlookedPage: Schema.Boolean,
  isGenuine: Schema.Boolean
})

/** `gradewire repair`. */
export const RepairAnswer = Schema.Struct({
  connector: Schema.String,
  run: Schema.String,
  mode: Schema.Literals(["print", "look", "execute"]),
  steps: Schema.Array(
    Schema.Struct({
      table: Schema.String,
      id: Schema.String,
      kind: Schema.String,
      /** Names of columns. */
      fields: Schema.Array(Schema.String),
      /** `left`: an extra row that nobody said to revoke. */
      action: Schema.Literals(["copy", "revoke", "left"]),
      /** `right`: it does not differ any more; `sent`: but it differs still. */
      outcome: Schema.Literals(["planned", "differs", "right", "mended", "sent"])
    })
  )
})

/** `gradewire pause`, `resume` and `throttle`: what operators want of each role. */
export const ControlAnswer = Schema.Struct({ connector: Schema.String, controls: Schema.Array(RoleControl) })

const Place = Schema.Struct({
  file: Text,
  logPosition: Number,
  gtid: Text,
  server: Schema.String,
  position: Schema.String,
  generation: Schema.Int
})

/** `gradewire offsets reset` and `offsets restore`, dry run or not. */
export const MoveAnswer = Schema.Struct({
  connector: Schema.String,
  kind: Schema.Literals(["reset", "restore"]),
  current: Place,
  new: Place,
  direction: Schema.Literals(["rewind", "skip", "none"]),
  /** null: the binlog between the two places can not be read any more. */
  passage: Schema.NullOr(
    Schema.Struct({
      transactions: Schema.Int,
      events: Schema.Int,
      /** Without effect when they come again. */
      alreadyApplied: Schema.Int,
      /** Would take effect, or be lost. */
      notYetApplied: Schema.Int,
      /** Change events by source table. */
      tables: Schema.Record(Schema.String, Schema.Int),
      notAppliedCount: Schema.Int,
      /** The first of these results. */
      notApplied: Schema.Array(Schema.String),
      firstAt: Text,
      lastAt: Text
    })
  ),
  binlog: Schema.Struct({ from: Schema.String, to: Schema.String }),
  epoch: Schema.Int,
  newEpoch: Schema.Int,
  /** What stands against doing it now. */
  refusals: Schema.Array(Schema.Struct({ tag: Schema.String, message: Schema.String, fix: Schema.String })),
  executed: Schema.Boolean,
  /** Row of the history, for `offsets restore`. */
  historyId: Count
})

/** `gradewire offsets history`, the newest first. */
export const HistoryAnswer = Schema.Struct({
  connector: Schema.String,
  moves: Schema.Array(
    Schema.Struct({
      /** For `offsets restore`. */
      id: Schema.Int,
      /** RFC 3339 UTC. */
      changedAt: Schema.String,
      changedBy: Schema.String,
      kind: Schema.Literals(["reset", "restore"]),
      reason: Schema.String,
      /** Absent where a newer release wrote it. */
      old: Schema.optionalKey(OffsetPlace),
      new: Schema.optionalKey(OffsetPlace)
    })
  )
})
