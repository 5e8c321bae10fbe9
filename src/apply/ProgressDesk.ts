/** Port: answers capture's question where apply stands, from the HR database (G4, G5). */
import { Context, type Effect, type Scope } from "effect"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import type { ChangeFeedError } from "./ChangeFeed.ts"

export class ProgressDesk extends Context.Service<
  ProgressDesk,
  {
    /**
     * Answers every question with what `offset` gives at that moment, until the scope closes. Where `offset` fails
     * the question stays unanswered: no answer is better than a wrong one.
     */
    readonly serve: <E>(
      offset: Effect.Effect<ApplyOffset | undefined, E>
    ) => Effect.Effect<void, ChangeFeedError, Scope.Scope>
  }
>()("gradewire/apply/ProgressDesk") {}
