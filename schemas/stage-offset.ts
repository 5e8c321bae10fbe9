/**
 * What `gradewire offsets list|show -o json|yaml` answers: one object per stage and lane. Fields are only ever added.
 * `null` is not known, or does not apply to the stage; never zero in their place.
 */
import { Schema } from "effect"

const TextOrNull = Schema.NullOr(Schema.String)
const NumberOrNull = Schema.NullOr(Schema.Finite)

export const StageOffset = Schema.Struct({
  connector: Schema.String,
  /** The training database; the change log; the HR database. */
  stage: Schema.Literals(["source", "stream", "sink"]),
  /** Lane of apply, from 0; null for the other stages. */
  lane: Schema.NullOr(Schema.Int),
  /** Everything at or before it has passed the stage; null before the first change, and for the source. */
  position: TextOrNull,
  /** The same as a DBA writes it: binlog file, and byte offset of the transaction. */
  logFile: TextOrNull,
  logPosition: NumberOrNull,
  /** Where capture would read again, `binlog.000003:1378`: the start of a transaction at or before the position. */
  resume: TextOrNull,
  /** Transaction that starts there. */
  gtid: TextOrNull,
  /** Which training database wrote that binlog: `mysql:<server_uuid>`, `mariadb:<server_id>`. */
  server: TextOrNull,
  generation: NumberOrNull,
  streamSequence: NumberOrNull,
  /** Everything that the source committed until then has passed the stage, RFC 3339. */
  committedAt: TextOrNull,
  /** When the offset was last written, RFC 3339. */
  updatedAt: TextOrNull,
  /** Seconds from commit at the source until the stage was passed. */
  lagSeconds: NumberOrNull,
  /** Messages of the change log that are not applied yet. */
  messagesBehind: NumberOrNull,
  /** Bytes of the binlog that have not passed the stage, at most; null also where they are in another file. */
  bytesBehind: NumberOrNull,
  /** Seconds since the offset was last written, by the HR database's clock. */
  ageSeconds: NumberOrNull,
  /** Of the role that writes there: `running`, `paused`, `waiting`, …, or `absent` where no process has it. */
  state: TextOrNull,
  epoch: NumberOrNull,
  holder: TextOrNull,
  /** Change events covered and results applied since the beginning; decimal digits. */
  events: TextOrNull,
  applied: TextOrNull,
  /** Results that wait for their person, and refused ones, right now; decimal digits. */
  held: TextOrNull,
  deadLetters: TextOrNull,
  /** Hours until the training database may purge the binlog file that `resume` names; `never`, or null. */
  purgeMarginHours: Schema.NullOr(Schema.Union([Schema.Finite, Schema.Literal("never")])),
  /** Why the stage could not be asked. */
  trouble: Schema.NullOr(Schema.Struct({ tag: Schema.String, message: Schema.String }))
})
export type StageOffset = typeof StageOffset.Type

export const OffsetList = Schema.Array(StageOffset)
