/**
 * Port: how far apply has come, asked over the change log's server and answered from the HR database (G4, G5).
 *
 * Capture asks before it takes an empty or shortened log for what it seems to be. No answer is no licence to guess:
 * capture waits until apply answers.
 */
import { Context, Schema, type Effect } from "effect"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import type { Fate } from "../../schemas/failure.ts"

/** Nobody answered for apply; it may be starting, or not be deployed. */
export class ApplySilent extends Schema.TaggedError<ApplySilent>()("ApplySilent", {
  message: Schema.String,
  connector: Schema.String
}) {
  readonly fate: Fate = "retry"
  get remedy(): string {
    return `Start the apply role of connector ${this.connector} (gradewire run --role apply …) and check that it reaches the HR database.`
  }
}

/** An operator has set apply's offset to another place while capture ran. */
export class OffsetsReset extends Schema.TaggedError<OffsetsReset>()("OffsetsReset", {
  message: Schema.String,
  /** Where apply stands now. */
  position: Schema.String,
  generation: Schema.Number
}) {
  readonly fate: Fate = "retry"
  readonly remedy = "Nothing to do: capture begins again where the offsets have been set to."
}

export class ApplyProgress extends Context.Service<
  ApplyProgress,
  {
    /** The stored offset, or `undefined` where apply has never applied anything. */
    readonly ask: Effect.Effect<ApplyOffset | undefined, ApplySilent>
  }
>()("gradewire/capture/ApplyProgress") {}
