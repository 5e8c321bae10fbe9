/** Port: rows of the training database through the change log once more, as copies or as revocations. */
import { Context, type Effect } from "effect"
import type { Failure } from "../../schemas/failure.ts"

export class RowSender extends Context.Service<
  RowSender,
  {
    /** Returns once capture has sent what the source has of them now. */
    readonly copy: (table: string, ids: ReadonlyArray<string>) => Effect.Effect<void, Failure>
    /** Returns once capture has revoked those of them that the source has not. */
    readonly revoke: (
      table: string,
      rows: ReadonlyArray<{ readonly id: string; readonly learner: string | null }>
    ) => Effect.Effect<void, Failure>
  }
>()("gradewire/reconcile/RowSender") {}
