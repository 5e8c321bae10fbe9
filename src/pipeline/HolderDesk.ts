/**
 * Port: who works for a connector right now, asked and answered between its own processes.
 *
 * Only a courtesy that spares useless work: an answer may be wrong, or come late, and nothing is decided by it that the
 * epochs in the change log and in the HR database would not decide again (G6).
 */
import { Context, type Effect, type Scope } from "effect"

/** `unknown`: the question could not be put, which says nothing about whether somebody works. */
export type Holding = "held" | "vacant" | "unknown"

export class HolderDesk extends Context.Service<
  HolderDesk,
  {
    /** Answers "held" to whoever asks until the scope closes; waits until the question can be heard. */
    readonly serve: Effect.Effect<void, never, Scope.Scope>
    /** One question, answered within two seconds. */
    readonly ask: Effect.Effect<Holding>
  }
>()("gradewire/pipeline/HolderDesk") {}
